"""What a version of SharePoint takes by ``_api``.

Source:
    https://learn.microsoft.com/officeupdates/sharepoint-updates (build numbers)
    https://learn.microsoft.com/sharepoint/dev/solution-guidance/supporting-and-in-file-and-folder-with-the-resourcepath-api
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Abilities:
    """What can be asked of a server.

    Attributes:
        product: Its name, for people.
        has_batch: Many writes in one request.
        has_decoded_paths: Names of files and folders may hold ``%`` and ``#``.
        has_chunks: Files may come in pieces.
        has_utc_dates: Dates may be told in UTC.
        has_pages: Modern pages.
        has_type_ids: Content types can be made under the id that was saved.
        has_alerts: It tells which alerts there are.
        has_labels: Lists may give retention labels to what comes into them.
        has_regional: All regional settings of a web can be set; 2013 takes at most the language.
    """

    product: str
    has_batch: bool
    has_decoded_paths: bool
    has_chunks: bool
    has_utc_dates: bool
    has_pages: bool
    has_type_ids: bool
    has_alerts: bool
    has_labels: bool
    has_regional: bool


_ORDER = ("2013", "2016", "2019", "Subscription Edition", "Online")


def abilities_of(version: str, *, is_online: bool) -> Abilities:
    """Say what a server can do, by the version that it tells (``16.0.0.10417``).

    One that tells none is taken for the oldest: what that cannot do is then named as lost, rather
    than found out half way.
    """
    age = len(_ORDER) - 1 if is_online else _age(version)
    name = _ORDER[age]
    return Abilities(
        product=f"SharePoint {'' if is_online else 'Server '}{name}",
        has_batch=age >= 1,
        has_decoded_paths=age >= 2,
        has_chunks=age >= 1,
        has_utc_dates=is_online,
        has_pages=age >= 2,
        has_type_ids=age >= 2,
        has_alerts=age >= 2,
        has_labels=is_online,
        has_regional=age >= 1,
    )


def _age(version: str) -> int:
    numbers = [int(part) for part in version.split(".") if part.isdigit()]
    if len(numbers) < 2 or numbers[0] < 16:
        return 0
    build = max(numbers[2:], default=0)
    if build < 10_000:
        return 1
    return 2 if build < 14_000 else 3
