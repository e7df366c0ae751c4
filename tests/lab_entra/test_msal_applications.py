"""MSAL signs applications in by secret and certificate; what is wrong is refused by its number."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from strongroom.lab.entra import well_known
from strongroom.lab.entra.clients import ASSERTION_TYPE
from strongroom.lab.entra.directory import Directory
from strongroom.lab.entra.face import EntraFace
from strongroom.lab.entra.jwt import encode
from strongroom.lab.entra.tenant import Tenant
from strongroom.lab.entra.words import Application
from tests.fakes.hand_clock import HandClock
from tests.lab_entra.certificates import KeyPair, make_key_pair
from tests.lab_entra.conftest import Token

EWS = "https://outlook.office365.com/.default"
Make = Callable[[object], Any]


def test_a_secret_brings_a_token_with_the_granted_roles(
    confidential: Make, app: Application, tenant: Tenant, entra: EntraFace
) -> None:
    tenant.add_secret(app, "s3cret")
    tenant.grant(app.app_id, well_known.EXCHANGE, "full_access_as_app")
    result = confidential("s3cret").acquire_token_for_client([EWS])
    claims = entra.verifier.verify(result["access_token"], "https://outlook.office365.com")
    assert claims is not None
    assert claims.is_application
    assert (claims.roles, claims.proof) == (frozenset({"full_access_as_app"}), "1")
    assert "refresh_token" not in result


@pytest.mark.parametrize("way", ["modern", "old"])
def test_a_certificate_signs_in_with_either_thumbprint(
    way: str,
    confidential: Make,
    app: Application,
    tenant: Tenant,
    entra: EntraFace,
    key_pair: KeyPair,
) -> None:
    tenant.add_certificate(app, key_pair.certificate)
    client = confidential(getattr(key_pair, way))
    result = client.acquire_token_for_client([EWS])
    claims = entra.verifier.verify(result["access_token"], well_known.EXCHANGE)
    assert claims is not None
    assert claims.proof == "2"
    # MSAL sends the same assertion again for the next resource.
    graph = client.acquire_token_for_client(["https://graph.microsoft.com/.default"])
    assert "access_token" in graph


def test_a_rotated_certificate_is_unknown_until_the_new_one_is_used(
    confidential: Make, app: Application, tenant: Tenant, key_pair: KeyPair, other_pair: KeyPair
) -> None:
    old = tenant.add_certificate(app, key_pair.certificate)
    client = confidential(key_pair.modern)
    assert "access_token" in client.acquire_token_for_client([EWS])
    tenant.add_certificate(app, other_pair.certificate)
    app.certificates.remove(old)
    refused = client.acquire_token_for_client(["https://graph.microsoft.com/.default"])
    assert (refused["error"], refused["error_codes"]) == ("invalid_client", [700027])
    assert old.sha256.hex().upper() in refused["error_description"]
    assert "access_token" in confidential(other_pair.modern).acquire_token_for_client([EWS])


def test_secrets_are_refused_when_wrong_and_when_expired(
    confidential: Make, app: Application, tenant: Tenant
) -> None:
    tenant.add_secret(app, "s3cret")
    wrong = confidential("other").acquire_token_for_client([EWS])
    assert (wrong["error"], wrong["error_codes"]) == ("invalid_client", [7000215])
    tenant.expire_secrets(app)
    late = confidential("s3cret").acquire_token_for_client([EWS])
    assert (late["error"], late["error_codes"]) == ("invalid_client", [7000222])
    assert "s3cret" not in str(late)


def test_an_expired_certificate_is_refused(
    confidential: Make, app: Application, tenant: Tenant, clock: HandClock
) -> None:
    short = make_key_pair("short", days=0.001)
    tenant.add_certificate(app, short.certificate)
    clock.move(minutes=4)
    refused = confidential(short.modern).acquire_token_for_client([EWS])
    assert refused["error_codes"] == [7000233]


def _assertion(app: Application, pair: KeyPair, audience: str, **changes: object) -> str:
    header = {"x5t#S256": encode(pair.certificate.fingerprint(hashes.SHA256()))}
    claims: dict[str, Any] = {
        "aud": audience,
        "iss": app.app_id,
        "sub": app.app_id,
        "jti": str(uuid.uuid4()),
        **changes,
    }
    return jwt.encode(claims, pair.key, algorithm="PS256", headers=header)


@dataclass(frozen=True, slots=True)
class Forge:
    """Makes assertions that are right but for one thing."""

    app: Application
    audience: str
    now: int
    pair: KeyPair
    other: KeyPair

    def make(self, change: str) -> str:
        wrong: Mapping[str, Mapping[str, object]] = {
            "expired": {"exp": self.now - 400},
            "far future": {"iat": 1e300, "exp": 1e301},
            "no jti": {"jti": ""},
            "other subject": {"sub": "somebody"},
            "audience": {"aud": "https://login.elsewhere.example/token"},
        }
        times = {"iat": self.now, "exp": self.now + 600}
        signed = _assertion(
            self.app, self.pair, self.audience, **{**times, **wrong.get(change, {})}
        )
        head, body, _ = signed.split(".")
        if change == "other key":
            signature = self.other.key.sign(f"{head}.{body}".encode(), *_pss())
            return f"{head}.{body}.{encode(signature)}"
        if change == "unsigned":
            thumbprint = encode(self.pair.certificate.fingerprint(hashes.SHA256()))
            head = encode(f'{{"alg":"none","x5t#S256":"{thumbprint}"}}'.encode())
            return f"{head}.{body}."
        return signed


@pytest.fixture
def forge(
    app: Application,
    tenant: Tenant,
    entra: EntraFace,
    key_pair: KeyPair,
    other_pair: KeyPair,
    clock: HandClock,
) -> Forge:
    tenant.add_certificate(app, key_pair.certificate)
    audience = f"{entra.authority(tenant)}/oauth2/v2.0/token"
    return Forge(app, audience, int(clock.now().timestamp()), key_pair, other_pair)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("none", 0),
        ("audience", 700023),
        ("expired", 700024),
        ("far future", 700024),
        ("other key", 50012),
        ("no jti", 50012),
        ("other subject", 50012),
        ("unsigned", 50012),
    ],
)
def test_an_assertion_must_be_right_in_every_part(
    change: str, code: int, token: Token, forge: Forge
) -> None:
    answer = token(**_form(forge, forge.make(change)))
    assert answer.get("error_codes", [0]) == [code]
    assert answer["status"] == (401 if code else 200)


def test_an_assertion_sent_twice_is_refused_where_replay_is(
    token: Token, forge: Forge, directory: Directory
) -> None:
    form = _form(forge, forge.make("none"))
    assert [token(**form)["status"] for _ in range(2)] == [200, 200]
    directory.habits.refuses_replay = True
    assert token(**form)["error_codes"] == [50012]


def _form(forge: Forge, signed: str) -> dict[str, str]:
    return {
        "grant_type": "client_credentials",
        "client_id": forge.app.app_id,
        "scope": EWS,
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": signed,
    }


def _pss() -> tuple[Any, Any]:
    return padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256()


def test_an_application_is_unknown_elsewhere_and_until_it_was_replicated(
    token: Token, app: Application, tenant: Tenant, directory: Directory, clock: HandClock
) -> None:
    other = directory.add_tenant("Other", "other.onmicrosoft.example", "other.example")
    tenant.add_secret(app, "s3cret")
    form = {"grant_type": "client_credentials", "client_id": app.app_id, "scope": EWS}
    form["client_secret"] = "s3cret"
    assert token(at=other.id, **form)["error_codes"] == [700016]
    directory.habits.replication_s = 20
    assert token(**form)["error_codes"] == [700016]
    clock.move(seconds=21)
    assert token(**form)["status"] == 200


def test_a_revoked_permission_is_missing_from_the_next_token(
    token: Token, app: Application, tenant: Tenant, entra: EntraFace
) -> None:
    tenant.add_secret(app, "s3cret")
    tenant.grant(app.app_id, well_known.EXCHANGE, "full_access_as_app")
    tenant.revoke_consent(app.app_id)
    form = {"grant_type": "client_credentials", "client_id": app.app_id, "scope": EWS}
    answer = token(client_secret="s3cret", **form)
    claims = entra.verifier.verify(answer["access_token"], well_known.EXCHANGE)
    assert claims is not None
    assert claims.roles == frozenset()


def test_a_token_for_one_api_does_not_open_another_nor_when_it_is_old_or_changed(
    token: Token, app: Application, tenant: Tenant, entra: EntraFace, clock: HandClock
) -> None:
    tenant.add_secret(app, "s3cret")
    form = {"grant_type": "client_credentials", "client_id": app.app_id}
    verifier = entra.verifier
    good = token(client_secret="s3cret", scope=EWS, **form)["access_token"]
    assert verifier.verify(good, well_known.GRAPH) is None
    head, body, signature = good.split(".")
    assert verifier.verify(f"{head}.{body[:-4]}AAAA.{signature}", well_known.EXCHANGE) is None
    assert verifier.verify(good, well_known.EXCHANGE) is not None
    clock.move(hours=2)
    assert verifier.verify(good, well_known.EXCHANGE) is None
    site = f"https://{tenant.sharepoint_host}"
    sharepoint = token(client_secret="s3cret", scope=f"{site}/.default", **form)["access_token"]
    assert verifier.verify(sharepoint, site) is not None
    assert verifier.verify(sharepoint, site.replace(".", "-admin.", 1)) is None
