"""Graph's own schema as a judge: every property of an answer must be one of its type's."""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lxml import etree

_EDM = "{http://docs.oasis-open.org/odata/ns/edm}"

# What the context of an answer says it holds. OData derives this from the path; here it is a table.
_KINDS = (
    (r"users\('.*'\)/settings/exchange", "exchangeSettings"),
    (r"users\('.*'\)/mailFolders", "mailFolder"),
    (r"users\('.*'\)/mailboxSettings", "mailboxSettings"),
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
    (r"admin/exchange/mailboxes\('.*'\)/folders\('.*'\)/items", "mailboxItem"),
    (r"admin/exchange/mailboxes\('.*'\)/folders", "mailboxFolder"),
    (r"Collection\(microsoft\.graph\.(\w+)\)", ""),
    (r"microsoft\.graph\.(\w+)", ""),
)


class Csdl:
    """The types of Graph, and what each may hold."""

    def __init__(self, path: Path) -> None:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
        root = etree.fromstring(gzip.decompress(path.read_bytes()), parser)
        self._types: dict[str, Any] = {}
        for schema in root.iter(f"{_EDM}Schema"):
            for kind in ("EntityType", "ComplexType"):
                for one in schema.iterfind(f"{_EDM}{kind}"):
                    self._types.setdefault(one.get("Name", ""), one)
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
            if key.startswith("@odata."):
                continue
            assert key in properties, f"{name} has no property {key}"
            is_collection, inner = properties[key]
            if value is None:
                continue
            assert isinstance(value, list) == is_collection, f"{name}.{key}"
            for one in value if is_collection else [value]:
                if isinstance(one, Mapping):
                    self._check(inner, one)
                else:
                    assert inner not in self._types, f"{name}.{key} should be a {inner}"

    def _properties(self, name: str) -> dict[str, tuple[bool, str]]:
        found: dict[str, tuple[bool, str]] = {}
        while name:
            one = self._types[name]
            for child in one:
                if child.tag == f"{_EDM}Property":
                    kind = child.get("Type", "")
                    inner = kind.removeprefix("Collection(").rstrip(")")
                    found[child.get("Name", "")] = (
                        kind.startswith("Collection("),
                        inner.rpartition(".")[2] if inner.startswith("graph.") else inner,
                    )
            name = one.get("BaseType", "").rpartition(".")[2]
        return found
