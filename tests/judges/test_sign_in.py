"""Clients that others wrote, signing in to the lab by NTLM and by token."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from exchangelib import (
    DELEGATE,
    IMPERSONATION,
    NTLM,
    OAUTH2,
    Account,
    Configuration,
    Credentials,
    OAuth2AuthorizationCodeCredentials,
)
from exchangelib.errors import UnauthorizedError
from oauthlib.oauth2 import OAuth2Token  # type: ignore[import-untyped]

from strongroom.lab.quirks import Quirks
from strongroom.lab.sign_in.bearer import BearerScheme
from tests.fakes.marked import secret_file
from tests.judges.conftest import SERVER, Judge
from tests.lab.test_sign_in_schemes import Good
from tests.lab.test_sign_in_schemes import Judge as TokenJudge


def _account(judge: Judge, address: str, access: str, **how: object) -> Account:
    config = Configuration(
        service_endpoint=judge.lab.ews_url, version=SERVER, max_connections=1, **how
    )
    return Account(address, config=config, access_type=access, autodiscover=False, locale="en")


@pytest.mark.parametrize("is_protected", [True, False])
@pytest.mark.parametrize("form", ["{address}", "LAB\\{name}"])
def test_exchangelib_signs_in_by_ntlm(
    judge: Judge,
    is_protected: bool,  # noqa: FBT001 - a parameter of the table
    form: str,
) -> None:
    judge.lab.server.exchange.quirks = Quirks(
        sign_in_schemes=("NTLM",), extended_protection=is_protected
    )
    address = judge.lab.cast.users[0].address
    user = form.format(address=address, name=address.partition("@")[0])
    credentials = Credentials(user, judge.lab.password(address))
    account = _account(judge, address, DELEGATE, credentials=credentials, auth_type=NTLM)
    assert account.inbox.total_count > 0


def test_exchangelib_is_refused_with_a_wrong_password(judge: Judge) -> None:
    judge.lab.server.exchange.quirks = Quirks(sign_in_schemes=("NTLM",))
    address = judge.lab.cast.users[0].address
    credentials = Credentials(address, "wrong")
    with pytest.raises(UnauthorizedError):
        _ = _account(
            judge, address, DELEGATE, credentials=credentials, auth_type=NTLM
        ).inbox.total_count


@pytest.mark.parametrize("access", [DELEGATE, IMPERSONATION])
def test_exchangelib_signs_in_with_a_token(judge: Judge, access: str) -> None:
    lab = judge.lab
    address = lab.cast.users[0].address
    good = (
        Good(upn=address, scopes=frozenset({"EWS.AccessAsUser.All"}))
        if access == DELEGATE
        else Good(roles=frozenset({"full_access_as_app"}))
    )
    tokens = TokenJudge({"t0ken": good})
    scheme = BearerScheme(lab.estate, tokens, audience=lab.url, authority=lab.url)
    lab.server.exchange.door.add(scheme)
    lab.server.exchange.quirks = Quirks(sign_in_schemes=("Bearer",))
    token = OAuth2Token({"access_token": "t0ken", "token_type": "Bearer", "expires_in": 3600})
    credentials = OAuth2AuthorizationCodeCredentials(access_token=token)
    account = _account(judge, address, access, credentials=credentials, auth_type=OAUTH2)
    assert account.inbox.total_count > 0
    assert set(tokens.audiences) == {lab.url}


@pytest.mark.skipif(
    shutil.which("curl") is None, reason="curl is not here: what it judges is NOT SHOWN"
)
@pytest.mark.parametrize("password", ["right", "wrong"])
def test_curl_signs_in_by_ntlm(start: Callable[..., Judge], tmp_path: Path, password: str) -> None:
    lab = start().lab
    # The curl of many systems binds nothing, which Extended Protection would refuse.
    lab.server.exchange.quirks = Quirks(sign_in_schemes=("NTLM",), extended_protection=False)
    address = lab.cast.users[0].address
    (tmp_path / "ca.pem").write_bytes(lab.ca_pem)
    secret = lab.password(address) if password == "right" else "wrong"
    user = f'user = "LAB\\\\{address.partition("@")[0]}:{secret}"\n'
    config = secret_file(tmp_path / "curl.conf", user)
    told = subprocess.run(
        [
            "curl", "-q", "--config", config, "--silent", "--ntlm", "--noproxy", "*",
            "--cacert", tmp_path / "ca.pem", "--output", tmp_path / "answer",
            "--write-out", "%{http_code} %{num_connects}", lab.ews_url,
        ],
        check=True, capture_output=True, text=True, timeout=60,
    ).stdout  # fmt: skip
    # GET is let in and then told that only POST is served.
    assert told == ("405 1" if password == "right" else "401 1")
