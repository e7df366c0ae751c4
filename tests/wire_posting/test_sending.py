"""What is sent arrives, at receivers that others could have written; and what is not says why."""

from __future__ import annotations

import json
import logging
import ssl
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
import trustme

from strongroom.clock import SystemClock
from strongroom.errors import TransientError
from strongroom.wire.posting import door, mail_door
from strongroom.wire.posting.destination import Destination, Letter
from strongroom.wire.posting.post import AppriseOffice
from strongroom.wire.posting.ways import GOOGLE_CHAT
from tests.fakes.mail_receiver import MailReceiver
from tests.fakes.marked import MARK, canary, marks_in
from tests.fakes.webhook_receiver import WebhookReceiver
from tests.wire_posting.addresses import PASSWORD, TOKEN

LETTER = Letter(
    title="Strongroom: the backup nightly failed",
    body="- o_brien@example.org: no mailbox\n.\nDo this: strongroom run show k7x3",
    tone="failure",
)
CLOSED_PORT = 1
ASCII_PASSWORD = canary("mail password").replace("Ü", "")


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def context(authority: trustme.CA) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(made)
    return made


@pytest.fixture(scope="module")
def ca_pem(authority: trustme.CA) -> str:
    return authority.cert_pem.bytes().decode()


@pytest.fixture
def hook(context: ssl.SSLContext) -> Iterator[WebhookReceiver]:
    with WebhookReceiver(context) as running:
        yield running


def send(address: str, ca_pem: str | None, letter: Letter = LETTER) -> None:
    AppriseOffice(SystemClock()).send(Destination(address=address, ca_pem=ca_pem), letter)


def why_not(address: str, ca_pem: str | None) -> str:
    """Say why it did not go; that is never a place to find an address."""
    with pytest.raises(TransientError) as caught:
        send(address, ca_pem)
    error = caught.value
    assert error.__cause__ is error.__context__ is None
    told = f"{error.what} {error.why} {error.hint} {error.args}"
    assert not list(marks_in(told.encode()))
    assert "localhost" not in told
    return error.why


def mail(receiver: MailReceiver, more: str = "", password: str = ASCII_PASSWORD) -> str:
    return (
        f"mailtos://vault:{quote(password, safe='')}@localhost:{receiver.port}?smtp=localhost"
        f"&from=vault@example.org&name=Vault&to=ops@example.org,chief@example.org{more}"
    )


def webhook(port: int, way: str = "jsons", host: str = "localhost") -> str:
    added = f"?+X-Key={TOKEN}&-token={TOKEN}"
    return f"{way}://vault:{PASSWORD}@{host}:{port}/{TOKEN}{added}"


def test_a_mail_arrives_by_starttls_and_nothing_is_said_before_it(
    context: ssl.SSLContext, ca_pem: str
) -> None:
    with MailReceiver(context) as receiver:
        receiver.password = ASCII_PASSWORD
        send(mail(receiver), ca_pem)
    assert [word.partition(" ")[0].upper() for word in receiver.said] == ["EHLO", "STARTTLS"]
    assert len(receiver.delivered) == 2, "one for each recipient"
    for one in receiver.delivered:
        assert (one.is_secured, one.user) == (True, "vault")
        assert one.message["Subject"] == LETTER.title
        assert one.message["From"] == "Vault <vault@example.org>"
        assert one.message.get_content_type() == "text/plain"
        assert one.message.get_content().splitlines() == LETTER.body.splitlines()


def test_a_mail_arrives_by_tls_from_the_start(context: ssl.SSLContext, ca_pem: str) -> None:
    with MailReceiver(context, is_tls_first=True) as receiver:
        send(mail(receiver, "&mode=ssl"), ca_pem)
    assert [one.message["To"] for one in receiver.delivered] == [
        "ops@example.org",
        "chief@example.org",
    ]


def test_a_mail_server_of_this_machine_needs_no_tls(context: ssl.SSLContext) -> None:
    with MailReceiver(context, offers_tls=False) as receiver:
        send(f"mailto://localhost:{receiver.port}?from=v@example.org&to=o@example.org", None)
    assert receiver.delivered[0].recipients == ["o@example.org"]


def test_a_mail_server_without_tls_is_told_no_password(
    context: ssl.SSLContext, ca_pem: str
) -> None:
    with MailReceiver(context, offers_tls=False) as receiver:
        assert "offers no TLS" in why_not(mail(receiver), ca_pem)
    assert not any(word.upper().startswith(("AUTH", "MAIL")) for word in receiver.said)
    assert receiver.delivered == []


def test_a_plugin_that_forgets_tls_sends_nothing(
    context: ssl.SSLContext, ca_pem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_door, "is_loopback", lambda host: False)
    monkeypatch.setattr(door, "is_loopback", lambda host: False)
    monkeypatch.setattr("strongroom.wire.posting.addresses._refused_use", lambda *_: None)
    with MailReceiver(context) as receiver, WebhookReceiver(None) as plain:
        assert "without it nothing is sent" in why_not(mail(receiver, "&mode=insecure"), ca_pem)
        assert "without TLS" in why_not(webhook(plain.port, "json"), ca_pem)
    assert receiver.delivered == []
    assert not any(word.upper().startswith(("AUTH", "MAIL")) for word in receiver.said)
    assert plain.posted == []


def test_a_webhook_arrives(hook: WebhookReceiver, ca_pem: str) -> None:
    send(webhook(hook.port), ca_pem)
    (posted,) = hook.posted
    assert (posted.method, posted.path) == ("POST", f"/{TOKEN}?token={TOKEN}")
    assert posted.headers["x-key"] == TOKEN
    assert posted.headers["authorization"].startswith("Basic ")
    assert posted.document == {
        "version": "1.0",
        "title": LETTER.title,
        "message": LETTER.body,
        "type": "failure",
        "attachments": [],
    }


def test_a_card_arrives_at_teams_and_loads_no_pictures_from_elsewhere(
    hook: WebhookReceiver, ca_pem: str
) -> None:
    send(f"workflows://localhost:{hook.port}/{MARK}/{TOKEN}", ca_pem)
    (posted,) = hook.posted
    assert posted.path.startswith(f"/workflows/{MARK}/triggers/manual/paths/invoke?")
    assert f"sig={TOKEN}" in posted.path
    card = posted.document["attachments"][0]["content"]
    texts = [part["text"] for part in card["body"]]
    assert texts == [LETTER.title, LETTER.body.replace("\n", "\n\n")]
    assert "entities" not in card["msteams"], "nobody is mentioned"
    assert {part["type"] for part in card["body"]} == {"TextBlock"}


def test_a_message_arrives_at_slack(
    hook: WebhookReceiver, ca_pem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"slack://T1JJ3T3L2/A1BRTD4JD/{MARK}FgHiJkLmNoPqR"
    hook.answer = b"ok"
    slack = "apprise.plugins.slack.NotifySlack.webhook_url"
    monkeypatch.setattr(slack, f"https://localhost:{hook.port}/services")
    send(address, ca_pem)
    (posted,) = hook.posted
    assert posted.path == f"/services/T1JJ3T3L2/A1BRTD4JD/{MARK}FgHiJkLmNoPqR"
    (attached,) = posted.document["attachments"]
    assert (attached["title"], attached["text"]) == (LETTER.title, LETTER.body)
    assert not posted.document["mrkdwn"]
    assert "icon_url" not in posted.document


@pytest.mark.parametrize("way", ["jsons", "mailtos"])
def test_who_cannot_prove_its_name_is_told_nothing(
    hook: WebhookReceiver, context: ssl.SSLContext, ca_pem: str, way: str
) -> None:
    with MailReceiver(context) as receiver:
        if way == "jsons":
            by_name, by_number = webhook(hook.port), webhook(hook.port, host="127.0.0.1")
        else:
            by_name = mail(receiver)
            by_number = by_name.replace("smtp=localhost", "smtp=127.0.0.1")
        assert "authority that is not trusted" in why_not(by_name, None)
        assert "for another name" in why_not(by_number, ca_pem)
    assert not receiver.delivered
    assert not hook.posted
    assert not any(word.upper().startswith("AUTH") for word in receiver.said)


def test_nothing_of_the_environment_leads_a_message_elsewhere(
    hook: WebhookReceiver,
    context: ssl.SSLContext,
    ca_pem: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keys, authorities = tmp_path / "keys", tmp_path / "authorities.pem"
    authorities.write_text(ca_pem)
    monkeypatch.setenv("SSLKEYLOGFILE", str(keys))
    for proxy in ("http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(proxy, f"http://127.0.0.1:{CLOSED_PORT}")
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(authorities))
    (tmp_path / ".netrc").write_text("machine localhost login evil password evil")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    send(f"jsons://localhost:{hook.port}/", ca_pem)
    assert "authorization" not in hook.posted[0].headers
    with WebhookReceiver(None) as plain:
        send(f"json://localhost:{plain.port}/", None)
    assert len(plain.posted) == 1
    with MailReceiver(context) as receiver:
        send(mail(receiver), ca_pem)
        assert "not trusted" in why_not(mail(receiver), None)
    assert "not trusted" in why_not(webhook(hook.port), None)
    assert not keys.exists()


@pytest.mark.parametrize(
    ("status", "wanted"),
    [
        (302, "sends us elsewhere"),
        (400, "does not take the message (HTTP 400)"),
        (401, "does not take the password or token"),
        (404, "knows nothing there"),
        (429, "too many messages"),
        (503, "is ill"),
    ],
)
def test_an_answer_that_is_no_success_is_told_as_what_it_is(
    hook: WebhookReceiver, ca_pem: str, status: int, wanted: str
) -> None:
    hook.status = status
    hook.location = f"https://localhost:{hook.port}/elsewhere" if status == 302 else ""
    hook.answer = f"why you sent {PASSWORD} to {TOKEN}".encode()
    assert wanted in why_not(webhook(hook.port), ca_pem)
    assert len(hook.posted) == 1, "one attempt, and nobody is followed elsewhere"


def test_who_is_away_is_told_as_such(context: ssl.SSLContext, ca_pem: str) -> None:
    assert "refused" in why_not(webhook(CLOSED_PORT), ca_pem)
    assert "refused" in why_not(f"mailtos://v:{PASSWORD}@localhost:{CLOSED_PORT}", ca_pem)
    assert "never called" in why_not(webhook(443, host="169.254.169.254"), ca_pem)
    assert "never called" in why_not(f"mailtos://v:{PASSWORD}@169.254.169.254", ca_pem)
    with WebhookReceiver(None) as plain:
        assert "does not speak TLS" in why_not(webhook(plain.port), ca_pem)
    assert plain.posted == []


def test_a_mail_server_that_says_no_is_told_as_what_it_says(
    context: ssl.SSLContext, ca_pem: str
) -> None:
    with MailReceiver(context) as receiver:
        receiver.password = "another"
        assert "does not take the sign-in (SMTP 535)" in why_not(mail(receiver), ca_pem)
        receiver.password = None
        beyond = mail(receiver, password=canary("mail password"))
        assert "letters that mail servers' sign-in does not know" in why_not(beyond, ca_pem)
        receiver.refused = {"chief@example.org"}
        assert "refuses some of the people" in why_not(mail(receiver), ca_pem)
        assert [one.recipients for one in receiver.delivered] == [["ops@example.org"]]


def test_libraries_say_nothing_of_an_address_in_any_log(
    hook: WebhookReceiver, ca_pem: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("apprise", "urllib3", "requests"):
        caplog.set_level(logging.DEBUG, logger=name)
    send(webhook(hook.port), ca_pem)
    why_not(webhook(CLOSED_PORT), ca_pem)
    why_not(f"mailtos://v:{PASSWORD}@localhost:{CLOSED_PORT}?cc={quote('no address')}", ca_pem)
    told = [one.getMessage() for one in caplog.records if not one.name.startswith("asyncio")]
    assert told == []
    logging.getLogger("urllib3.connectionpool").debug("of somebody else")
    assert [one.getMessage() for one in caplog.records] == ["of somebody else"]


def test_what_is_too_long_is_cut_at_the_end_of_a_line_and_says_so(
    hook: WebhookReceiver, ca_pem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = "apprise.plugins.google_chat.NotifyGoogleChat.notify_url"
    monkeypatch.setattr(chat, f"https://localhost:{hook.port}/{{workspace}}")
    address = f"gchat://space/{TOKEN}/{TOKEN}"
    lines = [f"{number:04} {'x' * 90}" for number in range(100)]
    send(address, ca_pem, Letter(title="Long", body="\n".join(lines), tone="info"))
    send(address, ca_pem, Letter(title="Wide", body="y" * 9000, tone="info"))
    long, wide = (json.loads(one.body)["text"].split("\n")[1:] for one in hook.posted)
    assert long[-1] == "… (cut short)"
    assert long[:-1] == lines[: len(long) - 1]
    assert 3300 < len("\n".join(long)) <= GOOGLE_CHAT.letters_max
    assert wide[0].startswith("yyyy")
    assert wide[0].endswith("… (cut short)")
