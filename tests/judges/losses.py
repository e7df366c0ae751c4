"""What a restore said beforehand that it would lose, held against what two sites differ in.

    wrong = unnamed(differences(before, after), told)

Only what was said counts: the same difference is a mistake where nothing announced it.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from tests.judges.sites import MISSING, Difference

_UNKNOWN = re.compile(r"(\S+) \(([\d,]+)\): not known in the target")
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NUMBERED = re.compile(r"([^:\n]+) \(([\d,]+)\): ")


def _is_bag(one: Difference) -> bool:
    return one.kind in {"property", "list property"}


def _is_check_out(one: Difference) -> bool:
    return one.path[-1] in {"CheckOutType", "CheckoutUserId"}


def _is_version_number(one: Difference) -> bool:
    return one.kind == "version" or one.path[-1] in {"UIVersionLabel", "OData__UIVersionString"}


def _is_further_version(one: Difference) -> bool:
    is_added = one.kind == "version" and one.before == MISSING
    return is_added or one.path[-1] == "OData__UIVersionString"


def _is_page(one: Difference) -> bool:
    names = ("CanvasContent1", "LayoutWebpartsContent", "PageLayoutType", "BannerImageUrl",
             "PromotedState", "ClientSideApplicationId", "content type", "page")  # fmt: skip
    return one.path[1].endswith("SitePages") and one.path[-1] in names


def _is_address(one: Difference) -> bool:
    return one.kind in {"item", "version"} and "«site»" in str(one.before)


def _is_term(one: Difference) -> bool:
    """Say whether terms are gone, and nothing came in their place; those of both stores stay."""
    values = one.before if isinstance(one.before, list) else [one.before]
    kept = [value for value in values if not _GUID.fullmatch(str(value))]
    is_part = len(kept) < len(values) and one.after == (kept or MISSING)
    return one.kind in {"item", "version"} and is_part


def _is_setting(one: Difference) -> bool:
    return one.kind in {"web", "list", "view"} and one.after == MISSING


def _is_type(one: Difference) -> bool:
    is_gone = one.kind == "content type" and one.after == MISSING
    return is_gone or one.path[-1] in {"order of types", "content type"}


def _is_in_folder(one: Difference) -> bool:
    """Say whether it is about an item of a list that lay in a folder, and lies in the root now."""
    is_of_list = len(one.path) > 2 and "Lists/" in f"{one.path[1]}/"
    has_moved = MISSING in (one.before, one.after)
    return one.kind in {"item", "version", "attachment"} and is_of_list and has_moved


_CLASSES: Mapping[str, Callable[[Difference], bool]] = {
    "property bags of webs and lists": _is_bag,
    "regional settings of webs": lambda one: one.kind == "regional",
    "check-outs": _is_check_out,
    "numbers of versions": _is_version_number,
    "versions of items that were not approved": _is_further_version,
    "administrators of the collection": lambda one: one.path[-1] == "administrators",
    "values of older versions": lambda one: one.kind == "version",
    "modern pages": _is_page,
    "older versions": lambda one: one.kind in {"file", "version"} and one.after == MISSING,
    "addresses in values of items": _is_address,
    "terms of managed metadata": _is_term,
    "settings of webs, lists and views": _is_setting,
    "content types of one's own": _is_type,
    "items in folders of lists": _is_in_folder,
    "names of content types in lists": lambda one: one.path[-1] == "content type",
    "retention labels": lambda one: "Compliance" in one.path[-1],
}
"""Which differences each sentence of the report covers, by its beginning.

What the comparison does not read, such as numbers of items and when lists were made, has no line.
"""


_NOT_SURE = frozenset(
    {"administrators of the collection", "versions of items that were not approved"}
)
"""What nobody knows beforehand: whether the target has the same, and what its lists heed."""


def unnamed(found: Iterable[Difference], told: str) -> list[Difference]:
    """Leave out what was announced.

    Args:
        found: How the sites differ.
        told: All that was said before anything was written: the losses, a line each.
    """
    covers = [is_of for begin, is_of in _CLASSES.items() if f"{begin} (" in told]
    unknown = {login for login, _ in _UNKNOWN.findall(told)}
    return [
        one
        for one in found
        if not any(is_of(one) for is_of in covers) and not _is_about(one, unknown)
    ]


def overclaimed(found: Iterable[Difference], told: str) -> list[str]:
    """Name what was announced and is no loss: more of it than differs, or nothing at all.

    Args:
        found: How the sites differ.
        told: As above.
    """
    differing = list(found)
    wrong = []
    for begin, count in _announced(told):
        is_of = _CLASSES.get(begin) or functools.partial(_is_about, unknown={begin})
        lost = sum(map(is_of, differing))
        if lost < count:
            wrong.append(f"{begin}: {count} announced, {lost} lost")
    return wrong


def _announced(told: str) -> Iterator[tuple[str, int]]:
    """Give what was announced that the comparison can see, with its number."""
    for begin, number in _NUMBERED.findall(told):
        if begin.strip() in _CLASSES.keys() - _NOT_SURE:
            yield begin.strip(), int(number.replace(",", ""))
    for login, number in _UNKNOWN.findall(told):
        yield login, int(number.replace(",", ""))


def _is_about(one: Difference, unknown: set[str]) -> bool:
    """Say whether nothing but somebody who is not known in the target makes the difference."""
    if one.path[-1] in unknown:
        return True
    there = {str(o) for o in (one.before if isinstance(one.before, list) else [one.before])}
    kept = {str(o) for o in (one.after if isinstance(one.after, list) else [one.after])}
    gone = there - kept
    return bool(gone) and gone <= unknown and (not isinstance(one.before, list) or _fits(one, gone))


def _fits(one: Difference, gone: set[str]) -> bool:
    """Say whether those who are known are all there, in the same order."""
    assert isinstance(one.before, list)
    left = [name for name in one.before if str(name) not in gone]
    return one.after == (left or MISSING)
