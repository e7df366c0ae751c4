"""Lists, page by page, by ``$skip``.

Source:
    https://learn.microsoft.com/graph/paging
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar
from urllib.parse import quote

from strongroom.lab.graph.call import Call
from strongroom.lab.graph.mailbox import options as odata
from strongroom.lab.graph.mailbox.errors import bad_option
from strongroom.lab.graph.mailbox.options import Options
from strongroom.lab.graph.mailbox.shapes import Row, View, shown

Thing = TypeVar("Thing")


def read_options(call: Call) -> Options:
    """Read the options of a request.

    Raises:
        GraphError: 400.
    """
    return odata.read(call.query, page_max=call.mail.habits.page_max)


def page(call: Call, context: str, things: Sequence[Thing], view: Callable[[Thing], View]) -> Row:
    """Give one page of a list.

    Args:
        call: The request.
        context: What the list is, after ``$metadata#``.
        things: All that could be on it, in the server's own order.
        view: Shows a thing.

    Raises:
        GraphError: 400, an option is not understood.
    """
    options = read_options(call)
    found = _arranged(things, view, options)
    size = options.top or page_size(call, call.mail.habits.pages_by_default)
    end = options.skip + size
    body: Row = {"@odata.context": f"{call.base}/$metadata#{context}"}
    if options.has_count:
        body["@odata.count"] = len(found)
    rows = [shown(view(one), options) for one in found[options.skip : end]]
    body["value"] = rows
    if end < len(found):
        rest = {**call.query, "$skip": str(end)}
        body["@odata.nextLink"] = f"{call.base}/{call.route}?{_written(rest)}"
    return body


def page_size(call: Call, by_default: int) -> int:
    """Say how many entries a page has where the address does not say."""
    wanted = call.preference("odata.maxpagesize")
    if wanted is None:
        return by_default
    size = odata.number(wanted, low=1, high=1 << 31)
    return min(size, call.mail.habits.page_max)


def _arranged(
    things: Sequence[Thing], view: Callable[[Thing], View], options: Options
) -> Sequence[Thing]:
    try:
        if options.matches is not None:
            matches = options.matches
            things = [one for one in things if matches(view(one))]
        for name, is_down in reversed(options.order):
            things = _sorted(things, view, name, is_down=is_down)
    except KeyError as error:
        raise bad_option(f"Could not find a property named {error}.") from error
    return things


def _sorted(
    things: Iterable[Thing], view: Callable[[Thing], View], name: str, *, is_down: bool
) -> list[Thing]:
    def rank(one: Thing) -> tuple[bool, int, str]:
        value = view(one).property(name)
        if isinstance(value, int):
            return value is not None, value, ""
        return value is not None, 0, str(value).casefold()

    return sorted(things, key=rank, reverse=is_down)


def _written(query: dict[str, str]) -> str:
    return "&".join(
        f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in query.items()
    )
