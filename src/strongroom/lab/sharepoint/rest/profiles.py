"""What each version of SharePoint can do.

Source:
    Version numbers and what is missing where: the project's collection of facts about SharePoint.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

ORDER = ("2013", "2016", "2019", "se", "online")


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One version.

    Attributes:
        name: One out of ``ORDER``.
        version: What ``MicrosoftSharePointTeamServices`` says.
        has_json_light: Minimal and no metadata; 2013 has it only with the update of March 2014.
        has_batch, has_chunks: ``$batch`` and upload by pieces.
        has_paths: ``…ByServerRelativePath(decodedurl=…)``, and names with % and #.
        has_item_versions: ``items(1)/versions``.
        has_utc_dates: ``ValidateUpdateListItem`` takes ``datesInUTC``.
        has_pages: ``_api/sitepages``.
    """

    name: str
    version: str
    has_json_light: bool = True
    has_batch: bool = True
    has_chunks: bool = True
    has_paths: bool = True
    has_item_versions: bool = True
    has_utc_dates: bool = False
    has_pages: bool = True

    def has(self, since: str) -> bool:
        """Say whether something that came with a version is there."""
        return ORDER.index(self.name) >= ORDER.index(since)


PROFILES: Mapping[str, Profile] = {
    one.name: one
    for one in (
        Profile(
            name="2013",
            version="15.0.0.5571",
            has_json_light=False,
            has_batch=False,
            has_chunks=False,
            has_paths=False,
            has_item_versions=False,
            has_pages=False,
        ),
        Profile(
            name="2016",
            version="16.0.0.5465",
            has_paths=False,
            has_item_versions=False,
            has_pages=False,
        ),
        Profile(name="2019", version="16.0.0.10417"),
        Profile(name="se", version="16.0.0.14326"),
        Profile(name="online", version="16.0.0.25514", has_utc_dates=True),
    )
}
