"""A client of Graph: sends JSON with a bearer token, and remembers every answer for the schema."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import urllib3

from strongroom.lab.entra.minting import Asked, Mint
from strongroom.lab.entra.scopes import read_scope
from strongroom.lab.entra.sessions import Session
from strongroom.lab.entra.tenant import Tenant
from strongroom.lab.entra.words import Application, User
from strongroom.lab.graph.face import GraphFace
from tests.lab_entra.csdl import Csdl

GRAPH = "https://graph.microsoft.com/"


@dataclass(slots=True)
class GraphClient:
    """Asks in the name of a person or an application; every answer is held against the CSDL."""

    face: GraphFace
    tenant: Tenant
    pool: urllib3.PoolManager
    csdl: Csdl
    token: str = field(default="", repr=False)

    def as_person(self, user: User, app: Application, *scopes: str) -> GraphClient:
        principal = self.tenant.principal(app.app_id)
        assert principal is not None
        resource = "00000003-0000-0000-c000-000000000000"
        self.tenant.scope_grants.clear()
        self.tenant.consent(principal, resource, scopes, user=user)
        session = Session(
            tenant=self.tenant,
            user=user,
            app_id=app.app_id,
            flow="code",
            has_factor=True,
            contexts=frozenset(),
            started_at=self.face.directory.clock.now(),
        )
        wanted = read_scope(f"{GRAPH}.default", self.face.directory, self.tenant, app_name="")
        answer = self._mint().for_user(session, app, wanted, Asked(proof="0"))
        return self._with(answer)

    def as_application(self, app: Application) -> GraphClient:
        principal = self.tenant.principal(app.app_id)
        assert principal is not None
        wanted = read_scope(f"{GRAPH}.default", self.face.directory, self.tenant, app_name="")
        asked = Asked(proof="2")
        return self._with(self._mint().for_application(self.tenant, app, principal, wanted, asked))

    def get(self, path: str, **query: str) -> tuple[int, Any]:
        return self._ask("GET", path, None, query)

    def post(self, path: str, body: object) -> tuple[int, Any]:
        return self._ask("POST", path, body, {})

    def patch(self, path: str, body: object) -> tuple[int, Any]:
        return self._ask("PATCH", path, body, {})

    def delete(self, path: str) -> tuple[int, Any]:
        return self._ask("DELETE", path, None, {})

    def _ask(self, method: str, path: str, body: object, query: dict[str, str]) -> tuple[int, Any]:
        options = {f"${name}": value for name, value in query.items()}
        url = f"{self.face.url}/v1.0/{path}"
        headers = {"Authorization": f"Bearer {self.token}"}
        if body is not None:
            answer = self.pool.request(method, url, json=body, headers=headers)
        else:
            answer = self.pool.request(method, url, fields=options or None, headers=headers)
        found = answer.json() if answer.data else None
        if answer.status < 300 and found is not None:
            self.csdl.check(found)
        return answer.status, found

    def _mint(self) -> Mint:
        return Mint(self.face.directory, "https://localhost/entra")

    def _with(self, answer: dict[str, object]) -> GraphClient:
        token = str(answer["access_token"])
        return GraphClient(self.face, self.tenant, self.pool, self.csdl, token)
