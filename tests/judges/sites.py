"""Two sites, read field by field by a client that others wrote, and compared.

    before = read_site(judge.online("/sites/a"))
    …
    wrong = differences(before, read_site(judge.online("/sites/b")))

A reading is flat: each fact has a path whose first part is its class, such as
``("item", "Lists/Jobs", "Garden/Paint the fence", "Due")``. Ids, numbers and addresses are replaced
by what they mean (``site_meaning``); facts that a server makes itself, and that nobody could put
back, are left out by name, in ``site_lists`` and ``site_items``, where each has its reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from office365.sharepoint.client_context import ClientContext
from office365.sharepoint.webs.web import Web

from strongroom.words.json import Json
from tests.judges import site_items, site_lists, site_webs
from tests.judges.site_meaning import Names

Path = tuple[str, ...]
Facts = Mapping[Path, Json]
MISSING = "«not there»"


@dataclass(frozen=True, slots=True)
class Difference:
    """A fact that is not the same in both; ``MISSING`` stands for one that is not there."""

    path: Path
    before: Json
    after: Json

    @property
    def kind(self) -> str:
        """The class of thing that it belongs to."""
        return self.path[0]

    def __str__(self) -> str:
        return f"{' > '.join(self.path)}: {self.before!r} → {self.after!r}"


def read_site(
    context: ClientContext,
    *,
    reads_hidden: bool = False,
    person: Callable[[str], str] = lambda login: login,
    terms: Mapping[str, str] | None = None,
) -> dict[Path, Json]:
    """Read a whole site collection.

    Args:
        context: Signed in, at the address of the root web.
        reads_hidden: Read hidden lists as well, which servers keep for themselves.
        person: Gives the name to compare people by, for sites of servers with other login names:
            ``account_of``, or a table from old accounts to new ones.
        terms: What terms, their sets and stores are called, by their guid, for sites with term
            stores of their own.
    """
    names = Names(context.base_url, person)
    names.terms = terms or {}
    for guid, meaning in names.terms.items():
        names.learn(guid, meaning)
    site_webs.learn_people(context, names)
    webs = [(one, context.clone(one.properties["Url"])) for one in _webs(context, context.web)]
    lists: list[site_lists.ReadList] = []
    for web, inner in webs:
        place = names.inside(web.properties["ServerRelativeUrl"])
        names.learn(web.properties["Id"], f"web {place}")
        lists += site_lists.find(inner, names, place, reads_hidden=reads_hidden)
    # First what every item is called, since lists look into each other.
    for one in lists:
        site_items.learn(one, names)
    facts: dict[Path, Json] = {}
    for path, value in _told(webs, lists, names):
        assert path not in facts, f"two facts of one name: {path}"
        if value is not None:
            facts[path] = value
    return facts


def account_of(login: str) -> str:
    """Give a login name without the claims before it, which say how somebody signs in."""
    return login.rpartition("|")[2]


def differences(
    before: Facts,
    after: Facts,
    *,
    is_expected: Callable[[Difference], bool] = lambda _: False,
) -> list[Difference]:
    """Name every fact that is not the same in both, but for those that were to be expected."""
    found = (
        Difference(path, before.get(path, MISSING), after.get(path, MISSING))
        for path in sorted({*before, *after})
        if path not in before or path not in after or before[path] != after[path]
    )
    return [one for one in found if not is_expected(one)]


def tally(paths: Iterable[Path]) -> dict[str, int]:
    """Count facts by their class, to say how much was compared."""
    return dict(sorted(Counter(one[0] for one in paths).items()))


def _told(
    webs: list[tuple[Web, ClientContext]], lists: list[site_lists.ReadList], names: Names
) -> Iterator[tuple[Path, Json]]:
    yield from site_webs.read_collection(webs[0][1], names)
    for web, context in webs:
        yield from site_webs.read_web(web, context, names)
    for one in lists:
        yield from site_lists.read(one, names)
        yield from site_items.read(one, names)


def _webs(context: ClientContext, top: Web) -> Iterator[Web]:
    """Go through a web and all below it."""
    top.select(["*", "HasUniqueRoleAssignments"]).get().execute_query()
    yield top
    for one in context.clone(top.properties["Url"]).web.webs.get().execute_query():
        inner = context.clone(one.properties["Url"])
        yield from _webs(inner, inner.web)
