"""What a directory is asked for, and what it never gets."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import sansldap

from strongroom.errors import AccessDenied, OperatorError, ServerUnreachable, TransientError
from strongroom.lab.https import Authority
from strongroom.wire.autodiscover import DirectoryServicePoints, ServicePoint
from strongroom.wire.autodiscover.directory_sign_in import SimpleBind, WindowsBind
from strongroom.wire.autodiscover.ldap import Bind
from strongroom.wire.tls import Trust
from tests.fakes.hand_clock import HandClock
from tests.wire_autodiscover.forest import POINTER, URL, Forest, Point
from tests.wire_autodiscover.internet import writings

PASSWORD = "canary Xk2!fern-lamp"
ONE = "https://ex01.lab.example/autodiscover/autodiscover.xml"
TWO = "https://ex02.lab.example/autodiscover/autodiscover.xml"
THREE = "https://ex03.lab.example/autodiscover/autodiscover.xml"
NAMES = ("dc.lab.example", "dc.other.example")
_dial = socket.create_connection


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority(NAMES)


@pytest.fixture
def forest(authority: Authority) -> Iterator[Forest]:
    with Forest(authority) as served:
        served.passwords["LAB\\ann"] = PASSWORD
        yield served


@pytest.fixture
def plain_forest(authority: Authority) -> Iterator[Forest]:
    with Forest(authority, starts_plain=True) as served:
        served.passwords["LAB\\ann"] = PASSWORD
        yield served


def asked(
    forest: Forest,
    authority: Authority,
    *,
    bind: Bind | None = None,
    site: str = "",
    starts_plain: bool = False,
    server: str = "localhost",
) -> list[ServicePoint]:
    points = DirectoryServicePoints(
        server,
        bind=bind,
        trust=Trust(ca_pem=authority.ca_pem.decode()),
        clock=HandClock(),
        site=site,
        port=forest.port,
        starts_plain=starts_plain,
    )
    return list(points.find("lab.example"))


def test_our_own_site_comes_first_and_another_one_last(
    forest: Forest, authority: Authority
) -> None:
    forest.points = [
        Point([URL, "Site=Paris"], ONE),
        Point([URL], TWO),
        Point([URL, "Site=Oslo", "Site=Bergen"], THREE),
        Point(["something else"], "https://other.example"),
    ]

    assert asked(forest, authority, site="bergen") == [
        ServicePoint(url=THREE, rank=1),
        ServicePoint(url=TWO, rank=2),
        ServicePoint(url=ONE, rank=3),
    ]


def test_a_directory_without_exchange_has_no_points(forest: Forest, authority: Authority) -> None:
    assert asked(forest, authority) == []


def test_a_password_signs_in(forest: Forest, authority: Authority) -> None:
    forest.points = [Point([URL], ONE)]

    assert asked(forest, authority, bind=SimpleBind("LAB\\ann", PASSWORD))
    assert forest.binds == [("simple", PASSWORD.encode())]


def test_a_wrong_password_is_told(forest: Forest, authority: Authority) -> None:
    with pytest.raises(AccessDenied, match="refused the sign-in"):
        asked(forest, authority, bind=SimpleBind("LAB\\ann", "wrong"))


def test_a_directory_that_wants_a_sign_in_is_told(forest: Forest, authority: Authority) -> None:
    forest.is_closed = True

    with pytest.raises(AccessDenied, match="does not let us look") as told:
        asked(forest, authority)
    assert "OPERATIONS_ERROR" in told.value.why


def test_an_empty_password_is_never_a_sign_in() -> None:
    with pytest.raises(ValueError, match="a name and a password"):
        SimpleBind("LAB\\ann", "")


def test_ntlm_signs_in_bound_to_the_connection(
    forest: Forest, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts = tmp_path / "accounts"
    accounts.write_text(f"LAB:ann:{PASSWORD}\n")
    monkeypatch.setenv("NTLM_USER_FILE", str(accounts))
    forest.points = [Point([URL], ONE)]

    assert asked(forest, authority, bind=WindowsBind("ntlm", "LAB\\ann", PASSWORD))
    assert [mechanism for mechanism, _ in forest.binds] == ["GSS-SPNEGO", "GSS-SPNEGO"]
    said = b"".join(token for _, token in forest.binds)
    assert not any(form in said for form in writings(PASSWORD))

    with pytest.raises(AccessDenied):
        asked(forest, authority, bind=WindowsBind("ntlm", "LAB\\ann", "wrong"))


def test_a_proof_for_another_certificate_is_worth_nothing(
    forest: Forest, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts = tmp_path / "accounts"
    accounts.write_text(f"LAB:ann:{PASSWORD}\n")
    monkeypatch.setenv("NTLM_USER_FILE", str(accounts))
    monkeypatch.setattr(
        "strongroom.wire.autodiscover.ldap.LdapSession.certificate_der",
        Authority(NAMES).certificate_der,
    )

    with pytest.raises(AccessDenied):
        asked(forest, authority, bind=WindowsBind("ntlm", "LAB\\ann", PASSWORD))


def test_binds_do_not_show_the_password() -> None:
    shown = repr(SimpleBind("ann", PASSWORD)) + repr(WindowsBind("ntlm", "ann", PASSWORD))
    assert PASSWORD not in shown


def test_starttls_sends_nothing_else_before_tls(plain_forest: Forest, authority: Authority) -> None:
    plain_forest.points = [Point([URL], ONE)]

    found = asked(plain_forest, authority, bind=SimpleBind("LAB\\ann", PASSWORD), starts_plain=True)

    assert found == [ServicePoint(url=ONE, rank=2)]
    assert b"1.3.6.1.4.1.1466.20037" in plain_forest.heard
    assert len(plain_forest.heard) < 64
    assert not any(form in plain_forest.heard for form in writings(PASSWORD))


def test_a_directory_that_does_not_begin_tls_gets_no_password(
    plain_forest: Forest, authority: Authority
) -> None:
    plain_forest.starts_tls = False

    with pytest.raises(TransientError, match="does not begin TLS"):
        asked(plain_forest, authority, bind=SimpleBind("LAB\\ann", PASSWORD), starts_plain=True)

    assert not any(form in plain_forest.heard for form in writings(PASSWORD))
    assert plain_forest.binds == []


@pytest.mark.parametrize("cut", [0, 5])
def test_what_was_slipped_in_before_tls_is_not_believed(
    plain_forest: Forest, authority: Authority, cut: int
) -> None:
    # The answer to the bind that comes next, or the beginning of it.
    server = sansldap.LDAPServer()
    client = sansldap.LDAPClient()
    client.bind_simple("", "")
    (bind,) = server.receive(client.data_to_send())
    server.bind_response(bind.message_id)
    told = server.data_to_send()
    plain_forest.injects = told[: len(told) - cut]

    try:
        asked(plain_forest, authority, bind=SimpleBind("LAB\\ann", "wrong"), starts_plain=True)
    except TransientError:
        assert cut == 0, "a whole message ends the conversation"
    except AccessDenied:
        assert cut, "half a message is forgotten, and the directory's own answer counts"
    else:
        pytest.fail("it was taken for the directory's word")


def test_a_directory_that_cannot_prove_its_name_gets_nothing(
    forest: Forest, authority: Authority
) -> None:
    with pytest.raises(ServerUnreachable, match="could not prove"):
        asked(forest, Authority(NAMES), bind=SimpleBind("LAB\\ann", PASSWORD))
    assert forest.binds == []


def test_a_directory_that_never_ends_is_left(forest: Forest, authority: Authority) -> None:
    forest.points = [Point([URL], ONE)]
    forest.floods = True

    with pytest.raises(TransientError, match="more than can be meant"):
        asked(forest, authority)


def test_a_message_without_an_end_is_left(forest: Forest, authority: Authority) -> None:
    forest.greeting = b"\x30\x84\x7f\xff\xff\xff" + bytes(5 << 20)

    with pytest.raises(TransientError, match="gave no answer") as told:
        asked(forest, authority)
    assert told.value.why == "It gave more than can be meant."


def test_something_that_speaks_no_ldap_is_told(forest: Forest, authority: Authority) -> None:
    forest.greeting = b"HTTP/1.1 400 Bad Request\r\n\r\n" + b"x" * 200

    with pytest.raises(TransientError, match="gave no answer"):
        asked(forest, authority, bind=SimpleBind("LAB\\ann", PASSWORD))


def test_a_directory_that_is_not_of_windows_is_told(forest: Forest, authority: Authority) -> None:
    forest.base = ""

    with pytest.raises(OperatorError, match="no directory of Windows"):
        asked(forest, authority)


def test_a_pointer_for_the_domain_leads_to_another_forest_and_others_do_not(
    forest: Forest, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Forest(authority) as other:
        other.points = [Point([URL], TWO)]
        forest.points = [
            Point([URL, "Domain=lab.example"], "LDAP://dc.evil.example/"),
            Point([POINTER, "Domain=else.example"], "LDAP://dc.evil.example/"),
            Point([POINTER, "Domain=LAB.example"], "LDAP://DC.other.example/CN=x"),
        ]
        ports = {"dc.lab.example": forest.port, "dc.other.example": other.port}

        def connect(address: tuple[str, int], timeout: float) -> socket.socket:
            return _dial(("127.0.0.1", ports[address[0]]), timeout)

        monkeypatch.setattr(socket, "create_connection", connect)

        assert asked(forest, authority, server="dc.lab.example") == [ServicePoint(url=TWO, rank=2)]


def test_pointers_in_a_circle_end(
    forest: Forest, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    forest.points = [
        Point([URL], ONE),
        Point([POINTER, "Domain=lab.example"], "LDAP://dc.lab.example"),
    ]

    def connect(_: tuple[str, int], timeout: float) -> socket.socket:
        return _dial(("127.0.0.1", forest.port), timeout)

    monkeypatch.setattr(socket, "create_connection", connect)

    assert asked(forest, authority, server="dc.lab.example") == [ServicePoint(url=ONE, rank=2)]
