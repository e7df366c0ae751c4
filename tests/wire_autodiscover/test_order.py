"""The published ways, in the published order."""

from __future__ import annotations

import pytest

from strongroom.lab.autodiscover import AsksAt, IsMoved, LooksFor
from strongroom.lab.https import Request, Response
from strongroom.wire.autodiscover import Outcome, Way
from tests.wire_autodiscover.conftest import ADDRESS, PASSWORD, CannedPoints, World, redirect
from tests.wire_autodiscover.internet import bytes_of, writings

SERVICE = "/autodiscover/autodiscover.xml"


def test_the_domain_itself_is_asked_first_and_soap_before_pox(world: World) -> None:
    world.serve("contoso.example", "autodiscover.contoso.example")

    found = world.discover()

    assert found.ews_url == world.ews_url
    assert found.way is Way.DOMAIN
    assert found.is_certain
    assert [r.path for r in world.internet.heard["contoso.example"]] == [
        "/autodiscover/autodiscover.svc"
    ] * 2, "a question without a credential, then the request"
    assert world.internet.hosts_heard() == ["contoso.example"]


def test_what_the_server_knows_of_the_mailbox_comes_along(world: World) -> None:
    world.serve("contoso.example")

    found = world.discover()

    assert found.server_version == "15.2.2562.17"
    assert found.address == ADDRESS
    (archive,) = found.alternate_mailboxes
    assert world.ann.archive is not None
    assert archive.kind == "Archive"
    assert archive.address == f"{world.ann.archive.guid}@contoso.example"
    assert archive.name == "Online Archive - Ann Öz"
    assert found.public_folder_mailbox == world.estate.public_folders.address
    assert found.public_folder_server == f"{world.ann.guid}@contoso.example"


def test_a_server_without_soap_is_asked_by_pox(world: World) -> None:
    def old(request: Request) -> Response:
        is_soap = request.path.endswith(".svc")
        return Response(status=404) if is_soap else world.face.answer(request)

    world.serve("contoso.example", answer=old)

    found = world.discover()

    assert found.ews_url == world.ews_url
    assert found.server_version == "15.2.2562"
    assert found.public_folder_mailbox == world.estate.public_folders.address
    assert [one.kind for one in found.alternate_mailboxes] == ["Archive"]
    assert [attempt.outcome for attempt in found.attempts] == [Outcome.DISCARDED, Outcome.FOUND]


def test_a_web_site_at_the_domain_is_no_autodiscover(world: World) -> None:
    world.serve("contoso.example", answer=lambda _: Response(body=b"<html>Welcome</html>"))
    world.serve("autodiscover.contoso.example")

    found = world.discover()

    assert found.way is Way.AUTODISCOVER_HOST
    assert world.hosts_with_credentials == ["autodiscover.contoso.example"]
    posts = [r for r in world.internet.heard["contoso.example"] if r.method == "POST" or r.body]
    assert posts == [], "not even the address is told to a web site"


def test_a_web_site_that_sends_everybody_to_its_front_page_raises_no_question(
    world: World,
) -> None:
    world.serve("contoso.example", answer=redirect("https://evil.example/welcome"))
    world.serve("autodiscover.contoso.example")

    assert world.discover().way is Way.AUTODISCOVER_HOST
    assert world.person.asked == []


def test_the_directory_comes_before_all_and_its_word_is_enough(world: World) -> None:
    world.directory = CannedPoints(f"https://fabrikam.example{SERVICE}")
    world.serve("fabrikam.example", "contoso.example")

    found = world.discover()

    assert found.way is Way.SERVICE_POINT
    assert world.internet.hosts_heard() == ["fabrikam.example"]
    assert world.person.asked == []


def test_a_service_point_without_tls_is_not_asked(world: World) -> None:
    world.directory = CannedPoints(f"http://fabrikam.example{SERVICE}")
    world.internet.plain["fabrikam.example"] = None
    world.serve("contoso.example")

    found = world.discover()

    assert found.attempts[0].outcome is Outcome.REFUSED
    assert world.internet.plain_heard == []


def test_a_server_that_the_operator_named_comes_first(world: World) -> None:
    world.serve("fabrikam.example", "contoso.example")

    found = world.discover(named=["https://fabrikam.example"])

    assert found.way is Way.NAMED
    assert world.internet.hosts_heard() == ["fabrikam.example"]


def test_a_redirect_without_tls_into_the_domain_is_followed(world: World) -> None:
    world.internet.plain["autodiscover.contoso.example"] = f"https://mail.contoso.example{SERVICE}"
    world.serve("mail.contoso.example")

    found = world.discover()

    assert found.way is Way.PLAIN_REDIRECT
    assert world.person.asked == []
    (heard,) = world.internet.plain_heard
    assert b"ann" not in heard
    assert world.hosts_with_credentials == ["mail.contoso.example"]


@pytest.mark.parametrize("status", [200, 301, 303, 307])
def test_without_tls_only_a_302_counts(world: World, status: int) -> None:
    world.internet.plain["autodiscover.contoso.example"] = f"https://mail.contoso.example{SERVICE}"
    world.internet.plain_status = status
    world.serve("mail.contoso.example")

    world.discover_nothing()

    assert "mail.contoso.example" not in world.internet.heard


def test_service_records_are_asked_in_their_order(world: World) -> None:
    world.dns.add("deep.mail.contoso.example", priority=20, weight=100)
    world.dns.add("mail.contoso.example", priority=10, weight=1)
    world.dns.add("autodiscover.fabrikam.example", priority=1, port=80)
    world.serve("deep.mail.contoso.example", "mail.contoso.example")
    world.serve("autodiscover.fabrikam.example")
    world.person.yes_to = {"https://autodiscover.fabrikam.example"}

    found = world.discover()

    assert found.way is Way.SERVICE_RECORD
    assert world.dns.asked == ["_autodiscover._tcp.contoso.example"]
    assert world.internet.hosts_heard() == ["mail.contoso.example"]


def test_nothing_is_looked_up_before_it_is_needed(world: World) -> None:
    world.serve("contoso.example")

    world.discover()

    assert world.dns.asked == []
    assert world.internet.plain_heard == []


def test_json_needs_no_sign_in_and_is_not_certain(world: World) -> None:
    world.face.has_json = True
    world.serve("autodiscover.contoso.example")

    found = world.discover(by="nobody")

    assert found.way is Way.JSON
    assert not found.is_certain
    assert found.ews_url == world.ews_url
    assert world.hosts_with_credentials == []


def test_microsoft_is_asked_last_and_its_hosts_need_no_question(world: World) -> None:
    world.face.has_json = True
    world.ews_url = "https://outlook.office365.com/EWS/Exchange.asmx"
    world.serve("autodiscover-s.outlook.com")

    found = world.discover(by="nobody")

    assert found.ews_url == world.ews_url
    assert world.person.asked == []
    (request,) = world.internet.heard["autodiscover-s.outlook.com"]
    assert request.path == (
        f"/autodiscover/autodiscover.json/v1.0/{ADDRESS}?Protocol=Ews&RedirectCount=1"
    )


def test_a_host_that_does_not_answer_is_waited_for_once(world: World) -> None:
    told = world.discover_nothing()

    silent = [attempt.where for attempt in told.attempts if "no such name" in attempt.told]
    hosts = [where.split("/")[2] for where in silent if where.startswith("https://")]
    assert hosts == [
        "contoso.example",
        "autodiscover.contoso.example",
        "autodiscover-s.outlook.com",
    ]


def test_json_that_leads_to_the_organisation_is_followed(world: World) -> None:
    world.face.has_json = True
    world.serve(
        "autodiscover-s.outlook.com",
        answer=redirect(
            f"https://mail.contoso.example/autodiscover/autodiscover.json?Email={ADDRESS}"
            "&Protocol=Ews"
        ),
    )
    world.serve("mail.contoso.example")

    assert world.discover(by="nobody").ews_url == world.ews_url


@pytest.mark.parametrize("kind", [AsksAt, IsMoved])
def test_redirects_within_the_domain_are_followed(
    world: World, kind: type[AsksAt | IsMoved]
) -> None:
    world.serve("contoso.example")

    def here(request: Request) -> Response:
        world.face.kinds.clear()
        return world.face.answer(request)

    world.serve("mail.contoso.example", answer=here)
    world.face.kinds[ADDRESS] = kind(f"https://mail.contoso.example{SERVICE}")

    found = world.discover()

    assert found.ews_url == world.ews_url
    assert world.internet.hosts_heard() == ["contoso.example", "mail.contoso.example"]
    assert world.person.asked == []


def test_another_address_of_the_same_domain_is_looked_for_instead(world: World) -> None:
    world.estate.add_mailbox("ben@contoso.example", "Ben", password="x")
    world.face.kinds[ADDRESS] = LooksFor("ben@contoso.example")
    world.serve("contoso.example")

    found = world.discover()

    assert found.address == "ben@contoso.example"
    assert world.person.asked == []


def test_another_domain_is_looked_at_once_a_person_said_yes(world: World) -> None:
    world.face.kinds[ADDRESS] = LooksFor("ann@fabrikam.example")
    world.estate.add_mailbox("ann@fabrikam.example", "Ann", password="x")
    world.serve("contoso.example", "autodiscover.fabrikam.example")
    world.person.yes_to = {"ann@fabrikam.example"}

    found = world.discover()

    assert found.address == "ann@fabrikam.example"
    (question,) = world.person.asked
    assert str(question) == (
        "For ann@contoso.example, contoso.example names another address: ann@fabrikam.example."
        " Is it yours?"
    )


def test_a_refused_sign_in_elsewhere_is_not_the_last_word(world: World) -> None:
    offers = [("WWW-Authenticate", 'Basic realm="router"')]
    world.serve("contoso.example", answer=lambda _: Response(status=401, headers=offers))
    world.serve("autodiscover.contoso.example")

    assert world.discover().way is Way.AUTODISCOVER_HOST


def test_a_wrong_password_is_tried_three_times_and_not_until_the_account_is_locked(
    world: World,
) -> None:
    world.password = "wrong"
    world.serve("contoso.example", "autodiscover.contoso.example", "mail.contoso.example")
    world.internet.plain["autodiscover.contoso.example"] = f"https://mail.contoso.example{SERVICE}"
    world.dns.add("deep.mail.contoso.example")
    world.serve("deep.mail.contoso.example")

    told = world.discover_nothing()

    assert "would lock the account" in told.why
    tries = {
        host: [r.path for r in heard if r.method == "POST"]
        for host, heard in world.internet.heard.items()
    }
    once = ["/autodiscover/autodiscover.svc"]
    assert tries == {
        "contoso.example": once,
        "autodiscover.contoso.example": once,
        "mail.contoso.example": once,
    }


def test_ntlm_signs_in_without_sending_the_password(world: World) -> None:
    world.serve("contoso.example")

    found = world.discover(by="ntlm")

    assert found.ews_url == world.ews_url
    (answered,) = [r for r in world.internet.heard["contoso.example"] if r.body]
    assert answered.method == "POST"
    heard = b"".join(bytes_of(r) for r in world.internet.heard["contoso.example"])
    assert not any(form in heard for form in writings(PASSWORD))


def test_a_wrong_password_of_ntlm_counts_as_refused_too(world: World) -> None:
    world.password = "wrong"
    world.serve("contoso.example", "autodiscover.contoso.example", "mail.contoso.example")
    world.dns.add("mail.contoso.example")

    told = world.discover_nothing(by="ntlm")

    assert "would lock the account" in told.why


def test_what_was_tried_is_told_in_words(world: World) -> None:
    world.serve("contoso.example", answer=lambda _: Response(status=404))

    told = world.discover_nothing()

    assert told.exit_code == 2
    assert "--server" in told.hint
    is_none = "It asks for no sign-in (HTTP status 404), so it is no Autodiscover."
    service = "https://contoso.example/autodiscover/autodiscover"
    assert [str(attempt) for attempt in told.attempts][:2] == [
        f"{service}.svc (the address's domain): {is_none}",
        f"{service}.xml (the address's domain): {is_none}",
    ]
    assert str(told.attempts[2]).endswith("cannot be reached. There is no such name.")
