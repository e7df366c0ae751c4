"""Hostile names, all the way: from a run's end to what each service is given."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import trustme

from strongroom.clock import SystemClock
from strongroom.control.records import Fault
from strongroom.service import happenings
from strongroom.wire.posting import door
from strongroom.wire.posting.destination import Destination, Letter
from strongroom.wire.posting.post import AppriseOffice
from strongroom.wire.posting.ways import MAIL, WAYS
from tests.fakes.mail_receiver import MailReceiver
from tests.fakes.posting_line import PostingLine
from tests.service.test_happenings import RUN, ended, trouble
from tests.wire_posting.addresses import OF_EACH_SORT

EVIL = (
    "x\r\nBcc: everybody@evil.example\r\n\r\n<script>alert(1)</script> <at>everyone</at> "
    "<!channel> <@U123|boss> @here [pay](https://evil.example) ![](https://evil.example/p.png) "
    "&lt;b&gt; **b** `c` | d |\n# head\n- item\u202e\x1b[31m\x00"
)


def letter() -> Letter:
    fault = Fault(exit_code=2, what=EVIL, why=EVIL, hint=EVIL)
    run = replace(RUN, job=EVIL, error=fault)
    told = happenings.of_run(run, ended(trouble(EVIL, fault)), frozenset())
    assert told is not None
    return Letter(title=told.title, body=told.body, tone="failure")


def texts(document: Any) -> Iterator[str]:
    if isinstance(document, str):
        yield document
    elif isinstance(document, dict):
        for one in document.values():
            yield from texts(one)
    elif isinstance(document, list):
        for one in document:
            yield from texts(one)


@pytest.mark.parametrize("sort", [way.sort for way in WAYS if way is not MAIL])
def test_no_service_is_given_markup_that_somebody_else_wrote(
    monkeypatch: pytest.MonkeyPatch, sort: str
) -> None:
    PostingLine.sent, PostingLine.proxies = [], []
    monkeypatch.setattr(door, "HttpsClient", PostingLine)
    AppriseOffice(SystemClock()).send(Destination(address=OF_EACH_SORT[sort]), letter())
    ((_, _, headers, document),) = PostingLine.sent
    told = [one for one in texts(document) if "everyone" in one]
    assert told
    for one in told:
        for live in ("<", ">", "](", "![", "**", "\u202e", "\x1b", "\x00", " @here", "&lt;"):
            assert live not in one, (live, one)
        lines = one.splitlines()
        assert not any(line.startswith(("Bcc", "# head", "- item")) for line in lines)
    assert "evil" not in json.dumps(dict(headers))
    assert "entities" not in json.dumps(document), "nobody is mentioned"


def test_no_mail_has_a_header_recipient_or_part_that_somebody_else_wrote() -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with MailReceiver(context) as receiver:
        address = (
            f"mailtos://localhost:{receiver.port}?smtp=localhost&from=vault@example.org"
            "&to=ops@example.org"
        )
        destination = Destination(address=address, ca_pem=authority.cert_pem.bytes().decode())
        AppriseOffice(SystemClock()).send(destination, letter())
    (mail,) = receiver.delivered
    assert mail.recipients == ["ops@example.org"]
    message = mail.message
    assert message.get_content_type() == "text/plain"
    assert not message.is_multipart()
    assert {name.lower() for name in message} == {
        "content-type", "mime-version", "content-transfer-encoding", "x-application", "subject",
        "from", "to", "message-id", "date",
    }  # fmt: skip
    assert str(message["Subject"]).startswith("Strongroom: the backup x Bcc: everybody@evil")
    assert "<" not in message.get_content()
