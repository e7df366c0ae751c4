"""What was answered, as the steps see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from strongroom.service.details import ConnectionDetails
from strongroom.vault.secret import Secret

OPENED = ".opened"
"""Ends the key of the answer that holds a locked file's content, once its password was given."""

_AUTH_OF_WAY = {"automatic": "certificate", "legacy": "legacy"}

_FIELDS = frozenset(one.name for one in fields(ConnectionDetails))


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One answer that was taken.

    Attributes:
        value: The answer.
        shown: What to show of it, where it is not the answer itself: a file's name.
    """

    value: str | Secret
    shown: str = ""

    @property
    def display(self) -> str:
        """What may be shown of it."""
        if self.shown or isinstance(self.value, Secret):
            return self.shown
        return self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What holds for a whole conversation.

    Attributes:
        now: When it began, aware, UTC: for certificates that have ended.
        name: The connection's name, if it was given already; or empty.
        taken: Names that are taken.
        endpoints: Addresses in place of a cloud's own, or None.
        ca_pem: Authority to trust unless another is answered, or None.
        ca_file: The file it came from.
        proxy: URL of the proxy to go through, or empty.
    """

    now: datetime
    name: str = ""
    taken: frozenset[str] = frozenset()
    endpoints: Mapping[str, str] | None = None
    ca_pem: str | None = None
    ca_file: str = ""
    proxy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What stands at this moment: only answers to questions that are asked as things stand.

    Attributes:
        given: Answers by key.
        outcomes: What the work of steps came to, by key.
        opened: Steps that are asked because somebody wanted them to be.
        setting: What holds for the whole conversation.
    """

    given: Mapping[str, Given]
    outcomes: Mapping[str, object] = field(default_factory=dict)
    opened: frozenset[str] = frozenset()
    setting: Setting

    def text(self, key: str) -> str:
        """Give an answer in plain text; empty if there is none."""
        found = self.given.get(key)
        return found.value if found is not None and isinstance(found.value, str) else ""

    def secret(self, key: str) -> Secret | None:
        """Give a secret answer."""
        found = self.given.get(key)
        return found.value if found is not None and isinstance(found.value, Secret) else None

    def is_(self, key: str, *values: str) -> bool:
        """Say whether an answer is one of these."""
        return self.text(key) in values

    def wants(self, key: str) -> bool:
        """Say whether an optional step was asked for."""
        return key in self.opened

    @property
    def name(self) -> str:
        """What the connection is to be called."""
        return self.setting.name or self.text("name")

    def details(self) -> ConnectionDetails:
        """Build what the answers say so far: a step named as a field of the details fills it.

        Raises:
            OperatorError: the answers do not fit together.
        """
        values: dict[str, Any] = {
            key: self.given.get(key + OPENED, one).value
            for key, one in self.given.items()
            if key in _FIELDS and one.value
        }
        setting = self.setting
        defaults: dict[str, Any] = {"kind": "", "ca_pem": setting.ca_pem, "proxy": setting.proxy}
        if "cloud" in self.given:
            defaults["endpoints"] = setting.endpoints
        way = _AUTH_OF_WAY.get(self.text("way"))
        if way:
            values["auth"] = way
        if self.is_("lookup", "dns"):
            values["directory"] = "dns"
        if self.is_("permissions", "yes"):
            values["sees_permissions"] = True
        return ConnectionDetails(**{**defaults, **values})


def is_secret(given: Given) -> bool:
    """Say whether an answer is kept from drafts and eyes."""
    return isinstance(given.value, Secret)
