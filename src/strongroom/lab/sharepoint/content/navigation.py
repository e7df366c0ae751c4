"""What stands beside and above a web's pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True, eq=False)
class Node:
    """One entry.

    Attributes:
        url: Server-relative, or absolute for what lies elsewhere.
        audience_ids: Who sees it; empty: everybody.
    """

    id: int
    title: str
    url: str
    is_external: bool = False
    is_visible: bool = True
    audience_ids: tuple[str, ...] = ()
    children: list[Node] = field(default_factory=list)

    def walk(self) -> Iterator[Node]:
        """Go through it and everything below it."""
        yield self
        for one in self.children:
            yield from one.walk()


@dataclass(slots=True, kw_only=True)
class Navigation:
    """A web's navigation.

    Attributes:
        quick_launch, top: Entries in order.
        uses_shared: The top bar is the parent web's.
        next_id: Of a new entry.
    """

    quick_launch: list[Node] = field(default_factory=list)
    top: list[Node] = field(default_factory=list)
    uses_shared: bool = False
    next_id: int = 2001

    def new_node(
        self, title: str, url: str, *, is_external: bool = False, audience_ids: tuple[str, ...] = ()
    ) -> Node:
        """Make an entry; put it where it belongs yourself."""
        made = Node(
            id=self.next_id,
            title=title,
            url=url,
            is_external=is_external,
            audience_ids=audience_ids,
        )
        self.next_id += 1
        return made

    def find(self, number: int) -> tuple[list[Node], Node] | None:
        """Find an entry and the list that it stands in."""
        return _find(self.quick_launch, number) or _find(self.top, number)


def _find(nodes: list[Node], number: int) -> tuple[list[Node], Node] | None:
    for one in nodes:
        if one.id == number:
            return nodes, one
        found = _find(one.children, number)
        if found is not None:
            return found
    return None
