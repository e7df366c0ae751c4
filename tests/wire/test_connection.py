"""The connection against canned answers: what is tried again, what is raised, what is obeyed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest
import trustme

from strongroom.errors import (
    AccessDenied,
    ItemError,
    OperatorError,
    OutcomeUnknown,
    ServerUnreachable,
    TransientError,
)
from strongroom.pace.pace import Pace
from strongroom.pace.patience import Budget
from strongroom.pace.turn import Turn
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.create_folder import NewFolder, create_folders
from strongroom.wire.ews.export_items import operation as export_operation
from strongroom.wire.ews.faults import EwsItemError, RequestDenied, RequestRefused
from strongroom.wire.ews.get_folder import get_folders
from strongroom.wire.ews.get_server_time_zones import get_server_time_zones
from strongroom.wire.ews.ids import Distinguished, ItemRef
from strongroom.wire.ews.resolve_names import resolve_names
from strongroom.wire.ews.things import EwsFolder
from strongroom.wire.ews.update_item import ItemUpdate, update_items
from strongroom.wire.reply import Reply as HttpReply
from strongroom.wire.sign_in import BasicSignIn
from strongroom.wire.transport import Transport
from tests.fakes.canned_server import CLOSE, CannedServer, Reply, http
from tests.fakes.ews import fault, golden, soap
from tests.fakes.patient_clock import PatientClock

ZONES = http(soap(golden("GetServerTimeZones.reply")))
CREATED = http(soap(golden("CreateFolder.reply")))
BUSY = http(
    fault("ErrorServerBusy", "Later.", back_off_ms=297749), status="500 Internal Server Error"
)


class Bench:
    """A canned server and a connection to it, on a clock that never really waits."""

    def __init__(self, server: CannedServer, folder: Path) -> None:
        self.server = server
        self.clock = PatientClock()
        self.pace = Pace(self.clock)
        self.transport = Transport(
            server.url,
            BasicSignIn("svc@lab.example", "secret"),
            clock=self.clock,
            trust=server.trust,
        )
        self.connection = EwsConnection(
            self.transport,
            clock=self.clock,
            pace=self.pace,
            random=Random(7),
            budget=Budget(wait_s=900),
        )


Start = Callable[..., Bench]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def start(tmp_path: Path, authority: trustme.CA) -> Iterator[Start]:
    running: list[Bench] = []

    def begin(*replies: Reply) -> Bench:
        server = CannedServer(replies, authority=authority)
        server.__enter__()
        running.append(Bench(server, tmp_path))
        return running[-1]

    yield begin
    for bench in running:
        bench.transport.close()
        bench.server.__exit__(None, None, None)


def messages(operation: str, *each: str) -> bytes:
    return http(
        soap(
            f"<m:{operation}Response><m:ResponseMessages>"
            + "".join(each)
            + f"</m:ResponseMessages></m:{operation}Response>"
        )
    )


def folder_told(name: str) -> str:
    return (
        '<m:GetFolderResponseMessage ResponseClass="Success">'
        "<m:ResponseCode>NoError</m:ResponseCode>"
        f'<m:Folders><t:Folder><t:FolderId Id="{name}="/><t:DisplayName>{name}</t:DisplayName>'
        "</t:Folder></m:Folders></m:GetFolderResponseMessage>"
    )


def folder_refused(code: str, response_class: str = "Error") -> str:
    return (
        f'<m:GetFolderResponseMessage ResponseClass="{response_class}">'
        f"<m:MessageText>no</m:MessageText><m:ResponseCode>{code}</m:ResponseCode>"
        "<m:DescriptiveLinkKey>0</m:DescriptiveLinkKey><m:Folders/></m:GetFolderResponseMessage>"
    )


def test_a_busy_server_is_left_alone_as_long_as_it_says(start: Start) -> None:
    bench = start(BUSY, ZONES)
    assert get_server_time_zones(bench.connection) == {"UTC": "(UTC) Coordinated Universal Time"}
    assert 297.749 <= bench.clock.monotonic_s() < 306
    assert bench.transport.meter.now().throttled == 1


@pytest.mark.parametrize("is_impersonating", [True, False])
def test_an_order_to_wait_holds_for_every_view_that_pays_from_the_same_budget(
    start: Start,
    is_impersonating: bool,  # noqa: FBT001 - a parameter of the table
) -> None:
    bench = start(BUSY, CREATED)
    account = EwsConnection(
        bench.transport,
        clock=bench.clock,
        pace=bench.pace,
        random=Random(7),
        is_impersonating=is_impersonating,
    )
    ann, bob = (account.for_mailbox(f"{name}@lab.example") for name in ("ann", "bob"))
    with pytest.raises(TransientError) as caught:
        create_folders(ann, "A=", [NewFolder(name="x")])
    assert caught.value.is_throttle
    create_folders(bob, "A=", [NewFolder(name="x")])
    assert (bench.clock.monotonic_s() >= 297.749) is not is_impersonating
    create_folders(ann, "A=", [NewFolder(name="x")])
    assert bench.clock.monotonic_s() >= 297.749


def test_retry_after_of_a_full_queue_is_obeyed(start: Start) -> None:
    full = http(status="503 Service Unavailable", headers=[("Retry-After", "17")])
    bench = start(full, ZONES)
    get_server_time_zones(bench.connection)
    assert 17 <= bench.clock.monotonic_s() < 19


def test_retry_after_may_be_a_date(start: Start) -> None:
    headers = [("Retry-After", "Thu, 05 Mar 2026 10:15:30 GMT")]
    bench = start(http(status="429 Too Many Requests", headers=headers), ZONES)
    get_server_time_zones(bench.connection)
    assert 30 <= bench.clock.monotonic_s() < 32


def test_patience_ends(start: Start) -> None:
    bench = start(BUSY)
    with pytest.raises(TransientError):
        get_server_time_zones(bench.connection)
    assert bench.clock.monotonic_s() <= 900
    # Three orders of 298 s fit into it, a little more than each is waited, and a second after each.
    assert len(bench.server.seen) == 3


@pytest.mark.parametrize(
    "hiccup",
    [
        [CLOSE],
        [http(b"<a>", length=50), CLOSE],
        [b"HTTP/1.1 200 OK\r\nContent-", CLOSE],
        http(soap(golden("GetServerTimeZones.reply"))[:-20]),
        http(
            b"<html>Server Error in '/EWS' Application</html>", status="500 Internal Server Error"
        ),
        http(status="502 Bad Gateway"),
        http(status="449 Retry With"),
        http(fault("ErrorInternalServerTransientError")),
        http(fault("ErrorMailboxStoreUnavailable"), status="500 Internal Server Error"),
        http(status="302 Found", headers=[("Location", "/ews/genericerrorpage.htm?aspx=/x")]),
    ],
)
def test_a_hiccup_is_healed_by_asking_again(start: Start, hiccup: Reply) -> None:
    bench = start(hiccup, hiccup, ZONES)
    assert get_server_time_zones(bench.connection)
    assert len(bench.server.seen) == 3
    assert len(bench.clock.slept) == 2


@pytest.mark.parametrize(
    "hiccup",
    [
        [CLOSE],
        [http(b"<a>", length=50), CLOSE],
        [b"HTTP/1.1 200 OK\r\nContent-", CLOSE],
        http(soap(golden("CreateFolder.reply"))[:-20]),
        http(b"<html>Server Error</html>", status="500 Internal Server Error"),
        http(status="504 Gateway Timeout"),
        http(fault("ErrorInternalServerTransientError")),
        http(fault("ErrorTimeoutExpired"), status="500 Internal Server Error"),
        messages("CreateFolder"),
    ],
)
def test_the_same_hiccup_leaves_a_write_unknown_and_unrepeated(start: Start, hiccup: Reply) -> None:
    bench = start(hiccup, CREATED)
    with pytest.raises(OutcomeUnknown):
        create_folders(bench.connection, "A=", [NewFolder(name="x")])
    assert len(bench.server.seen) == 1


REFUSALS: list[tuple[Reply, type[Exception], str]] = [
    (http(status="401 Unauthorized"), AccessDenied, "sign-in of svc@lab.example"),
    (http(status="403 Forbidden"), AccessDenied, "use Exchange Web Services"),
    (http(status="404 Not Found"), OperatorError, "has no Exchange Web Services"),
    (http(status="413 Too Large"), ItemError, "larger than"),
    (
        http(status="404 Not Found", headers=[("X-IIS-Substatus", "13")]),
        ItemError,
        "larger than",
    ),
    (http(status="456 Blocked"), AccessDenied, "blocked"),
    (http(status="418 Teapot"), OperatorError, "do not know"),
    (
        http(status="302 Found", headers=[("Location", "https://x/owa/auth/logon.aspx?t=s")]),
        OperatorError,
        "web form",
    ),
    (
        http(status="301 Moved", headers=[("Location", "https://evil.example/EWS?token=s")]),
        OperatorError,
        r"to https://evil\.example/EWS\)",
    ),
    (
        http(status="500 Error", headers=[("X-CasErrorCode", "CAS error: no BE")]),
        ServerUnreachable,
        "CAS error",
    ),
    (http(b"<!DOCTYPE html><html>sign in</html>"), OperatorError, "web page"),
    (http(fault("ErrorImpersonateUserDenied"), status="500 Error"), RequestDenied, "may not"),
    (http(fault("ErrorNonExistentMailbox"), status="500 Error"), RequestRefused, "mailbox"),
    (http(fault("ErrorInvalidRequest"), status="500 Error"), RequestRefused, "not accept"),
]


@pytest.mark.parametrize(("reply", "kind", "words"), REFUSALS)
def test_a_refusal_is_said_once_and_in_words(
    start: Start, reply: Reply, kind: type[Exception], words: str
) -> None:
    bench = start(reply)
    with pytest.raises(kind, match=words) as caught:
        get_server_time_zones(bench.connection)
    assert len(bench.server.seen) == 1
    assert "secret" not in f"{caught.value} {caught.value!r}"


def test_a_401_after_a_success_is_taken_for_load_once(start: Start) -> None:
    no = http(status="401 Unauthorized", headers=[("WWW-Authenticate", 'Basic realm="x"')])
    bench = start(ZONES, no, ZONES, no, no)
    get_server_time_zones(bench.connection)
    get_server_time_zones(bench.connection)
    assert len(bench.server.seen) == 3
    with pytest.raises(AccessDenied, match="it offers: Basic"):
        get_server_time_zones(bench.connection)
    assert len(bench.server.seen) == 5


def test_an_older_server_is_asked_in_an_older_schema_from_then_on(start: Start) -> None:
    old = http(fault("ErrorInvalidServerVersion"), status="500 Internal Server Error")
    updated = http(soap(golden("UpdateItem.reply")))
    bench = start(old, ZONES, updated)
    get_server_time_zones(bench.connection)
    update_items(
        bench.connection.for_mailbox("bob@lab.example"),
        [ItemUpdate(item=ItemRef("A="), changes=())],
    )
    asked = [b'Version="Exchange2010_SP2"' in seen.body for seen in bench.server.seen]
    assert asked == [False, True, True]
    assert b"SuppressReadReceipts" not in bench.server.seen[2].body
    assert bench.clock.slept == []


def test_a_server_that_likes_no_schema_is_told_of(start: Start) -> None:
    bench = start(http(fault("ErrorInvalidServerVersion"), status="500 Internal Server Error"))
    with pytest.raises(RequestRefused):
        get_server_time_zones(bench.connection)
    assert len(bench.server.seen) == 3


def test_impersonation_names_the_mailbox_in_the_envelope_and_to_the_front_end(
    start: Start,
) -> None:
    bench = start(ZONES)
    get_server_time_zones(bench.connection.for_mailbox("o'b&b@lab.example"))
    seen = bench.server.seen[0]
    assert seen.headers["x-anchormailbox"] == "o'b&b@lab.example"
    assert b"<t:SmtpAddress>o'b&amp;b@lab.example</t:SmtpAddress>" in seen.body
    assert seen.headers["x-preferserveraffinity"] == "true"
    assert len(seen.headers["client-request-id"]) == 36


def test_a_delegate_names_the_mailbox_in_fixed_folder_names(start: Start) -> None:
    bench = start(messages("GetFolder", folder_told("Inbox")))
    delegate = EwsConnection(
        bench.transport,
        clock=bench.clock,
        pace=bench.pace,
        random=Random(1),
        mailbox="bob@lab.example",
        is_impersonating=False,
    )
    get_folders(delegate, [Distinguished("inbox")])
    body = bench.server.seen[0].body
    assert b"ExchangeImpersonation" not in body
    assert b"<t:EmailAddress>bob@lab.example</t:EmailAddress>" in body


def test_affinity_cookies_go_back_and_others_do_not(start: Start) -> None:
    cookies = [
        ("Set-Cookie", "X-BackEndCookie=abc~1; expires=Mon, 23-Nov-2026 09:00:00 GMT; secure"),
        ("Set-Cookie", "X-BackEndOverrideCookie=EX01~2; path=/; secure; HttpOnly"),
        ("Set-Cookie", "tracker=yes"),
        ("X-FEServer", "EX01"),
        ("X-BEServer", "EX02"),
        ("X-CalculatedBETarget", "ex02.lab.example"),
    ]
    body = soap(golden("GetServerTimeZones.reply"))
    bench = start(http(body, headers=cookies), ZONES, [CLOSE], ZONES)
    get_server_time_zones(bench.connection)
    facts = bench.connection.facts
    assert (facts.front_end, facts.back_end, facts.back_end_target) == (
        "EX01",
        "EX02",
        "ex02.lab.example",
    )
    assert str(facts.version) == "15.2.2562.17"
    get_server_time_zones(bench.connection)
    get_server_time_zones(bench.connection)
    sent = [seen.headers.get("cookie") for seen in bench.server.seen]
    both = "X-BackEndCookie=abc~1; X-BackEndOverrideCookie=EX01~2"
    assert sent[0] is None
    assert sorted(str(sent[1]).split("; ")) == sorted(both.split("; "))
    assert sent[3] is None, "a back end that failed is not asked for again"


def test_stopped_items_are_asked_again_and_lasting_errors_are_not(start: Start) -> None:
    bench = start(
        messages(
            "GetFolder",
            folder_told("A"),
            folder_refused("ErrorAccessDenied"),
            folder_refused("ErrorBatchProcessingStopped", "Warning"),
        ),
        messages("GetFolder", folder_told("C")),
    )
    a, b, c = get_folders(bench.connection, ["A=", "B=", "C="])
    assert isinstance(a, EwsFolder)
    assert isinstance(b, EwsItemError)
    assert isinstance(c, EwsFolder)
    assert (a.name, b.code, c.name) == ("A", "ErrorAccessDenied", "C")
    assert b'Id="A="' not in bench.server.seen[1].body


def test_too_much_at_once_is_halved_until_it_fits(start: Start) -> None:
    late = http(fault("ErrorTimeoutExpired"), status="500 Internal Server Error")
    bench = start(
        late,
        messages("GetFolder", folder_told("A")),
        messages("GetFolder", folder_told("B")),
    )
    told = get_folders(bench.connection, ["A=", "B="])
    assert [folder.name for folder in told if isinstance(folder, EwsFolder)] == ["A", "B"]
    assert bench.clock.slept == []


def test_an_item_that_the_server_can_never_give_becomes_a_result(start: Start) -> None:
    bench = start(messages("GetFolder", folder_refused("ErrorInternalServerError")))
    (result,) = get_folders(bench.connection, ["A="])
    assert isinstance(result, EwsItemError)
    assert result.code == "ErrorInternalServerError"


def test_a_store_that_is_down_for_all_is_waited_for(start: Start) -> None:
    down = messages("GetFolder", folder_refused("ErrorMailboxStoreUnavailable"))
    bench = start(*[down] * 6, messages("GetFolder", folder_told("A")))
    (folder,) = get_folders(bench.connection, ["A="])
    assert isinstance(folder, EwsFolder)
    assert len(bench.clock.slept) == 6


def test_no_match_is_an_empty_result(start: Start) -> None:
    nobody = (
        '<m:ResolveNamesResponseMessage ResponseClass="Error"><m:MessageText>none</m:MessageText>'
        "<m:ResponseCode>ErrorNameResolutionNoResults</m:ResponseCode>"
        "</m:ResolveNamesResponseMessage>"
    )
    bench = start(messages("ResolveNames", nobody))
    assert resolve_names(bench.connection, "nobody") == ()


def test_a_single_thing_that_is_always_too_much_becomes_a_result(start: Start) -> None:
    bench = start(http(fault("ErrorTimeoutExpired"), status="500 Internal Server Error"))
    (result,) = get_folders(bench.connection, ["A="])
    assert isinstance(result, EwsItemError)
    assert result.code == "too-much"
    assert len(bench.server.seen) == 4


def test_an_address_that_no_header_can_carry_is_named_in_the_envelope_alone(start: Start) -> None:
    bench = start(ZONES)
    get_server_time_zones(bench.connection.for_mailbox("łukasz@lab.example"))
    seen = bench.server.seen[0]
    assert "x-anchormailbox" not in seen.headers
    assert "<t:SmtpAddress>łukasz@lab.example</t:SmtpAddress>".encode() in seen.body


def test_a_request_has_one_slot_until_its_answer_is_read(start: Start) -> None:
    bench = start(BUSY, ZONES, ZONES)
    taken: list[int] = []

    def consume(reply: HttpReply, _: Turn) -> None:
        taken.extend(bench.pace.report().in_flight for _ in reply.pieces())

    bench.connection.stream(lambda: export_operation(["AAA="]), consume)
    assert taken
    assert set(taken) == {1}
    get_server_time_zones(bench.connection)
    assert bench.pace.report().in_flight == 0
