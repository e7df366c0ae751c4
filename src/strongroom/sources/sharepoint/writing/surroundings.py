"""What a person should know of the target before anything is written into it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from strongroom.errors import OperatorError
from strongroom.sources.sharepoint.writing.standing import Document, Standing
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.rest_refusals import SiteDenied, SiteRefused
from strongroom.wire.sharepoint.sites import api
from strongroom.words.json import Json
from strongroom.words.powershell import quoted

_NO_LABEL = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """How the target collection stands.

    Attributes:
        is_locked: Nobody may write, or nothing new.
        lock_reason: Who locked it, or why.
        used_bytes: How much it holds; None if it is not told.
        used_share: Share of its quota, 0 to 1; 0: it has none, or it is not told.
        alerts: How many alerts people have there; None if it is not told.
        label: Its sensitivity label; empty if it has none, or none is told.
    """

    is_locked: bool = False
    lock_reason: str = ""
    used_bytes: int | None = None
    used_share: float = 0.0
    alerts: int | None = None
    label: str = ""

    @property
    def left_bytes(self) -> int | None:
        """How much more fits in; None: it is not told, or there is no quota."""
        if self.used_bytes is None or not 0 < self.used_share <= 1:
            return None
        return int(self.used_bytes / self.used_share) - self.used_bytes


def look_around(rest: RestConnection, standing: Standing) -> Surroundings:
    """Ask the target how it stands; what it does not tell stays unknown.

    Raises:
        OperatorError: nothing can be written into it: it is locked, or full.
    """
    site = _asked(rest, f"{api(standing.root)}/site?$select=*,Usage")
    # Told to whoever names them alone; a server that knows not all of them refuses the question.
    names = "WriteLocked,SensitivityLabel" if standing.abilities.has_labels else "WriteLocked"
    site |= _asked(rest, f"{api(standing.root)}/site?$select={names}")
    usage = site.get("Usage")
    usage = usage if isinstance(usage, Mapping) else {}
    around = Surroundings(
        is_locked=bool(site.get("ReadOnly") or site.get("WriteLocked")),
        lock_reason=str(site.get("LockIssue") or "")[:200],
        used_bytes=_number(usage.get("Storage")),
        used_share=float(usage.get("StoragePercentageUsed") or 0.0),
        alerts=_alerts(rest, standing),
        label=_label(site),
    )
    _check(around, standing)
    return around


def _check(around: Surroundings, standing: Standing) -> None:
    """Refuse what would fail with every single write."""
    address = standing.address(standing.root)
    kind = "SPO" if standing.abilities.product.endswith("Online") else "SP"
    name = f"-Identity {quoted(address)}"
    if around.is_locked:
        raise OperatorError(
            f"The site {address} is locked: nothing can be written into it.",
            why=around.lock_reason,
            hint=f"An administrator of SharePoint lifts the lock: Set-{kind}Site {name}"
            " -LockState Unlock. Then start the restore again.",
        )
    if around.used_share >= 1:
        more = "-StorageQuota MEGABYTES" if kind == "SPO" else "-MaxSize BYTES"
        raise OperatorError(
            f"The site {address} is full: nothing can be written into it.",
            why="It holds as much as its quota allows, or more.",
            hint=f"An administrator of SharePoint raises that: Set-{kind}Site {name} {more}. Or"
            " empty its recycle bin, which counts as well.",
        )


def _label(site: Mapping[str, Any]) -> str:
    """Name its sensitivity label, by id, or its classification."""
    found = (site.get("SensitivityLabel"), site.get("Classification"))
    return next((str(one)[:100] for one in found if one and str(one) != _NO_LABEL), "")


def warnings_of(around: Surroundings, *, bytes_wanted: int) -> Iterator[str]:
    """Say what a person should know."""
    left = around.left_bytes
    if left is not None and left < bytes_wanted:
        yield (
            f"The site's quota leaves {left:,} bytes, and {bytes_wanted:,} are to be written: an"
            " administrator of SharePoint can raise it."
        )
    if around.alerts:
        yield (
            f"{around.alerts:,} alerts in the site send mail about what is restored. They are"
            " people's own: ask them to switch them off, or restore into another site."
        )
    elif around.alerts is None:
        yield (
            "This server does not tell which alerts people have set: those on the lists that are"
            " written into send mail about what is restored."
        )
    yield (
        "Flows, workflows and webhooks that watch a list start for what is restored into it:"
        " switch them off first. Strongroom itself sends nothing."
    )
    if around.label:
        yield f"The site has the label {around.label!r}, whose rules hold for what is restored."


def people_warnings(
    people: Mapping[str, str],
    unknown: Mapping[str, int],
    met: Mapping[str, tuple[Mapping[str, Json], int]],
) -> Iterator[str]:
    """Say where the file of people names somebody whom the target does not know either.

    Args:
        people: Who somebody is there, by the saved login or address.
        unknown: Saved people who are not known in the target: values that name them, by login.
        met: All who are named in values, by login: the saved words for them.
    """
    there = {saved.casefold(): name for saved, name in people.items()}
    for login, count in sorted(unknown.items()):
        email = str(met[login][0].get("email") or "") if login in met else ""
        named = there.get(login.casefold()) or there.get(email.casefold())
        if named:
            yield (
                f"The file of people says that {login} is {named} in the target, which does not"
                f" know that one: {count:,} values are concerned."
            )


def _alerts(rest: RestConnection, standing: Standing) -> int | None:
    if not standing.abilities.has_alerts:
        return None
    found = _asked(rest, f"{api(standing.root)}/web/alerts?$select=ID&$top=5000")
    rows = found.get("value")
    return len(rows) if isinstance(rows, list) else None


def _asked(rest: RestConnection, target: str) -> Document:
    try:
        return rest.get(target, Document)
    except (SiteRefused, SiteDenied) as error:
        if error.status == 401:
            raise
        return {}


def _number(value: Any) -> int | None:  # noqa: ANN401 - numbers come as text as well
    text = str(value if value is not None else "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
