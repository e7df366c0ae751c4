"""Whoever answers may be an attacker: no credential leaves, and the error says why."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from strongroom.errors import OperatorError
from strongroom.lab.autodiscover import AsksAt, Hostility, IsMoved, LooksFor
from strongroom.lab.https import Request, Response
from strongroom.wire.autodiscover import QuestionKind
from strongroom.wire.autodiscover.address import Address
from strongroom.wire.autodiscover.places import Places
from strongroom.wire.origins import ForbiddenOrigin
from tests.wire_autodiscover.conftest import ADDRESS, PASSWORD, World, redirect, refused
from tests.wire_autodiscover.internet import writings

SERVICE = "/autodiscover/autodiscover.xml"
OURS = ["contoso.example"]


def trap(world: World) -> Callable[[Request], Response]:
    """A server that takes whatever it is given, and asks for it nicely."""
    return world.face.answer


def test_the_honeypot_sees_a_password_however_it_is_written(world: World) -> None:
    world.serve("evil.example")
    for heard in writings(PASSWORD):
        world.internet.heard["evil.example"] = [
            Request(method="POST", path="/", headers={}, body=b"<a>" + heard + b"</a>")
        ]
        assert world.hosts_with_credentials == ["evil.example"]


@pytest.mark.parametrize("kind", [AsksAt, IsMoved])
def test_a_redirect_to_elsewhere_is_not_followed_unless_a_person_says_so(
    world: World, kind: type[AsksAt | IsMoved]
) -> None:
    world.serve("contoso.example")
    world.serve("evil.example", answer=trap(world))
    world.face.kinds[ADDRESS] = kind(f"https://evil.example{SERVICE}")

    told = world.discover_nothing()

    assert "evil.example" not in world.internet.heard, "not even a question was sent"
    assert world.hosts_with_credentials == OURS
    assert "which is outside contoso.example" in told.why
    assert [(q.kind, q.target) for q in world.person.asked] == [
        (QuestionKind.AUTODISCOVER, "https://evil.example")
    ], "asked once, although two forms were tried"


def test_a_redirect_that_a_person_confirmed_is_followed(world: World) -> None:
    world.serve("contoso.example", answer=redirect(f"https://fabrikam.example{SERVICE}"))
    world.serve("fabrikam.example")
    world.person.yes_to = {"https://fabrikam.example"}

    assert world.discover().ews_url == world.ews_url
    assert world.hosts_with_credentials == ["fabrikam.example"]


@pytest.mark.parametrize("kind", [AsksAt, IsMoved])
def test_a_redirect_to_http_is_refused_without_a_question(
    world: World, kind: type[AsksAt | IsMoved]
) -> None:
    world.serve("contoso.example")
    world.face.kinds[ADDRESS] = kind(f"http://contoso.example{SERVICE}")
    world.internet.plain["contoso.example"] = None

    told = world.discover_nothing()

    assert any("without TLS" in why for why in refused(told))
    assert world.internet.plain_heard == []
    assert world.person.asked == []
    assert world.hosts_with_credentials == OURS


def test_a_redirect_without_tls_to_elsewhere_comes_with_a_caution(world: World) -> None:
    world.internet.plain["autodiscover.contoso.example"] = f"https://evil.example{SERVICE}"
    world.serve("evil.example", answer=trap(world))

    told = world.discover_nothing()

    (question,) = world.person.asked
    assert any("anybody on the network" in caution for caution in question.cautions)
    assert "evil.example" not in world.internet.heard
    assert world.hosts_with_credentials == []
    assert "evil.example" in told.why


def test_a_service_record_to_elsewhere_comes_with_a_caution(world: World) -> None:
    world.dns.add("evil.example")
    world.serve("evil.example", answer=trap(world))

    told = world.discover_nothing()

    (question,) = world.person.asked
    assert any("anybody on the network" in caution for caution in question.cautions)
    assert "evil.example" not in world.internet.heard
    assert any("A DNS record names https://evil.example" in why for why in refused(told))


@pytest.mark.parametrize(
    ("target", "caution"),
    [
        ("contoso.example.evil.example", "looks like a name of contoso.example"),
        ("evilcontoso.example", "looks like a name of contoso.example"),
        ("contoso-mail.example", "looks like a name of contoso.example"),
        ("xn--contso-zqf.example", "letters outside ASCII"),
    ],
)
def test_lookalikes_are_outside_and_the_person_is_told(
    world: World, target: str, caution: str
) -> None:
    world.serve("contoso.example", answer=redirect(f"https://{target}{SERVICE}"))
    world.serve(target, answer=trap(world))

    world.discover_nothing()

    (question,) = world.person.asked
    assert question.target == f"https://{target}"
    assert any(caution in told for told in question.cautions)
    assert target not in world.internet.heard


@pytest.mark.parametrize(
    "target",
    [
        "https://contoso.example@evil.example",
        "https://evil.example\\@contoso.example",
        "https://evil.example#.contoso.example",
        "https://evil.example?.contoso.example",
        "https://evil.example:443\\.contoso.example",
        "https://evil.example%2f.contoso.example",
        "https://evil\u3002example",
        "https://cont\u043eso.example",
        "https://contoso.example:8443",
        "https://169.254.169.254",
        "https://2852039166",
        "https://[::1]",
        "https://localhost",
        "https://evil.example.",
        "//evil.example",
        "ldap://evil.example",
        "https:///evil.example",
        "https://evil..example",
        "https://[bad",
    ],
)
def test_a_place_that_can_be_read_in_two_ways_or_is_no_name_is_followed_for_nobody(
    world: World, target: str
) -> None:
    # Says it in the body, where all characters can stand.
    world.face.kinds[ADDRESS] = AsksAt(f"{target}{SERVICE}")
    world.serve("contoso.example", "evil.example")

    world.discover_nothing()

    assert world.internet.hosts_heard() == OURS
    assert {q.target for q in world.person.asked} <= {"https://evil.example"}, "plainly written"


def test_another_address_elsewhere_needs_a_yes(world: World) -> None:
    world.face.kinds[ADDRESS] = LooksFor("ann@evil.example")
    world.serve("contoso.example")
    world.serve("evil.example", answer=trap(world))

    told = world.discover_nothing()

    assert world.internet.hosts_heard() == OURS
    assert any("ann@evil.example" in why for why in refused(told))


def test_addresses_that_lead_in_a_circle_end(world: World) -> None:
    world.face.kinds[ADDRESS] = LooksFor("ben@contoso.example")
    world.face.kinds["ben@contoso.example"] = LooksFor(ADDRESS)
    world.serve("contoso.example")

    assert "led back to ann@contoso.example" in world.discover_nothing().why


def test_places_that_lead_in_a_circle_end(world: World) -> None:
    world.serve("contoso.example", answer=redirect(f"https://mail.contoso.example{SERVICE}"))
    world.serve("mail.contoso.example", answer=redirect(f"https://contoso.example{SERVICE}"))

    told = world.discover_nothing()

    assert any("asked before" in attempt.told for attempt in told.attempts)
    assert world.hosts_with_credentials == []
    heard = world.internet.heard
    paths = [(host, r.path) for host in heard for r in heard[host]]
    assert len(paths) == len(set(paths)), "no place is asked twice"


def test_endless_redirects_end_after_ten(world: World) -> None:
    world.face.hostility = Hostility.ENDLESS
    world.serve("contoso.example")

    told = world.discover_nothing()

    assert "more than 10 redirects" in told.why
    assert len(world.internet.heard["contoso.example"]) <= 2 * 11


def test_endless_redirects_of_the_json_service_end_too(world: World) -> None:
    world.face.has_json = True
    count = iter(range(1_000))
    world.serve(
        "autodiscover.contoso.example",
        answer=lambda _: Response(
            status=302,
            headers=[("Location", f"/autodiscover/autodiscover.json?Email=x&n={next(count)}")],
        ),
    )

    assert "more than 10 redirects" in world.discover_nothing(by="nobody").why


@pytest.mark.parametrize(
    ("how", "told"),
    [
        (Hostility.BOMB, "entities of its own"),
        (Hostility.EXTERNAL_ENTITY, "entities of its own"),
        (Hostility.DEEP, "not XML"),
        (Hostility.HUGE, "more than can be meant"),
    ],
)
def test_answers_made_to_hurt_are_put_aside(world: World, how: Hostility, told: str) -> None:
    world.face.hostility = how
    world.serve("contoso.example")

    error = world.discover_nothing()

    assert any(told in attempt.told for attempt in error.attempts)


def test_a_server_without_a_proof_of_its_name_gets_nothing(world: World) -> None:
    world.serve("contoso.example", "autodiscover.contoso.example")
    world.internet.unproven = {"contoso.example", "autodiscover.contoso.example"}

    told = world.discover_nothing()

    assert world.internet.heard == {}
    assert any("authority that is not trusted" in attempt.told for attempt in told.attempts)


def test_a_server_that_offers_only_basic_to_ntlm_gets_nothing(world: World) -> None:
    world.offers = ["Basic"]
    world.serve("contoso.example")

    told = world.discover_nothing(by="ntlm")

    assert world.hosts_with_credentials == []
    assert "It wants Basic, and this connection signs in by NTLM or Negotiate" in told.why


@pytest.mark.parametrize("status", [200, 403, 407, 500])
def test_only_a_401_is_a_question_for_a_credential(world: World, status: int) -> None:
    challenge = [("WWW-Authenticate", "Basic realm=x")]
    world.serve("contoso.example", answer=lambda _: Response(status=status, headers=challenge))

    world.discover_nothing()

    assert world.hosts_with_credentials == []


def test_ntlm_is_not_begun_with_a_server_elsewhere(world: World) -> None:
    world.serve("contoso.example", answer=redirect(f"https://evil.example{SERVICE}"))
    world.serve("evil.example")

    world.discover_nothing(by="ntlm")

    assert world.hosts_with_credentials == []


@pytest.mark.parametrize(
    "ews_url",
    [
        "http://mail.contoso.example/EWS/Exchange.asmx",
        "https://evil.example/EWS/Exchange.asmx",
        "https://mail.contoso.example:8443/EWS/Exchange.asmx",
        "https://mail.contoso.example/owa/",
        "https://contoso.example@evil.example/EWS/Exchange.asmx",
    ],
)
def test_an_exchange_that_may_not_be_trusted_is_not_found(world: World, ews_url: str) -> None:
    world.ews_url = ews_url
    world.serve("contoso.example")

    assert refused(world.discover_nothing())
    assert world.internet.hosts_heard() == OURS


def test_an_exchange_elsewhere_needs_a_yes(world: World) -> None:
    world.ews_url = "https://fabrikam.example/EWS/Exchange.asmx"
    world.serve("contoso.example")
    world.person.yes_to = {"https://fabrikam.example"}

    assert world.discover().ews_url == world.ews_url
    assert [q.kind for q in world.person.asked] == [QuestionKind.EWS]


def test_the_json_service_does_not_name_an_exchange_elsewhere(world: World) -> None:
    world.face.has_json = True
    world.ews_url = "https://evil.example/EWS/Exchange.asmx"
    world.serve("autodiscover.contoso.example")

    assert refused(world.discover_nothing(by="nobody"))


def test_no_label_is_ever_taken_off(world: World) -> None:
    address = "ann@deep.mail.contoso.example"
    world.serve("contoso.example", "autodiscover.contoso.example", "autodiscover.example")
    world.internet.plain["autodiscover.contoso.example"] = f"https://evil.example{SERVICE}"

    told = world.discover_nothing(address)

    assert world.internet.heard == {}
    assert world.internet.plain_heard == []
    assert all(
        "deep.mail.contoso.example" in attempt.where or "outlook.com" in attempt.where
        for attempt in told.attempts
    )


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("ann", "not an e-mail address"),
        ("@contoso.example", "not an e-mail address"),
        ("ann@ben@contoso.example", "not an e-mail address"),
        ("ann\r\nX: y@contoso.example", "not an e-mail address"),
        ("ann@example", "not a full domain"),
        ("ann@contoso.example.", "not a full domain"),
        ("ann@192.168.1.10", "not a full domain"),
        ("ann@[127.0.0.1]", "not a full domain"),
        ("ann@contoso.example/x", "not a full domain"),
        ("ann@com.br", "belongs to a registry"),
        ("ann@co.uk", "belongs to a registry"),
        ("ann@cont\u043eso.example", "letters outside ASCII"),
    ],
)
def test_an_address_without_a_full_domain_is_asked_of_nobody(
    world: World, address: str, why: str
) -> None:
    with pytest.raises(OperatorError, match=why):
        world.discover(address)
    assert world.internet.heard == {}
    assert world.dns.asked == []


def test_no_error_and_no_word_of_the_search_holds_the_password(world: World) -> None:
    def echo(request: Request) -> Response:
        answer = world.check(request)
        return answer if isinstance(answer, Response) else Response(body=b"<x/>")

    world.serve("contoso.example", answer=echo)

    told = world.discover_nothing()

    words = "".join([str(told), repr(told), told.hint, *map(str, told.attempts)])
    assert not any(form.decode("latin-1") in words for form in writings(PASSWORD))


def test_what_a_server_says_cannot_move_the_cursor(world: World) -> None:
    world.face.kinds[ADDRESS] = AsksAt("https://evil.example/\u202e\x9b2J/page")
    world.serve("contoso.example")

    told = world.discover_nothing()

    assert all(attempt.told.isprintable() for attempt in told.attempts)
    assert all(attempt.where.isprintable() for attempt in told.attempts)


def test_a_person_who_said_no_is_not_asked_again() -> None:
    asked: list[str] = []

    def no(question: object) -> bool:
        asked.append(str(question))
        return False

    places = Places(Address.of(ADDRESS), no)
    for _ in range(3):
        with pytest.raises(ForbiddenOrigin):
            places.enter(
                "https://EVIL.example/a",
                kind=QuestionKind.EWS,
                named_by="somebody",
                cautions=(),
            )
    assert len(asked) == 1
