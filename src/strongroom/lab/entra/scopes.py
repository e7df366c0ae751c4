"""What a client asks for in ``scope``: one resource, rights on it, and OpenID's own words."""

from __future__ import annotations

from dataclasses import dataclass

from strongroom.lab.entra import well_known
from strongroom.lab.entra.directory import Directory
from strongroom.lab.entra.errors import Refused
from strongroom.lab.entra.tenant import Tenant

_DEFAULT = ".default"
_GRAPH = "https://graph.microsoft.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A scope, read.

    Attributes:
        resource: App id of the API; Graph where the scope names only OpenID's words.
        audience: What the token will be made out to, as the client wrote it.
        names: Delegated permissions by their proper names; empty for ``.default``.
        open_id: OpenID's words, in the order they came.
        echo: The scopes of the answer, written as the client wrote them: MSAL keeps a token under
            them and looks it up by what it asked for.
    """

    resource: str
    audience: str
    names: tuple[str, ...]
    is_default: bool
    open_id: tuple[str, ...]
    echo: tuple[str, ...]


def read_scope(text: str, directory: Directory, tenant: Tenant | None, *, app_name: str) -> Wanted:
    """Read a scope.

    Raises:
        Refused: 70011, it is empty or malformed; 28000, two resources; 500011, no such resource;
            650053, the resource offers no such right.
    """
    words = list(dict.fromkeys(text.split()))
    if not words:
        raise Refused(70011, scope=text)
    open_id = tuple(word for word in words if word.casefold() in well_known.OIDC_SCOPES)
    others = [word for word in words if word not in open_id]
    parts = [word.rpartition("/") if "/" in word else (_GRAPH, "", word) for word in others]
    audiences = list(dict.fromkeys(audience.rstrip("/") for audience, _, _ in parts)) or [_GRAPH]
    resources = {directory.resource_of(audience, tenant) for audience in audiences}
    if len(resources) > 1:
        raise Refused(28000, scope=text)
    resource = resources.pop()
    if resource is None:
        where = tenant.name if tenant else "organizations"
        raise Refused(500011, resource=audiences[0], tenant=where)
    api = well_known.RESOURCES[resource]
    is_default = any(name.casefold() == _DEFAULT for _, _, name in parts)
    names = []
    for _, _, name in parts:
        if name.casefold() == _DEFAULT:
            continue
        right = api.scope(name)
        if right is None or is_default:
            raise Refused(650053, name=app_name, scope=name, resource=api.app_id)
        names.append(right.value)
    return Wanted(
        resource=resource,
        audience=audiences[0],
        names=tuple(names),
        is_default=is_default,
        open_id=open_id,
        echo=tuple(others),
    )
