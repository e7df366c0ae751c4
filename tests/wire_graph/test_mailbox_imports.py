"""``importItem`` to the letter: what is sent where, and everything that may come back."""

from __future__ import annotations

import logging
from base64 import b64decode

import orjson
import pytest

from strongroom.errors import OperatorError, OutcomeUnknown, TransientError
from strongroom.wire.ews.faults import EwsItemError, Meaning
from strongroom.wire.ews.ids import ItemRef
from strongroom.wire.graph.mailbox.import_item import Importer, ImportItem
from strongroom.wire.graph.mailbox.import_session import NobodySignsIn, open_session
from strongroom.wire.graph.mailbox.incoming import Incoming
from strongroom.wire.graph.mailbox.make_folder import make_folder
from strongroom.wire.graph.mailbox.properties import Property
from strongroom.wire.graph.refusals import GraphDenied, GraphRefused
from strongroom.wire.origins import ForbiddenOrigin, Origin
from strongroom.wire.transport import Transport
from tests.fakes.canned_server import CLOSE, Reply, Seen
from tests.fakes.marked import MARK
from tests.wire_graph.mailbox_server import MAILBOX, PATH, TOKEN, Spoken, no, spoken, told

ADDRESS = f"/api/gv1.0/Mailboxes('{MAILBOX}')/importItem?authtoken=eyJ{MARK}"
TAKEN = {"itemId": "AAMk-new_=", "changeKey": "CQAB"}
ITEM = ImportItem(folder_id="AAMk/folder+=", data=b"\x01\x00stream" * 100)
ENDS = "2026-03-05T11:15:00.0000000Z"


def opened(port: int) -> bytes:
    return told(
        {"importUrl": f"https://localhost:{port}{ADDRESS}", "expirationDateTime": ENDS},
        Date="Thu, 05 Mar 2026 10:15:00 GMT",
    )


def importing(line: Spoken, *answers: Reply) -> Importer:
    """Have sessions opened whenever they are asked for, and imports answered in turn."""
    left = list(answers)

    def answer(seen: Seen) -> bytes | object:
        if "createImportSession" in seen.line:
            return opened(line.server.port)
        one = left.pop(0) if len(left) > 1 else left[0]
        return one(seen) if callable(one) else one

    line.server.replies = [answer]  # type: ignore[list-item]  # bytes or pieces, as given

    def open_(origin: Origin) -> Transport:
        assert origin == Origin(host="localhost", port=line.server.port)
        return Transport(str(origin), NobodySignsIn(), clock=line.clock, trust=line.server.trust)

    return Importer(line.line, open_, Incoming(line.clock))


def test_one_session_takes_many_items_and_is_shown_no_token() -> None:
    with spoken(b"") as line:
        importer = importing(line, told(TAKEN))
        assert importer.bring(ITEM) == ItemRef("AAMk/new+=", "CQAB")
        old = ItemRef("AAMk/old+=", "CQAA+/")
        importer.bring(ImportItem(folder_id=ITEM.folder_id, data=b"", replaces=old))
        assert line.asked == [f"POST {PATH}/createImportSession", *[f"POST {ADDRESS}"] * 2]
        first, second, third = line.server.seen
        assert first.headers["authorization"].endswith(TOKEN)
        for one in (second, third):
            assert "authorization" not in one.headers
            assert one.headers["content-type"] == "application/json"
        body = orjson.loads(second.body)
        assert b64decode(body.pop("Data")) == ITEM.data
        assert body == {"FolderId": "AAMk-folder_=", "Mode": "create"}
        assert orjson.loads(third.body) == {
            "FolderId": "AAMk-folder_=",
            "Mode": "update",
            "ItemId": "AAMk-old_=",
            "ChangeKey": "CQAA+/",
            "Data": "",
        }


def test_the_address_of_a_session_is_shown_nowhere() -> None:
    with spoken(b"") as line:
        importing(line, told(TAKEN))
        found = open_session(line.line)
        assert MARK not in repr(found)
        assert found.until_s == 3600 - 120


@pytest.mark.parametrize("query", ["authtoken=S3CR3T", "a=1&Ticket=S3CR3T", "S3CR3T"])
def test_the_query_of_a_session_is_in_no_log(query: str, caplog: pytest.LogCaptureFixture) -> None:
    with spoken(b"") as line:
        importing(line, told(TAKEN))
        open_session(line.line)
    with caplog.at_level("DEBUG", "urllib3.connectionpool"):
        # As the library writes it.
        address = f"/api/gv1.0/Mailboxes('M')/importItem?{query}"
        logging.getLogger("urllib3.connectionpool").debug('"%s %s" %s', "POST", address, 200)
    assert "importItem?" in caplog.text
    assert "S3CR3T" not in caplog.text


@pytest.mark.parametrize("url", ["http://localhost/x?authtoken=1", "ftp://localhost/", "https:///"])
def test_a_session_without_tls_is_not_used(url: str) -> None:
    with spoken(told({"importUrl": url})) as line, pytest.raises(ForbiddenOrigin) as caught:
        open_session(line.line)
    assert "authtoken" not in str(caught.value) + caught.value.hint


def test_a_session_without_an_address_is_none() -> None:
    with spoken(told({"importUrl": None})) as line, pytest.raises(TransientError):
        open_session(line.line)


@pytest.mark.parametrize(
    "answer",
    [
        told({}),
        told({"itemId": 7}),
        told([]),
        [told(TAKEN)[:-10], CLOSE],
        [CLOSE],
        no("500 Internal Server Error", "ErrorInternalServerError"),
        no("503 Service Unavailable", "ErrorMailboxStoreUnavailable"),
        no("504 Gateway Timeout", ""),
    ],
)
def test_what_is_no_answer_leaves_the_outcome_unknown_and_is_not_sent_again(answer: Reply) -> None:
    with spoken(b"") as line:
        importer = importing(line, answer)
        with pytest.raises(OutcomeUnknown) as caught:
            importer.bring(ITEM)
        assert MARK not in str(caught.value)
        assert len(line.server.seen) == 2


@pytest.mark.parametrize(
    ("answer", "wait_s"),
    [
        (no("429 Too Many Requests", "ApplicationThrottled", Retry_After="7"), 7),
        (no("503 Service Unavailable", "serviceNotAvailable", Retry_After="9"), 9),
    ],
)
def test_a_busy_server_is_waited_for_and_asked_again(answer: bytes, wait_s: float) -> None:
    with spoken(b"") as line:
        importer = importing(line, answer, told(TAKEN))
        assert importer.bring(ITEM) == ItemRef("AAMk/new+=", "CQAB")
        assert line.clock.monotonic_s() >= wait_s
        assert len(line.server.seen) == 3


def test_a_session_that_is_not_taken_is_renewed_and_not_for_ever() -> None:
    refused = no("401 Unauthorized", "InvalidAuthenticationToken")
    with spoken(b"") as line:
        importer = importing(line, refused, told(TAKEN))
        assert isinstance(importer.bring(ITEM), ItemRef)
        assert sum("createImportSession" in one for one in line.asked) == 2
    with spoken(b"") as line:
        importer = importing(line, refused)
        with pytest.raises(OperatorError, match="does not take the import sessions"):
            importer.bring(ITEM)
        assert len(line.asked) == 8


@pytest.mark.parametrize(
    ("status", "code", "meaning"),
    [
        ("400 Bad Request", "ErrorCorruptData", Meaning.CORRUPT),
        ("413 Payload Too Large", "", Meaning.TOO_LARGE),
        ("400 Bad Request", "ErrorMessageSizeExceeded", Meaning.TOO_LARGE),
        ("404 Not Found", "ErrorItemNotFound", Meaning.GONE),
        ("409 Conflict", "ErrorIrresolvableConflict", Meaning.CONFLICT),
        ("418 Teapot", "Unheard", Meaning.UNKNOWN),
        ("403 Forbidden", "ErrorAccessDenied", Meaning.DENIED),
    ],
)
def test_a_no_to_one_item_is_told_of_that_item(status: str, code: str, meaning: Meaning) -> None:
    with spoken(b"") as line:
        found = importing(line, no(status, code)).bring(ITEM)
        assert isinstance(found, EwsItemError)
        assert found.meaning is meaning
        assert "CANARY" not in found.text


def test_a_full_mailbox_a_missing_right_and_a_redirect_end_it() -> None:
    with spoken(b"") as line, pytest.raises(GraphRefused, match="full") as caught:
        importing(line, no("403 Forbidden", "ErrorQuotaExceeded")).bring(ITEM)
    assert "quota" in caught.value.hint
    with spoken(b"") as line:
        importer = importing(line, told(TAKEN))
        line.server.replies = [no("403 Forbidden", "ErrorAccessDenied")]
        with pytest.raises(GraphDenied):
            importer.bring(ITEM)
    with spoken(b"") as line, pytest.raises(OperatorError, match="sends us elsewhere"):
        importing(line, told({}, "302 Found", Location="https://else.example/")).bring(ITEM)


def test_another_part_of_the_archive_is_opened_by_graph_itself() -> None:
    there = "MBX:767f1867@a7809c93"
    moved = {"Message": f"The target session is expected in mailbox {there}."}
    with spoken(b"") as line:
        importer = importing(line, told(moved, "409 Conflict"), told(TAKEN))
        assert isinstance(importer.bring(ITEM), ItemRef)
        assert isinstance(importer.bring(ITEM), ItemRef)
        sessions = [one for one in line.asked if "createImportSession" in one]
        assert sessions[1] == f"POST /beta/admin/exchange/mailboxes/{there}/createImportSession"
        assert len(line.asked) == 5, "the second item goes there at once"


def test_a_folder_is_made_with_its_class_and_hiding() -> None:
    made = {"id": "AAMk-f_=", "parentFolderId": "AAMk-p_=", "displayName": "Straße"}
    with spoken(told(made, "201 Created")) as line:
        hidden = {Property("Boolean", 0x10F4): "true"}
        found = make_folder(line.line, "AAMk/p+=", "Straße", "IPF.Note", hidden)
        assert found.id == "AAMk/f+="
        assert line.asked == [f"POST {PATH}/folders/AAMk-p_=/childFolders"]
        assert line.body(0) == {
            "displayName": "Straße",
            "type": "IPF.Note",
            "singleValueExtendedProperties": [{"id": "Boolean 0x10F4", "value": "true"}],
        }


@pytest.mark.parametrize("status", ["401 Unauthorized", "410 Gone"])
def test_an_address_that_is_not_taken_any_more_is_asked_for_anew(status: str) -> None:
    with spoken(b"") as line:
        importer = importing(line, no(status, ""), told(TAKEN))
        assert importer.bring(ITEM) == ItemRef("AAMk/new+=", "CQAB")
        assert sum("createImportSession" in one for one in line.asked) == 2
