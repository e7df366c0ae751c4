"""The term store in the client object model: sets, groups and terms, as far as they are read.

Source:
    [MS-CSOM] SharePoint Client Query Protocol, 2.2.3.1.9 (Query), 2.2.3.1.14 (ChildItemQuery)
    https://learn.microsoft.com/dotnet/api/microsoft.sharepoint.client.taxonomy
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from strongroom.lab.exchange.xml import Element, children, name_of
from strongroom.lab.sharepoint.content import taxonomy
from strongroom.lab.sharepoint.content.collection import SiteCollection
from strongroom.lab.sharepoint.content.refusals import NotFound
from strongroom.lab.sharepoint.rest import errors
from strongroom.lab.sharepoint.rest.call import Call
from strongroom.lab.sharepoint.rest.kinds import Entity

SESSION_TYPE = "{981cbc68-9edc-4f8d-872f-71146fcbb84f}"
MATCH_TYPE = "{61a1d689-2744-4ea3-a88b-c95bee9803aa}"
_EXACT = 1
_NULL = "Object reference not set to an instance of an object on server."


@dataclass(frozen=True, slots=True)
class Nothing:
    """What is not there: null."""


@dataclass(frozen=True, slots=True)
class Session:
    """``TaxonomySession``: the way to the term store."""


@dataclass(frozen=True, slots=True)
class Store:
    """``TermStore``."""

    of: taxonomy.TermStore


@dataclass(frozen=True, slots=True)
class Group:
    """``TermGroup``; with a collection's id it is that one's own."""

    name: str
    site_id: str


@dataclass(frozen=True, slots=True)
class Many:
    """A collection of them."""

    kind: str
    things: tuple[Store | Group | taxonomy.TermSet | taxonomy.Term, ...]


@dataclass(slots=True)
class LabelMatch:
    """``LabelMatchInformation``: what a term is to be called."""

    said: dict[str, Any] = field(default_factory=dict)


TermThing = Nothing | Session | Store | Group | Many | LabelMatch | taxonomy.TermSet | taxonomy.Term
TERM_THINGS = (
    Nothing, Session, Store, Group, Many, LabelMatch, taxonomy.TermSet, taxonomy.Term
)  # fmt: skip


def gives(call: Call, of: TermThing, name: str, given: Sequence[Any]) -> TermThing:
    """Carry out a method that gives an object."""
    store = call.collection.terms
    match of, name, len(given):
        case Session(), "GetDefaultSiteCollectionTermStore", 0:
            return Store(store)
        case Session(), "GetTerm", 1:
            return _found(lambda: store.term(str(given[0])))
        case Store(), "GetTermSet", 1:
            return store.sets.get(_guid(given[0])) or Nothing()
        case Store(), "GetTermSetsByName", 2:
            named = [one for one in store.sets.values() if one.name == given[0]]
            return Many("SP.Taxonomy.TermSetCollection", tuple(named))
        case Store(), "GetSiteCollectionGroup", 2:
            return _group_of_site(call, given[0])
        case taxonomy.TermSet(), "GetTerms", 1 if isinstance(given[0], LabelMatch):
            return Many("SP.Taxonomy.TermCollection", _matching(of, given[0].said))
        case Nothing(), _, _:
            raise errors.ApiError(500, "-2147467261, System.NullReferenceException", _NULL)
    raise errors.bad_query(f"The method '{name}' does not exist.")


def linked(call: Call, of: TermThing, name: str) -> TermThing:
    """Give an object that another one has."""
    store = call.collection.terms
    match of, name:
        case Session(), "TermStores":
            return Many("SP.Taxonomy.TermStoreCollection", (Store(store),))
        case taxonomy.TermSet(), "Group":
            return Group(of.group, of.site_id)
        case Group(), "TermSets":
            key = (of.name, of.site_id)
            sets = tuple(one for one in store.sets.values() if (one.group, one.site_id) == key)
            return Many("SP.Taxonomy.TermSetCollection", sets)
    raise errors.bad_query(f"The property '{name}' does not exist.")


def told(call: Call, of: TermThing, asked: Element) -> dict[str, Any] | None:
    """Answer a query: what it names of an object, and of everything in a collection."""
    if isinstance(of, Nothing):
        return None
    by_name = {name_of(one): one for one in children(asked)}
    found = {"_ObjectType_": _type(of), **_properties(call, of, by_name.get("Query"))}
    if isinstance(of, Many) and "ChildItemQuery" in by_name:
        each = by_name["ChildItemQuery"]
        found["_Child_Items_"] = [
            {"_ObjectType_": _type(one), **_properties(call, one, each)} for one in of.things
        ]
    return found


def _properties(call: Call, of: TermThing, asked: Element | None) -> dict[str, Any]:
    known = _values(of)
    if asked is None:
        return {}
    found = dict(known) if asked.get("SelectAllProperties") == "true" else {}
    for section in children(asked):
        for one in children(section):
            name = one.get("Name", "")
            # Clients differ in how they mark a value; an object has a query of its own.
            if len(one):
                found[name] = told(call, linked(call, of, name), one)
            elif name in known:
                found[name] = known[name]
            else:
                raise errors.bad_query(f"The property '{name}' does not exist.")
    return found


def _values(of: TermThing) -> Mapping[str, Any]:
    match of:
        case Store(store):
            language = {"DefaultLanguage": 1033, "WorkingLanguage": 1033, "Languages": [1033]}
            return {"Id": _told(store.id), "Name": "Managed Metadata Service", **language}
        case Group(name, site_id):
            return {"Name": name, "IsSiteCollectionGroup": bool(site_id), "IsSystemGroup": False}
        case taxonomy.TermSet():
            return {"Id": _told(of.id), "Name": of.name}
        case taxonomy.Term():
            return {"Id": _told(of.id), "Name": of.label, "IsDeprecated": of.is_deprecated}
    return {}


def _type(of: TermThing) -> str:
    names = {Store: "TermStore", Group: "TermGroup", Session: "TaxonomySession"}
    if isinstance(of, Many):
        return of.kind
    return f"SP.Taxonomy.{names.get(type(of), type(of).__name__)}"


def _matching(of: taxonomy.TermSet, said: Mapping[str, Any]) -> tuple[taxonomy.Term, ...]:
    label = str(said.get("TermLabel") or "").casefold()
    if not label:
        raise errors.missing("TermLabel")
    is_exact = said.get("StringMatchOption") == _EXACT
    found = [
        one
        for one in of.walk()
        if any(_fits(text.casefold(), label, is_exact=is_exact) for text in _labels(one, said))
    ]
    return tuple(found[: int(said.get("ResultCollectionSize") or len(found))])


def _labels(one: taxonomy.Term, said: Mapping[str, Any]) -> list[str]:
    locale = said.get("Lcid")
    return [text for key, text in one.labels.items() if not locale or key == locale]


def _fits(text: str, label: str, *, is_exact: bool) -> bool:
    return text == label if is_exact else text.startswith(label)


def _group_of_site(call: Call, site: object) -> TermThing:
    thing = site.thing if isinstance(site, Entity) else None
    if not isinstance(thing, SiteCollection):
        raise errors.bad_argument("The site collection is not valid.")
    sets = (one for one in call.collection.terms.sets.values() if one.site_id == thing.id)
    first = next(sets, None)
    return Group(first.group, first.site_id) if first else Nothing()


def _found(find: Callable[[], taxonomy.Term]) -> TermThing:
    try:
        return find()
    except NotFound:
        return Nothing()


def _guid(given: object) -> str:
    return str(given).strip("{}").casefold()


def _told(guid: str) -> str:
    return f"/Guid({guid})/"
