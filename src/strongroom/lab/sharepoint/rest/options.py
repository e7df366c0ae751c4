"""What a question wants of its answer: ``$select``, ``$expand``, ``$filter``, ``$top`` and so on.

Source:
    https://learn.microsoft.com/sharepoint/dev/sp-add-ins/use-odata-query-operations-in-sharepoint-rest-requests
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from strongroom.lab.sharepoint.rest.errors import bad_query
from strongroom.lab.sharepoint.rest.filters import Condition, condition

_DEPTH_MAX = 8
_KNOWN = frozenset(
    {
        "$select", "$expand", "$filter", "$top", "$orderby", "$skiptoken", "$skip", "$format",
        "$inlinecount",
    }
)  # fmt: skip

Tree = Mapping[str, "Tree"]
"""Names and what is wanted below each; an empty tree wants the default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of one question.

    Attributes:
        select, expand: What is wanted, and of which neighbours; names as they were written.
        condition: Which rows.
        top: How many; None: as many as a page has.
        order: By which properties, and whether from the last to the first.
        skip_token: Where the page before ended.
        raw: The query as it came.
    """

    select: Tree = field(default_factory=dict)
    expand: Tree = field(default_factory=dict)
    condition: Condition | None = None
    top: int | None = None
    skip: int = 0
    order: Sequence[tuple[str, bool]] = ()
    skip_token: Mapping[str, str] = field(default_factory=dict)
    raw: Mapping[str, str] = field(default_factory=dict)

    def below(self, name: str) -> Options:
        """Give what is wanted of a neighbour."""
        return Options(select=_child(self.select, name), expand=_child(self.expand, name))

    def is_expanded(self, name: str) -> bool:
        """Say whether a neighbour is wanted whole."""
        wanted = name.casefold()
        return any(one.casefold() == wanted for one in self.expand)


def query_of(text: str) -> dict[str, str]:
    """Read a query; of what is given twice the first counts."""
    found: dict[str, str] = {}
    for key, value in parse_qsl(text, keep_blank_values=True, max_num_fields=200):
        found.setdefault(key, value)
    return found


def options_of(query: Mapping[str, str]) -> Options:
    """Read the options.

    Raises:
        ApiError: 400, there is no such option, or it makes no sense.
    """
    given = {key.casefold(): value for key, value in query.items() if key.startswith("$")}
    for key in given:
        if key not in _KNOWN:
            raise bad_query(f"The query option '{key}' is not supported.")
    return Options(
        select=_tree(given.get("$select", "")),
        expand=_tree(given.get("$expand", "")),
        condition=condition(given["$filter"]) if given.get("$filter") else None,
        top=_count("$top", given["$top"]) if "$top" in given else None,
        skip=_count("$skip", given.get("$skip", "0")),
        order=tuple(_orders(given.get("$orderby", ""))),
        skip_token=query_of(given.get("$skiptoken", "")),
        raw=query,
    )


def _tree(text: str) -> Tree:
    root: dict[str, Tree] = {}
    for path in text.split(","):
        names = [name for name in path.strip().split("/") if name]
        if len(names) > _DEPTH_MAX:
            raise bad_query("The query has too many levels.")
        here = root
        for name in names:
            known = next((one for one in here if one.casefold() == name.casefold()), name)
            below = here.setdefault(known, {})
            assert isinstance(below, dict)
            here = below
    return root


def _child(tree: Tree, name: str) -> Tree:
    if not tree or name in tree:
        return tree.get(name, {})
    wanted = name.casefold()
    return next((below for one, below in tree.items() if one.casefold() == wanted), {})


def _count(name: str, text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise bad_query(f"The value of the query option '{name}' is not valid.")
    return int(text)


def _orders(text: str) -> list[tuple[str, bool]]:
    found = []
    for one in text.split(","):
        words = one.split()
        if not words:
            continue
        if len(words) > 2 or words[1:] not in ([], ["asc"], ["desc"]):
            raise bad_query("The $orderby expression is not valid.")
        found.append((words[0], words[1:] == ["desc"]))
    return found
