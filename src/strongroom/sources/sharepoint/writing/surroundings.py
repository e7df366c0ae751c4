"""What a person should know of the target before anything is written into it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from strongroom.sources.sharepoint.writing.standing import Document, Standing, root_of
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.rest_refusals import SiteDenied, SiteRefused
from strongroom.wire.sharepoint.sites import api


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """How the target collection stands.

    Attributes:
        is_read_only: Nobody may write.
        is_write_locked: Nothing new may be written; what is there may be deleted.
        lock_reason: Who locked it, or why.
        used_bytes: How much it holds; None if it is not told.
        used_share: Share of its quota, 0 to 1; 0: it has none, or it is not told.
        alerts: How many alerts people have there; None if it is not told.
        label: Its sensitivity label; empty if it has none, or none is told.
    """

    is_read_only: bool = False
    is_write_locked: bool = False
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
    """Ask the target how it stands; what it does not tell stays unknown."""
    site = _asked(rest, f"{api(standing.root)}/site?$select=*,Usage")
    usage = site.get("Usage")
    usage = usage if isinstance(usage, Mapping) else {}
    return Surroundings(
        is_read_only=bool(site.get("ReadOnly")),
        is_write_locked=bool(site.get("WriteLocked")),
        lock_reason=str(site.get("LockIssue") or "")[:200],
        used_bytes=_number(usage.get("Storage")),
        used_share=float(usage.get("StoragePercentageUsed") or 0.0),
        alerts=_alerts(rest, standing),
        label=str(site.get("SensitivityLabel") or site.get("Classification") or "")[:100],
    )


def warnings_of(around: Surroundings, *, bytes_wanted: int) -> Iterator[str]:
    """Say what a person should know."""
    if around.is_read_only or around.is_write_locked:
        why = f" ({around.lock_reason})" if around.lock_reason else ""
        yield (
            f"The site is locked{why}: nothing can be written into it until an administrator of"
            " SharePoint lifts the lock."
        )
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


def version_warnings(standing: Standing, most_versions: Mapping[str, int]) -> Iterator[str]:
    """Say where a list that is there keeps fewer versions than were saved.

    Args:
        standing: The target.
        most_versions: By the path of a list on the server, how many versions one item has at most.
    """
    told = list(standing.lists(standing.root)) if most_versions else []
    for path, most in most_versions.items():
        for one in told:
            limit = _number(one.get("MajorVersionLimit")) or 0
            if root_of(one).casefold() == path.casefold() and 0 < limit < most:
                yield (
                    f"The list {one.get('Title')!r} keeps {limit:,} versions, and up to {most:,}"
                    " were saved: the oldest go again as the later ones come."
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
