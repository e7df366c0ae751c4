"""Who signed in, and what a person is shown to sign in with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from strongroom.wire.origins import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who signed in.

    Attributes:
        tenant: Id of the tenant.
        object_id: Id of the person there. Both never change.
        name: What to call the person; may change, and proves nothing.
    """

    tenant: str
    object_id: str
    name: str

    @property
    def owner_id(self) -> str:
        """The stable identifier by which a connection knows its owner."""
        return f"entra:{self.tenant}:{self.object_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceCode:
    """What a person needs to sign in on another device; all of it fit for a terminal."""

    url: str
    code: str
    lasts_s: float

    def __str__(self) -> str:
        return f"Open {self.url} in any browser and enter the code {self.code}"


def device_code(flow: Mapping[str, Any]) -> DeviceCode:
    """Read what the sign-in server wants shown.

    Raises:
        ForbiddenOrigin: the address is not https.
    """
    url = printable_part(str(flow["verification_uri"]))
    Origin.of(url)
    return DeviceCode(
        url=url,
        code=printable_part(str(flow["user_code"])),
        lasts_s=float(flow.get("expires_in", 900)),
    )


def printable_part(text: str) -> str:
    """Give what of a server's text may be shown at all, cut to what can be meant."""
    return "".join(letter for letter in text[:256] if letter.isprintable())
