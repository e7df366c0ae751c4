"""An application signs in by itself, and is told in plain words when it may not."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from strongroom.errors import AccessDenied, OperatorError, TransientError
from strongroom.lab.entra import well_known
from strongroom.lab.entra.directory import Directory
from strongroom.lab.entra.face import EntraFace
from strongroom.lab.entra.tenant import Tenant
from strongroom.lab.entra.words import Application
from strongroom.wire.entra.app_only import AppOnly, CertificateProof, SecretProof
from strongroom.wire.entra.place import Place
from strongroom.wire.sign_in import BearerSignIn
from tests.fakes.hand_clock import HandClock
from tests.lab_entra.certificates import KeyPair
from tests.wire_entra.conftest import EWS, MakeAppOnly, certificate_of

SECRET = "s3cret-canary"


def test_a_certificate_and_a_secret_bring_a_token_for_the_rights_that_were_granted(
    app_only: MakeAppOnly,
    app: Application,
    tenant: Tenant,
    entra: EntraFace,
    key_pair: KeyPair,
) -> None:
    tenant.grant(app.app_id, well_known.EXCHANGE, "full_access_as_app")
    tenant.add_certificate(app, key_pair.certificate)
    tenant.add_secret(app, SECRET)
    for proof in (certificate_of(key_pair), SecretProof(secret=SECRET)):
        claims = entra.verifier.verify(app_only(proof).tokens(EWS).token(), well_known.EXCHANGE)
        assert claims is not None
        assert claims.roles == frozenset({"full_access_as_app"})


def test_a_token_is_asked_for_once_and_again_before_it_ends(
    app_only: MakeAppOnly, app: Application, tenant: Tenant, directory: Directory, clock: HandClock
) -> None:
    tenant.add_secret(app, SECRET)
    tokens = app_only(SecretProof(secret=SECRET)).tokens(EWS)
    first = tokens.token()
    clock.move(minutes=30)
    assert tokens.token() == first
    assert len(directory.deeds) == 1
    clock.move(hours=29)
    assert tokens.token() != first
    assert len(directory.deeds) == 2


def test_an_expired_secret_is_told_with_the_step_that_mends_it(
    app_only: MakeAppOnly, app: Application, tenant: Tenant
) -> None:
    tenant.add_secret(app, SECRET)
    tenant.expire_secrets(app)
    with pytest.raises(AccessDenied, match="client secret has expired") as caught:
        app_only(SecretProof(secret=SECRET)).tokens(EWS).token()
    assert "Certificates & secrets" in caught.value.hint
    assert SECRET not in f"{caught.value!r}{caught.value}{caught.value.hint}"


def test_a_rotated_certificate_is_refused_and_the_new_one_let_in(
    app_only: MakeAppOnly, app: Application, tenant: Tenant, key_pair: KeyPair, other_pair: KeyPair
) -> None:
    tenant.add_certificate(app, other_pair.certificate)
    with pytest.raises(AccessDenied, match=r"not registered: perhaps it was rotated.*AADSTS700027"):
        app_only(certificate_of(key_pair)).tokens(EWS).token()
    assert app_only(certificate_of(other_pair)).tokens(EWS).token()


def test_an_unknown_tenant_is_named_as_such(place: Place, app: Application) -> None:
    nowhere = replace(place, authority=place.authority.rpartition("/")[0] + "/nowhere.example")
    with pytest.raises(OperatorError, match="no such tenant"):
        AppOnly(nowhere, app.app_id, SecretProof(secret=SECRET)).tokens(EWS).token()


def test_a_busy_sign_in_server_says_how_long_to_wait_and_no_valid_token_is_lost(
    app_only: MakeAppOnly, app: Application, tenant: Tenant, directory: Directory, clock: HandClock
) -> None:
    tenant.add_secret(app, SECRET)
    tokens = app_only(SecretProof(secret=SECRET)).tokens(EWS)
    directory.troubles.append(429)
    with pytest.raises(TransientError) as caught:
        tokens.token()
    assert (caught.value.retry_after_s, caught.value.is_throttle) == (7.0, True)
    clock.move(seconds=7)
    first = tokens.token()
    lasts_s = tokens._ends_s - clock.monotonic_s()
    clock.move(seconds=lasts_s - 100)
    directory.troubles.append(503)
    assert tokens.token() == first
    clock.move(seconds=200)
    directory.troubles.append(503)
    with pytest.raises(TransientError):
        tokens.token()


def _challenge(claims: str, uri: str = "https://login.elsewhere.example/authorize") -> str:
    encoded = base64.b64encode(claims.encode()).decode()
    return (
        f'Bearer realm="", authorization_uri="{uri}", error="insufficient_claims",'
        f' claims="{encoded}"'
    )


def test_a_refused_token_is_renewed_once_and_never_in_a_loop(
    app_only: MakeAppOnly, app: Application, tenant: Tenant, directory: Directory, clock: HandClock
) -> None:
    tenant.add_secret(app, SECRET)
    tokens = app_only(SecretProof(secret=SECRET)).tokens(EWS)
    sign_in = BearerSignIn("keeper", tokens.token, renew=tokens.renew)
    before = sign_in.headers()
    assert not sign_in.refused(["Bearer"])
    clock.move(seconds=61)
    assert sign_in.refused(["Bearer"])
    assert sign_in.headers() != before
    challenge = _challenge('{"access_token":{"nbf":{"essential":true,"value":"1"}}}')
    assert sign_in.refused([challenge])
    asked = len(directory.deeds)
    assert not sign_in.refused([challenge])
    assert len(directory.deeds) == asked


@pytest.mark.parametrize("part", ["certificate", "key", "mixed", "nothing"])
def test_half_a_certificate_is_refused_without_repeating_it(
    part: str, app_only: MakeAppOnly, key_pair: KeyPair, other_pair: KeyPair
) -> None:
    mine, other = key_pair.modern, other_pair.modern
    pem = {
        "certificate": mine["public_certificate"],
        "key": mine["private_key"],
        "mixed": mine["public_certificate"] + other["private_key"],
        "nothing": "MIIcanary",
    }[part]
    proof = CertificateProof(pem=pem)
    assert "MII" not in repr(proof)
    with pytest.raises(OperatorError, match="cannot be used") as caught:
        app_only(proof).tokens(EWS).token()
    assert "MII" not in f"{caught.value}{caught.value.__cause__}"
