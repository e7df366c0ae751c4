"""Graph's own schema as a judge: every property of an answer must be one of its type's.

Values must be of the property's type, too; what is expanded must be a neighbour of the type.
"""

from __future__ import annotations

import base64
import gzip
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from lxml import etree

_EDM = "{http://docs.oasis-open.org/odata/ns/edm}"

_MAILBOX = r"admin/exchange/mailboxes\('[^']*'\)"

# What the context of an answer says it holds. OData derives this from the path; here it is a table.
_KINDS = (
    (r"users\('.*'\)/settings/exchange", "exchangeSettings"),
    (r"users\('.*'\)/mailFolders\('.*'\)/messageRules", "messageRule"),
    (r"users\('.*'\)/mailFolders", "mailFolder"),
    (r"users\('.*'\)/mailboxSettings", "mailboxSettings"),
    (r"users\('.*'\)/outlook/masterCategories", "outlookCategory"),
    (r"users", "user"),
    (r"organization", "organization"),
    (r"directoryObjects", "directoryRole"),
    (r"directoryRoles", "directoryRole"),
    (r"roleManagement/directory/roleAssignments", "unifiedRoleAssignment"),
    (r"applications", "application"),
    (r"servicePrincipals\('.*'\)/appRoleAssignments", "appRoleAssignment"),
    (r"servicePrincipals", "servicePrincipal"),
    (r"oauth2PermissionGrants", "oAuth2PermissionGrant"),
    (r"sites\('.*'\)/permissions", "permission"),
    (r"sites", "site"),
    (rf"{_MAILBOX}/folders\('[^']*'\)/items", "mailboxItem"),
    (rf"{_MAILBOX}/folders\('[^']*'\)/childFolders", "mailboxFolder"),
    (rf"{_MAILBOX}/folders", "mailboxFolder"),
    (r"Collection\((?:microsoft\.graph\.)?(\w+)\)", ""),
    (r"microsoft\.graph\.(\w+)", ""),
)

# Documented, and not in the schema of v1.0 that we have; each with where it is documented.
_ADDED: Mapping[str, Mapping[str, str]] = {
    # https://learn.microsoft.com/graph/api/resources/mailboxfolder, of August 2026;
    # the second in the sample of https://learn.microsoft.com/graph/api/mailbox-post-folders
    "mailboxFolder": {"wellKnownName": "Edm.String", "parentMailboxUrl": "Edm.String"},
    # https://learn.microsoft.com/graph/api/resources/exchangesettings?view=graph-rest-beta
    "exchangeSettings": {"inPlaceArchiveMailboxId": "Edm.String"},
}
_REMOVED = "@removed"
_REASONS = frozenset({"changed", "deleted"})
_INT32, _INT64 = 1 << 31, 1 << 63


def _is_whole(value: object, bound: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and -bound <= value < bound


def _is_moment(value: object) -> bool:
    return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None


def _is_base64(value: object) -> bool:
    return isinstance(value, str) and base64.b64decode(value, validate=True) is not None


_IS_OF: Mapping[str, Callable[[object], bool]] = {
    "Edm.Boolean": lambda value: isinstance(value, bool),
    "Edm.DateTimeOffset": _is_moment,
    "Edm.Guid": lambda value: isinstance(value, str) and len(value) == 36,
    "Edm.Int32": lambda value: _is_whole(value, _INT32),
    "Edm.Int64": lambda value: _is_whole(value, _INT64),
    "Edm.Stream": _is_base64,
    "Edm.String": lambda value: isinstance(value, str),
    "Edm.TimeOfDay": lambda value: isinstance(value, str) and value.count(":") == 2,
}


class Csdl:
    """The types of Graph, and what each may hold."""

    def __init__(self, path: Path) -> None:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
        root = etree.fromstring(gzip.decompress(path.read_bytes()), parser)
        self._types: dict[str, Any] = {}
        self._enums: dict[str, frozenset[str]] = {}
        for schema in root.iter(f"{_EDM}Schema"):
            for kind in ("EntityType", "ComplexType"):
                for one in schema.iterfind(f"{_EDM}{kind}"):
                    self._types.setdefault(one.get("Name", ""), one)
            for one in schema.iterfind(f"{_EDM}EnumType"):
                members = one.iterfind(f"{_EDM}Member")
                names = frozenset(member.get("Name", "") for member in members)
                self._enums.setdefault(one.get("Name", ""), names)
        self._known: dict[str, dict[str, tuple[bool, str]]] = {}
        self.checked: set[str] = set()

    def check(self, answer: Mapping[str, Any]) -> None:
        name = self._name(answer["@odata.context"])
        rows = answer.get("value", [answer])
        for row in rows:
            self._check(name, row)

    def _name(self, context: str) -> str:
        what = context.partition("$metadata#")[2].removesuffix("/$entity")
        for pattern, name in _KINDS:
            match = re.fullmatch(pattern, what)
            if match is not None:
                return name or match[1]
        raise AssertionError(f"no type is known for {what}")

    def _check(self, name: str, row: Mapping[str, Any]) -> None:
        self.checked.add(name)
        properties = self._properties(name)
        for key, value in row.items():
            if "@odata." in key:
                continue
            if key == _REMOVED:
                assert value["reason"] in _REASONS
                continue
            assert key in properties, f"{name} has no property {key}"
            is_collection, inner = properties[key]
            if value is None:
                continue
            assert isinstance(value, list) == is_collection, f"{name}.{key}"
            for one in value if is_collection else [value]:
                self._check_value(f"{name}.{key}", inner, one)

    def _check_value(self, where: str, inner: str, value: object) -> None:
        if isinstance(value, Mapping):
            assert inner in self._types, f"{where} should be a {inner}"
            self._check(inner, value)
            return
        assert inner not in self._types, f"{where} should be a {inner}"
        if inner in self._enums:
            parts = set(str(value).split(","))
            assert parts <= self._enums[inner], f"{where} cannot be {value}"
        elif inner in _IS_OF:
            assert _IS_OF[inner](value), f"{where} is no {inner}: {value!r}"

    def _properties(self, name: str) -> dict[str, tuple[bool, str]]:
        if name in self._known:
            return self._known[name]
        whole, found = name, {key: (False, kind) for key, kind in _ADDED.get(name, {}).items()}
        while name:
            one = self._types[name]
            for child in one:
                if child.tag in {f"{_EDM}Property", f"{_EDM}NavigationProperty"}:
                    kind = child.get("Type", "")
                    inner = kind.removeprefix("Collection(").rstrip(")")
                    found[child.get("Name", "")] = (
                        kind.startswith("Collection("),
                        inner.rpartition(".")[2] if inner.startswith("graph.") else inner,
                    )
            name = one.get("BaseType", "").rpartition(".")[2]
        self._known[whole] = found
        return found
