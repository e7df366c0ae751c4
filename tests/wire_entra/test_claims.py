"""What can be read in a token, and that nothing is believed of one that cannot be read."""

from __future__ import annotations

import base64

import orjson
import pytest

from strongroom.lab.entra.tenant import Tenant
from strongroom.lab.entra.words import Application
from strongroom.wire.entra.app_only import SecretProof
from strongroom.wire.entra.claims import TokenClaims, claims_in
from tests.wire_entra.conftest import EWS, MakeAppOnly

EXCHANGE = "00000002-0000-0ff1-ce00-000000000000"


def _token(payload: object) -> str:
    body = base64.urlsafe_b64encode(orjson.dumps(payload)).decode().rstrip("=")
    return f"e30.{body}.c2ln"


def test_an_applications_token_names_its_tenant_its_roles_and_no_person(
    app_only: MakeAppOnly, app: Application, tenant: Tenant
) -> None:
    tenant.add_secret(app, "shared")
    tenant.grant(app.app_id, EXCHANGE, "full_access_as_app")
    found = claims_in(app_only(SecretProof(secret="shared")).tokens(EWS).token())
    principal = tenant.principal(app.app_id)
    assert principal is not None
    assert found == TokenClaims(
        tenant=tenant.id,
        application=app.app_id,
        principal=principal.id,
        roles=frozenset({"full_access_as_app"}),
        is_readable=True,
    )


def test_a_persons_token_names_the_person_and_the_scopes() -> None:
    found = claims_in(_token({"upn": "ann@lab.example", "scp": "User.Read Mail.Read", "azp": "a"}))
    assert (found.user, found.application) == ("ann@lab.example", "a")
    assert found.scopes == {"User.Read", "Mail.Read"}
    assert found.roles == frozenset()


@pytest.mark.parametrize(
    "token", ["", "opaque", "a.b", "a.b.c", "e30.bm9wZQ.c", _token([]), "x" * 5000, "e30.\u00e9.x"]
)
def test_of_a_token_that_cannot_be_read_nothing_is_known(token: str) -> None:
    assert claims_in(token) == TokenClaims()


def test_claims_of_another_shape_are_no_claims() -> None:
    found = claims_in(_token({"roles": "all", "scp": ["x"], "tid": 7, "upn": None}))
    assert found == TokenClaims(is_readable=True)
