"""What a server's term store has. Only the client object model says so on every server.

Asked is the store that a site uses by default; that there are more of them is told as well.

Source:
    [MS-CSOM] SharePoint Client Query Protocol, 2.2.3.2.4.1.1 (ObjectPath: ``IsNull``)
    https://learn.microsoft.com/dotnet/api/microsoft.sharepoint.client.taxonomy.taxonomysession
    https://learn.microsoft.com/dotnet/api/microsoft.sharepoint.client.taxonomy.termstore
    https://learn.microsoft.com/dotnet/api/microsoft.sharepoint.client.taxonomy.labelmatchinformation
    https://github.com/SharePoint/sp-dev-docs/issues/6715 (401 where the right is missing)
    https://github.com/pnp/cli-microsoft365 (spo term commands: the session's type)
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from strongroom.wire.sharepoint.csom import asked
from strongroom.wire.sharepoint.csom_query import Enum, Guid, Int32, Query, Thing, Wanted
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.rest_refusals import SiteDenied, SiteRefused
from strongroom.wire.sharepoint.rows import Row
from strongroom.wire.sharepoint.sites import api

_SESSION = "{981cbc68-9edc-4f8d-872f-71146fcbb84f}"
_LABEL_MATCH = "{61a1d689-2744-4ea3-a88b-c95bee9803aa}"
_EXACT = 1
_One = TypeVar("_One")
_SAME_LABEL_MAX = 5
"""More than one term of a label is as good as none: nobody knows which was meant."""
BATCH = 100
"""So many terms, sets or names are asked for in one request."""

_GROUP = Wanted(names=("Name", "IsSiteCollectionGroup"))
_SET = Wanted(names=("Id", "Name"), within={"Group": _GROUP})


@dataclass(frozen=True, slots=True, kw_only=True)
class TermSet:
    """A set of terms.

    Attributes:
        id: GUID, in small letters, without braces.
        name: In the store's language.
        group: Name of the group that it is in.
        is_of_site: That group is a site collection's own.
    """

    id: str
    name: str
    group: str
    is_of_site: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TermStore:
    """The store that a site uses.

    Attributes:
        id: Its GUID.
        language: Its default language, by LCID.
        others: GUIDs of further stores that can be reached.
        sets: Those that were asked for and are there, by id.
        of_site: The sets in the site collection's own group.
    """

    id: str
    language: int
    others: frozenset[str]
    sets: Mapping[str, TermSet]
    of_site: tuple[TermSet, ...]


def folded(name: str) -> str:
    """Give a name the way that names are compared: the store writes some signs wider."""
    return unicodedata.normalize("NFKC", name).casefold().strip()


def unknown_terms(rest: RestConnection, web: str, guids: Iterable[str]) -> frozenset[str] | None:
    """Say which terms the term store does not have; None: it does not say.

    Args:
        rest: The connection.
        web: Path of a web that uses the store.
        guids: Of terms, in small letters.
    """
    unknown: set[str] = set()
    for some in _batches(sorted(set(guids))):
        query = Query()
        session = query.static(_SESSION, "GetTaxonomySession")
        asking = {query.ask(query.found(session, "GetTerm", Guid(one))): one for one in some}
        told = _told(rest, web, query)
        if told is None:
            return None
        for number, guid in asking.items():
            answer = told.get(number)
            if isinstance(answer, dict) and answer.get("IsNull") is True:
                unknown.add(guid)
    return frozenset(unknown)


def term_sets(rest: RestConnection, web: str, ids: Iterable[str]) -> dict[str, TermSet] | None:
    """Say what sets are called, by id; None: the store does not say.

    Args:
        rest: The connection.
        web: Path of a web that uses the store.
        ids: GUIDs, in small letters.
    """
    found: dict[str, TermSet] = {}
    for some in _batches(sorted(set(ids))):
        query = Query()
        asking = _ask_sets(query, _store(query), some)
        told = _told(rest, web, query)
        if told is None:
            return None
        found |= _sets(told, asking)
    return found


def term_store(rest: RestConnection, web: str, ids: Iterable[str]) -> TermStore | None:
    """Look at the store: which of some sets it has, and which are the site's own.

    Args:
        rest: The connection.
        web: Path of the site collection's root web.
        ids: GUIDs of sets, in small letters.

    Returns:
        None: the store does not say, or the site has none.
    """
    query = Query()
    session = query.static(_SESSION, "GetTaxonomySession")
    store = query.found(session, "GetDefaultSiteCollectionTermStore")
    stores = query.load(query.property(session, "TermStores"), Wanted(), each=Wanted(names=("Id",)))
    about = query.load(store, Wanted(names=("Id", "DefaultLanguage")))
    group = query.found(store, "GetSiteCollectionGroup", query.site(), False)
    own = query.load(
        group, Wanted(names=("Name",), each={"TermSets": Wanted(names=("Id", "Name"))})
    )
    told = _told(rest, web, query)
    if told is None:
        return None
    store_id = _guid(_row(told.get(about)), "Id")
    if not store_id:
        return None
    sets = term_sets(rest, web, ids)
    language = _row(told.get(about)).get("DefaultLanguage")
    of_site = _row(told.get(own))
    name = str(of_site.get("Name") or "")
    return TermStore(
        id=store_id,
        language=language if isinstance(language, int) else 1033,
        others=frozenset(_guid(one, "Id") for one in _each(told.get(stores))) - {store_id},
        sets=sets or {},
        of_site=tuple(
            TermSet(id=_guid(one, "Id"), name=str(one.get("Name")), group=name, is_of_site=True)
            for one in _each(of_site.get("TermSets"))
        ),
    )


def sets_named(
    rest: RestConnection, web: str, names: Iterable[str], language: int
) -> dict[str, tuple[TermSet, ...]]:
    """Find sets by their names.

    Args:
        rest: The connection.
        web: Path of a web that uses the store.
        names: In the language that follows.
        language: By LCID.
    """
    found: dict[str, tuple[TermSet, ...]] = {}
    for some in _batches(sorted(set(names))):
        query = Query()
        store = _store(query)
        asking = {}
        for name in some:
            sets = query.found(store, "GetTermSetsByName", name, Int32(language))
            asking[name] = query.load(sets, Wanted(), each=_SET)
        told = _told(rest, web, query) or {}
        for name, number in asking.items():
            rows = [_set(one) for one in _each(told.get(number))]
            found[name] = tuple(one for one in rows if folded(one.name) == folded(name))
    return found


def terms_labelled(
    rest: RestConnection, web: str, wanted: Iterable[tuple[str, str]], language: int
) -> dict[tuple[str, str], tuple[str, ...]]:
    """Find terms by what they are called.

    Args:
        rest: The connection.
        web: Path of a web that uses the store.
        wanted: GUIDs of sets, each with a label.
        language: Of the labels, by LCID.

    Returns:
        The GUIDs of all that are called so, by set and label.
    """
    found: dict[tuple[str, str], tuple[str, ...]] = defaultdict(tuple)
    for some in _batches(sorted(set(wanted))):
        query = Query()
        store = _store(query)
        sets = {one: query.found(store, "GetTermSet", Guid(one)) for one, _ in some}
        asking = {}
        for set_id, label in some:
            match = _label_match(query, label, language)
            terms = query.found(sets[set_id], "GetTerms", match)
            each = Wanted(names=("Id", "Name"))
            asking[set_id, label] = query.load(terms, Wanted(), each=each)
        told = _told(rest, web, query) or {}
        for (set_id, label), number in asking.items():
            found[set_id, label] = tuple(
                _guid(one, "Id")
                for one in _each(told.get(number))
                if folded(str(one.get("Name"))) == folded(label)
            )
    return dict(found)


def _label_match(query: Query, label: str, language: int) -> Thing:
    match = query.made(_LABEL_MATCH)
    query.set(match, "TermLabel", label)
    query.set(match, "Lcid", Int32(language))
    query.set(match, "StringMatchOption", Enum(_EXACT))
    query.set(match, "DefaultLabelOnly", value=True)
    query.set(match, "TrimUnavailable", value=False)
    query.set(match, "ResultCollectionSize", Int32(_SAME_LABEL_MAX))
    return match


def _store(query: Query) -> Thing:
    session = query.static(_SESSION, "GetTaxonomySession")
    return query.found(session, "GetDefaultSiteCollectionTermStore")


def _ask_sets(query: Query, store: Thing, ids: Iterable[str]) -> dict[str, int]:
    return {one: query.load(query.found(store, "GetTermSet", Guid(one)), _SET) for one in ids}


def _sets(told: Mapping[int, Any], asking: Mapping[str, int]) -> dict[str, TermSet]:
    found = {id_: _row(told.get(number)) for id_, number in asking.items()}
    return {id_: _set(row) for id_, row in found.items() if _guid(row, "Id") == id_}


def _set(row: Mapping[str, Any]) -> TermSet:
    group = _row(row.get("Group"))
    return TermSet(
        id=_guid(row, "Id"),
        name=str(row.get("Name") or ""),
        group=str(group.get("Name") or ""),
        is_of_site=group.get("IsSiteCollectionGroup") is True,
    )


def _told(rest: RestConnection, web: str, query: Query) -> Mapping[int, Any] | None:
    """Ask; None: no such service, or it is not for us."""
    try:
        return asked(rest, web, query)
    except (SiteRefused, SiteDenied) as error:
        if error.status == 401:
            # An application that lacks the right to the term store hears the same as somebody whose
            # sign-in is not taken any more: that one is refused everything else as well.
            rest.get(f"{api(web)}/web?$select=Id", Row)
        return None


def _batches(rows: list[_One]) -> Iterator[list[_One]]:
    for begin in range(0, len(rows), BATCH):
        yield rows[begin : begin + BATCH]


def _row(told: object) -> Mapping[str, Any]:
    return told if isinstance(told, dict) else {}


def _each(told: object) -> list[Mapping[str, Any]]:
    rows = _row(told).get("_Child_Items_")
    return [one for one in rows if isinstance(one, dict)] if isinstance(rows, list) else []


def _guid(row: Mapping[str, Any], name: str) -> str:
    """Read an id; the answer writes ``/Guid(…)/``."""
    return str(row.get(name) or "").removeprefix("/Guid(").removesuffix(")/").lower()
