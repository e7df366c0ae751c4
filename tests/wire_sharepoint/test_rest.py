"""``_api`` asked over a server of ours that answers anything: each no named, nothing followed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from random import Random

import msgspec
import pytest

from strongroom.errors import AccessDenied, OperatorError, TransientError
from strongroom.lab.https import Request, Response
from strongroom.lab.server import LabServer
from strongroom.pace.pace import Pace
from strongroom.pace.patience import Budget
from strongroom.wire.sharepoint import CookieSignIn
from strongroom.wire.sharepoint.rest import ALWAYS, RestConnection
from strongroom.wire.sharepoint.rest_facts import facts_of
from strongroom.wire.sharepoint.rest_refusals import SiteDenied, SiteRefused
from strongroom.wire.sharepoint.search import search_sites
from strongroom.wire.sharepoint.sites import read_collection, read_web, read_whom, site_path
from strongroom.wire.sign_in import BearerSignIn, SignIn
from strongroom.wire.tls import Trust
from strongroom.wire.transport import Transport
from tests.fakes.hand_clock import HandClock
from tests.wire_autodiscover.internet import bytes_of, writings
from tests.wire_sharepoint.conftest import Stranger

TOKEN, COOKIE = "aaa.bbb-canary.ccc", "canary-cookie"
GUID = "0f0e0d0c-0b0a-4908-8706-050403020100"

Answer = Callable[[Request], Response]
Asked = Callable[[Answer, SignIn], RestConnection]


class _Any(msgspec.Struct):
    pass


@pytest.fixture
def asked(server: LabServer, clock: HandClock) -> Iterator[Asked]:
    opened: list[Transport] = []

    def ask(answer: Answer, sign_in: SignIn) -> RestConnection:
        server.pages["/sites/"] = answer
        transport = Transport(
            f"{server.url}/sites/a/_api/contextinfo",
            sign_in,
            clock=clock,
            trust=Trust(ca_pem=server.ca_pem.decode()),
            headers=ALWAYS,
        )
        opened.append(transport)
        return RestConnection(
            transport,
            clock=clock,
            pace=Pace(clock),
            random=Random(1),
            budget=Budget(wait_s=60, tries=2),
        )

    yield ask
    for one in opened:
        one.close()


def by_token() -> BearerSignIn:
    return BearerSignIn("application 1", lambda: TOKEN)


def by_cookie() -> CookieSignIn:
    return CookieSignIn("ann", lambda: {"FedAuth": COOKIE})


def _said(status: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
    named = list((headers or {}).items())
    return lambda _: Response(status=status, headers=named, body=body)


@pytest.mark.parametrize("sign_in", [by_token, by_cookie])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_told_and_never_followed_with_a_token_or_a_cookie(
    asked: Asked, stranger: Stranger, sign_in: Callable[[], SignIn], status: int
) -> None:
    for where in (f"{stranger.url}/sites/a", f"{stranger.url}/_forms/default.aspx"):
        rest = asked(_said(status, headers={"Location": where}), sign_in())
        with pytest.raises(OperatorError) as caught:
            rest.get("/sites/a/_api/web", _Any)
        assert "canary" not in f"{caught.value}{caught.value.hint}"
    assert stranger.heard == []


def test_a_challenge_that_names_another_authority_is_never_asked_for_anything(
    asked: Asked, stranger: Stranger
) -> None:
    challenge = (
        f'Bearer realm="{stranger.url}",client_id="{stranger.url}",'
        f'authorization_uri="{stranger.url}/oauth2/authorize",trusted_issuers="{stranger.url}"'
    )
    heard: list[Request] = []

    def ask(request: Request) -> Response:
        heard.append(request)
        return Response(status=401, headers=[("WWW-Authenticate", challenge)])

    for sign_in in (by_token(), by_cookie()):
        with pytest.raises(AccessDenied):
            asked(ask, sign_in).get("/sites/a/_api/web", _Any)
    assert stranger.heard == []
    assert len(heard) == 3, "once with the token, and once more with new cookies"
    # So that this can fail: here is where the token and the cookie do go.
    assert any(form in bytes_of(heard[0]) for form in writings(TOKEN))
    assert any(form in bytes_of(heard[1]) for form in writings(COOKIE))


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (_said(403), SiteDenied, "may not open"),
        (_said(403, b'{"odata.error":{"code":"-1, canary canary"}}'), SiteDenied, "may not open"),
        (
            _said(302, headers={"Location": "/_layouts/15/AccessDenied.aspx"}),
            SiteDenied,
            "may not open",
        ),
        (_said(403, headers={"X-MSDAVEXT_Error": "917656; canary"}), SiteDenied, "not taken"),
        (_said(404, b"canary"), SiteRefused, "no such site"),
        (
            _said(500, b'{"error":{"code":"-2147024860, Microsoft.SharePoint.SPQueryThrottled"}}'),
            SiteRefused,
            "SPQueryThrottled",
        ),
        (_said(400, b"<html>canary"), OperatorError, "not what SharePoint says"),
        (_said(200, b"<html>canary"), OperatorError, "not what SharePoint says"),
        (_said(200, b"[" * 100_000), OperatorError, "not what SharePoint says"),
        (_said(200, b"{" + b" " * (5 << 20)), OperatorError, "not what SharePoint says"),
        (_said(500, b"canary"), TransientError, "out of order"),
        (_said(502), TransientError, "out of order"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_every_no_is_named_and_nothing_of_it_repeated(
    asked: Asked, answer: Answer, kind: type[Exception], said: str
) -> None:
    rest = asked(answer, by_token())
    with pytest.raises(kind, match=said) as caught:
        rest.get("/sites/a/_api/web", _Any)
    assert "canary" not in repr(caught.value.args)
    assert "canary" not in str(caught.value)


def test_the_longer_of_two_orders_to_wait_is_obeyed(asked: Asked, clock: HandClock) -> None:
    answers = [
        Response(status=429, headers=[("Retry-After", "7"), ("RateLimit-Reset", "31")]),
        Response(body=b"{}"),
    ]
    before = clock.monotonic_s()
    asked(lambda _: answers.pop(0), by_token()).get("/sites/a/_api/web", _Any)
    assert 31 <= clock.monotonic_s() - before < 33


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"Id":"../../etc"}',
        b'{"Id":"0F0E0D0C-0B0A-4908-8706-05040302010/"}',
        b'{"Id":"' + GUID.encode() + b'","EffectiveBasePermissions":{"High":"-1","Low":"0"}}',
        b'{"Id":"' + GUID.encode() + b'","EffectiveBasePermissions":{"High":"1e5","Low":"0"}}',
    ],
)
def test_a_site_that_tells_nonsense_of_itself_is_not_believed(asked: Asked, body: bytes) -> None:
    with pytest.raises(OperatorError):
        read_web(asked(_said(200, body), by_token()), "/sites/a")


def test_ids_are_the_same_however_they_are_written(asked: Asked) -> None:
    told = _said(200, b'{"Id":"' + GUID.upper().encode() + b'"}')
    assert read_collection(asked(told, by_token()), "/sites/a").id == GUID


@pytest.mark.parametrize(
    ("login", "shown"),
    [
        ("i:0#.w|lab\\\\svc-backup", "i:0#.w|lab\\svc-backup"),
        ("i:0#.f|membership|ann@lab.example", "i:0#.f|membership|ann@lab.example"),
        ("i:0i.t|guid|app@sharepoint|id", "i:0i.t|guid|app@sharepoint|id"),
        ("root:x:0:0:root:/root", ""),
        ("i:0#.w|a b", ""),
        ("i:0#.w|\\u001b[2J", ""),
        ("i:0#.w|" + "a" * 300, ""),
    ],
)
def test_who_we_are_there_is_shown_only_if_it_looks_like_that(
    asked: Asked, login: str, shown: str
) -> None:
    told = _said(200, f'{{"LoginName":"{login}"}}'.encode())
    assert read_whom(asked(told, by_token()), "/sites/a").login == shown


def test_a_search_without_an_end_ends(asked: Asked) -> None:
    pages = []

    def page(request: Request) -> Response:
        pages.append(request.path)
        row = b'{"Cells":[{"Key":"Path","Value":"https://a.example"}]}'
        rows = b",".join([row] * 500)
        return Response(
            body=b'{"PrimaryQueryResult":{"RelevantResults":{"TotalRows":900000,"Table":{"Rows":['
            + rows
            + b"]}}}}"
        )

    with pytest.raises(OperatorError, match="lists no more"):
        for _ in search_sites(asked(page, by_token()), "/sites/a"):
            pass
    assert len(pages) == 100


@pytest.mark.parametrize(
    "value", ["<script>", "\x1b[2J", "a" * 500, "16.0.0.25514\x07", "ä", "-1", "11", "1e3", " 5"]
)
def test_a_header_that_does_not_look_like_itself_is_left_out(value: str) -> None:
    class Headed:
        round_trip_s = 0.1

        def header(self, name: str) -> str:
            return value

    facts = facts_of(Headed())
    assert (facts.version, facts.edge, facts.health) == ("", "", None)
    assert facts.front_end in {"", "11", "1e3"}


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://a.example", "/"),
        ("https://a.example/", "/"),
        ("https://a.example/sites/a/?x=/b#c", "/sites/a"),
    ],
)
def test_a_site_is_asked_for_by_its_path_alone(url: str, path: str) -> None:
    assert site_path(url) == path
