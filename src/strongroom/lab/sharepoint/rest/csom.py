"""``client.svc/ProcessQuery``: the client object model, as far as ``/_api`` cannot write.

Property bags, regional settings, owners of groups, a web's own groups, and web parts that are put
onto pages. What an object has and how it is changed stands in the same tables that ``/_api``
answers from. A property that was set is kept by ``Update`` alone; a refusal stands inside an answer
of success, and what was carried out before it stays.

Source:
    [MS-CSOM] SharePoint Client Query Protocol, 2.2.3 and 3.1.4
    [MS-CSOMSPT] SharePoint Client-Side Object Model Protocol, 3.2.5
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from strongroom.lab.exchange.xml import Element, NotXml, children, name_of, parse
from strongroom.lab.https import Response
from strongroom.lab.sharepoint.content.refusals import NotAllowed, Refused
from strongroom.lab.sharepoint.rest import errors
from strongroom.lab.sharepoint.rest.call import Call
from strongroom.lab.sharepoint.rest.csom_terms import (
    MATCH_TYPE,
    SESSION_TYPE,
    TERM_THINGS,
    LabelMatch,
    Nothing,
    Session,
    gives,
    linked,
    told,
)
from strongroom.lab.sharepoint.rest.csom_things import (
    Bag,
    Thing,
    Zone,
    Zones,
    fill,
    held,
    place_web_part,
    refusal_told,
    scalar,
    update,
)
from strongroom.lab.sharepoint.rest.entities.regional import REGIONAL
from strongroom.lab.sharepoint.rest.entities.web_parts import DEFINITION, MANAGER
from strongroom.lab.sharepoint.rest.errors import ApiError
from strongroom.lab.sharepoint.rest.kinds import Args, Collection, Entity
from strongroom.lab.sharepoint.rest.root import ROOT_ENTITY
from strongroom.lab.sharepoint.rest.translated import translated
from strongroom.lab.sharepoint.rest.walk import lookup
from strongroom.lab.sharepoint.rest.whole import whole

NAMESPACE = "http://schemas.microsoft.com/sharepoint/clientquery/2009"
_CONTEXT = "{3747adcd-a3c3-41b9-bfab-4a64dd2f1e0a}"
_TAXONOMY = (SESSION_TYPE, "GetTaxonomySession")
_PAIR = 2
# Clients know ids from texts by how the slashes are written.
_GUID = re.compile(rb'"/Guid\(([0-9a-f-]{36})\)/"')
_BAGS = frozenset({"AllProperties", "Properties"})
_OF_PARTS = frozenset({"ImportWebPart", "AddWebPart"})


def answer(call: Call) -> Response:
    """Answer one request."""
    found_all: list[object] = []
    error: ApiError | None = None
    try:
        _check_digest(call)
        root = parse(call.body)
        if root.tag != f"{{{NAMESPACE}}}Request":
            raise errors.bad_query("The expression is not valid.")
        for number, found in _Running(call, root).actions():
            found_all += [number, found]
    except (NotXml, RecursionError):
        # The latter where ways lead to themselves.
        error = errors.bad_query("The expression is not valid.")
    except ApiError as refused:
        error = refused
    except NotAllowed:
        error = errors.denied()
    except Refused as refused:
        error = translated(refused)
    head = {
        "SchemaVersion": "15.0.0.0",
        "LibraryVersion": call.profile.version,
        "ErrorInfo": None if error is None else refusal_told(error),
        "TraceCorrelationId": str(uuid.uuid4()),
    }
    body = _GUID.sub(rb'"\\/Guid(\1)\\/"', orjson.dumps([head] if error else [head, *found_all]))
    return Response(headers=[("Content-Type", "application/json; charset=utf-8")], body=body)


def _check_digest(call: Call) -> None:
    if not call.visit.has_token:
        call.service.digests.check(call.login, call.headers.get("x-requestdigest", ""))


@dataclass(slots=True)
class _Running:
    """One request while it is carried out.

    Attributes:
        pending: By the number of its way, what was set of an object and not kept yet.
    """

    call: Call
    root: Element
    known: dict[str, Thing] = field(default_factory=dict)
    pending: dict[str, dict[str, Any]] = field(default_factory=dict)

    def actions(self) -> Iterator[tuple[int, object]]:
        """Carry out what is asked, in order; give what is told of it, by the action's number."""
        for section in children(self.root):
            if name_of(section) != "Actions":
                continue
            for one in children(section):
                thing = self._thing(one.get("ObjectPathId", ""))
                found = self._act(one, thing)
                if found is not None or (_asks(one) and isinstance(thing, Nothing)):
                    yield whole(one.get("Id", ""), 0), found

    def _act(self, one: Element, thing: Thing) -> object:
        number, name = one.get("ObjectPathId", ""), one.get("Name", "")
        match name_of(one):
            case "ObjectPath":
                return {"IsNull": isinstance(thing, Nothing)}
            case "ObjectIdentityQuery" if isinstance(thing, Nothing):
                return None
            case "ObjectIdentityQuery":
                return {"_ObjectIdentity_": _identity(number)}
            case "Query" if isinstance(thing, TERM_THINGS):
                return told(self.call, thing, one)
            case "Query":
                return self._query(number, thing)
            case "SetProperty" if isinstance(thing, LabelMatch):
                thing.said[name] = next(iter(self._given(one)), None)
            case "SetProperty":
                given = self._given(one)
                self.pending.setdefault(number, {})[name] = given[0] if given else None
            case "Method" if name == "SetFieldValue" and isinstance(thing, Bag):
                given = self._given(one)
                if len(given) != _PAIR:
                    raise errors.missing("value")
                self.pending.setdefault(number, {})[str(given[0])] = given[1]
            case "Method" if name == "Update" and isinstance(thing, Entity):
                self._update(number, thing)
            case _:
                raise errors.bad_query(f"The method '{name}' does not exist.")
        return None

    def _thing(self, number: str) -> Thing:
        if number not in self.known:
            self.known[number] = self._found(self._path(number))
        return self.known[number]

    def _path(self, number: str) -> Element:
        for section in children(self.root):
            if name_of(section) == "ObjectPaths":
                for one in children(section):
                    if one.get("Id") == number:
                        return one
        raise errors.bad_query(f"The object path {number} does not exist.")

    def _found(self, path: Element) -> Thing:
        name = path.get("Name", "")
        match name_of(path):
            case "StaticProperty" if path.get("TypeId") == _CONTEXT and name == "Current":
                return ROOT_ENTITY
            case "StaticMethod" if (path.get("TypeId"), name) == _TAXONOMY:
                return Session()
            case "Constructor" if path.get("TypeId") == MATCH_TYPE:
                return LabelMatch()
            case "Identity":
                return self._by_identity(name)
            case "Property":
                return self._property(self._thing(path.get("ParentId", "")), name)
            case "Method":
                return self._gives(self._thing(path.get("ParentId", "")), name, path)
        raise errors.bad_query("The object path is not valid.")

    def _property(self, of: Thing, name: str) -> Thing:
        if isinstance(of, TERM_THINGS):
            return linked(self.call, of, name)
        if isinstance(of, Entity):
            if of.kind is REGIONAL and name == "TimeZones":
                return Zones()
            link = lookup(of.kind.links, name)
            target = link[1](self.call, of.thing, name) if link else None
            if isinstance(target, Entity) and name in _BAGS:
                return Bag(of, target)
            if isinstance(target, Entity | Collection):
                return target
        raise errors.bad_query(f"The property '{name}' does not exist.")

    def _gives(self, of: Thing, name: str, path: Element) -> Thing:
        given = tuple(self._given(path))
        if isinstance(of, Zones) and name == "GetById":
            return Zone(Args(args=given).number("id", 0))
        if isinstance(of, TERM_THINGS):
            return gives(self.call, of, name, given)
        if isinstance(of, Entity) and of.kind is MANAGER and name in _OF_PARTS:
            return place_web_part(self.call, of, name, given)
        methods = of.methods if isinstance(of, Collection) else {}
        if isinstance(of, Entity):
            methods = of.kind.methods
        method = methods.get(name.casefold())
        if method is None or method.is_post or not isinstance(of, Entity | Collection):
            raise errors.bad_query(f"The method '{name}' does not exist.")
        self.call.need(method.needs)
        thing = of if isinstance(of, Collection) else of.thing
        found = method.run(self.call, thing, Args(args=given, path=of.path))
        if not isinstance(found, Entity | Collection):
            raise errors.bad_query(f"The method '{name}' gives no object.")
        return found

    def _by_identity(self, name: str) -> Thing:
        """Find what an identity names: ``…:site:GUID:web:GUID:folder:GUID``."""
        parts = name.casefold().split(":")
        said = dict(zip(parts[1::2], parts[2::2], strict=False))
        web = next((one for one in self.call.collection.webs() if one.id == said.get("web")), None)
        if web is None or said.get("site") != self.call.collection.id:
            raise errors.not_found()
        if "folder" in said:
            held = {of.root_unique_id: of for of in web.lists.values()}
            of = held.get(said["folder"])
            if of is None:
                raise errors.not_found()
            return self._property(_list(self, of.id), "RootFolder")
        here = self._property(ROOT_ENTITY, "Web")
        assert isinstance(here, Entity)
        return Entity(here.kind, web, here.path)

    def _given(self, one: Element) -> list[Any]:
        rows = [row for row in one.iter() if name_of(row) == "Parameter"]
        return [self._value(row) for row in rows]

    def _value(self, row: Element) -> Any:  # noqa: ANN401 - whatever can be sent
        path = row.get("ObjectPathId")
        if path:
            return self._thing(path)
        text = "".join(map(str, row.itertext()))
        match row.get("Type"):
            case "String" | "Guid":
                return text
            case "Boolean":
                return text.casefold() in {"true", "1"}
            case "Int16" | "Int32" | "UInt32" | "Number" | "Enum":
                return whole(text)
            case "Null":
                return None
        raise errors.bad_query("The type of a parameter is not known.")

    def _update(self, number: str, of: Entity) -> None:
        self.call.need(of.kind.needs)
        changes = self.pending.pop(number, {})
        for key, thing in list(self.known.items()):
            if isinstance(thing, Bag) and thing.owner is of and key in self.pending:
                fill(self.call, of.thing, self.pending.pop(key))
        update(self.call, of, changes)

    def _query(self, number: str, thing: Thing) -> object:
        head: dict[str, object] = {"_ObjectIdentity_": _identity(number)}
        if isinstance(thing, Bag):
            bag = {"_ObjectType_": "SP.PropertyValues", **head}
            return {**bag, **held(thing.owner.thing)}
        if isinstance(thing, Entity):
            kind = {"_ObjectType_": thing.kind.name, **head}
            values = {key: one(self.call, thing.thing) for key, one in thing.kind.values.items()}
            if thing.kind is DEFINITION:
                values["Id"] = f"/Guid({values['Id']})/"
            return {**kind, **{key: scalar(value) for key, value in values.items()}}
        raise errors.bad_query("The object cannot be read.")


def _list(running: _Running, list_id: str) -> Entity:
    lists = running._property(running._property(ROOT_ENTITY, "Web"), "Lists")  # noqa: SLF001
    assert isinstance(lists, Collection)
    assert lists.find is not None
    return lists.entity(lists.find(list_id))


def _asks(one: Element) -> bool:
    return name_of(one) in {"Query", "ObjectIdentityQuery"}


def _identity(number: str) -> str:
    return f"00000000-0000-0000-0000-000000000000|path:{number}"
