"""How an application proves itself at the token endpoint: by nothing, a secret, or a certificate.

Source:
    https://learn.microsoft.com/entra/identity-platform/certificate-credentials
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import unquote

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from strongroom.lab.entra import jwt
from strongroom.lab.entra.directory import Directory
from strongroom.lab.entra.errors import Refused
from strongroom.lab.entra.minting import CERTIFICATE, PUBLIC, SECRET
from strongroom.lab.entra.words import Application, ClientCertificate

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

_SKEW_S = 300
_TIME_MAX = 1 << 32  # what a hostile client writes must still be a date


def client_id(form: Mapping[str, str], headers: Mapping[str, str]) -> str:
    """Say who the client says it is.

    Raises:
        Refused: 90014, it does not say.
    """
    named = form.get("client_id") or _basic(headers)[0]
    if not named:
        raise Refused(90014, field="client_id")
    return named


def prove(
    directory: Directory,
    application: Application,
    form: Mapping[str, str],
    headers: Mapping[str, str],
    audiences: frozenset[str],
) -> str:
    """Check the application's proof and say its kind: ``appidacr``.

    Args:
        directory: Its clock, habits and the assertions seen before.
        application: Who the client says it is.
        form: The request.
        headers: Of the request, names in lower case.
        audiences: What an assertion may be made out to.

    Raises:
        Refused: the proof is wrong or too old.
    """
    assertion = form.get("client_assertion", "")
    secret = form.get("client_secret") or _basic(headers)[1]
    if assertion:
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            raise Refused(90014, field="client_assertion_type")
        _check_assertion(directory, application, assertion, audiences)
        return CERTIFICATE
    if secret:
        _check_secret(application, secret, directory.clock.now())
        return SECRET
    return PUBLIC


def _check_secret(application: Application, secret: str, now: datetime) -> None:
    given = secret.encode()
    matching = [
        one for one in application.secrets if hmac.compare_digest(one.value.encode(), given)
    ]
    if not matching:
        raise Refused(7000215, app=application.app_id)
    if all(one.ends_at <= now for one in matching):
        raise Refused(7000222, app=application.app_id)


def _check_assertion(
    directory: Directory, application: Application, text: str, audiences: frozenset[str]
) -> None:
    try:
        token = jwt.read(text)
    except jwt.NotAToken as error:
        raise Refused(50012, why="The assertion is malformed.") from error
    certificate = _find_certificate(application, token)
    key = certificate.certificate.public_key()
    if not isinstance(key, RSAPublicKey) or not token.is_signed_by(key):
        raise Refused(50012, why="The signature does not match the certificate.")
    now = directory.clock.now()
    if certificate.certificate.not_valid_after_utc <= now:
        raise Refused(7000233, app=application.app_id)
    claims = token.claims
    if claims.get("iss") != application.app_id or claims.get("sub") != application.app_id:
        raise Refused(50012, why="Issuer and subject must be the application.")
    if claims.get("aud") not in audiences:
        raise Refused(700023)
    _check_times(claims, now)
    jti = claims.get("jti")
    if not isinstance(jti, str) or not jti:
        raise Refused(50012, why="The assertion has no jti.")
    if directory.habits.refuses_replay and jti in directory.seen_assertions:
        raise Refused(50012, why="The assertion was used before.")
    directory.seen_assertions.add(jti)


def _find_certificate(application: Application, token: jwt.Token) -> ClientCertificate:
    # MSAL writes x5t with padding, the standard without; both are accepted, as at Microsoft's.
    wanted = {name: _thumbprint(token.header.get(name)) for name in ("x5t", "x5t#S256")}
    for one in application.certificates:
        if one.sha256 == wanted["x5t#S256"] or one.sha1 == wanted["x5t"]:
            return one
    shown = (wanted["x5t#S256"] or wanted["x5t"] or b"").hex().upper()
    raise Refused(700027, thumbprint=shown, app=application.app_id)


def _thumbprint(value: object) -> bytes | None:
    if not isinstance(value, str):
        return None
    try:
        return jwt.decode(value)
    except (binascii.Error, ValueError):
        return None


def _check_times(claims: Mapping[str, object], now: datetime) -> None:
    begins, ends = claims.get("nbf", claims.get("iat", 0)), claims.get("exp")
    if not isinstance(ends, int | float) or not isinstance(begins, int | float):
        raise Refused(50012, why="The assertion has no times.")
    moment = now.timestamp()
    begins, ends = (min(max(value, 0), _TIME_MAX) for value in (begins, ends))
    if not begins - _SKEW_S <= moment < ends + _SKEW_S:
        shown = {
            name: f"{datetime.fromtimestamp(value, tz=UTC):%Y-%m-%dT%H:%M:%S.0000000Z}"
            for name, value in (("now", moment), ("begins", begins), ("ends", ends))
        }
        raise Refused(700024, **shown)


def _basic(headers: Mapping[str, str]) -> tuple[str, str]:
    scheme, _, encoded = headers.get("authorization", "").partition(" ")
    if scheme.casefold() != "basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return unquote(user), unquote(password)
