"""A sign-in that a server does not take any more: found out with few requests, then left alone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from random import Random

import pytest
import trustme

from strongroom.errors import AccessDenied, SignInEnded, TransientError
from strongroom.pace.pace import Pace
from strongroom.pace.patience import Budget
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.create_folder import NewFolder, create_folders
from strongroom.wire.ews.get_folder import get_folders
from strongroom.wire.ews.get_server_time_zones import get_server_time_zones
from strongroom.wire.ews.ids import Distinguished
from strongroom.wire.sign_in import BasicSignIn, BearerSignIn, SignIn
from strongroom.wire.sign_in.doubt import Doubt
from strongroom.wire.sign_in.windows import NtlmSignIn
from strongroom.wire.transport import Transport
from tests.fakes.canned_server import CannedServer, Reply, Seen, http
from tests.fakes.ews import fault, golden, soap
from tests.fakes.open_slots import open_slots
from tests.fakes.patient_clock import PatientClock

ZONES = http(soap(golden("GetServerTimeZones.reply")))
NO = http(status="401 Unauthorized", headers=[("WWW-Authenticate", 'Basic realm="x"')])
ENDED = SignInEnded("Refused.")


class Bench:
    """A canned server that answers all lines at once, and a connection to it."""

    def __init__(self, server: CannedServer, sign_in: SignIn) -> None:
        self.server = server
        self.clock = PatientClock()
        self.transport = Transport(server.url, sign_in, clock=self.clock, trust=server.trust)
        self.connection = EwsConnection(
            self.transport,
            clock=self.clock,
            pace=Pace(self.clock, deciders=open_slots(8)),
            random=Random(7),
            budget=Budget(wait_s=900),
        )


Start = Callable[..., Bench]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def start(authority: trustme.CA) -> Iterator[Start]:
    running: list[Bench] = []

    def begin(*replies: Reply, sign_in: SignIn | None = None) -> Bench:
        server = CannedServer(replies, authority=authority)
        server.__enter__()
        running.append(Bench(server, sign_in or BasicSignIn("svc@lab.example", "made-up")))
        return running[-1]

    yield begin
    for bench in running:
        bench.transport.close()
        bench.server.__exit__(None, None, None)


@pytest.mark.parametrize("is_over", [False, True])
def test_a_write_that_was_not_let_in_is_sent_once_more(
    start: Start,
    is_over: bool,  # noqa: FBT001 - a parameter of the table
) -> None:
    created = http(soap(golden("CreateFolder.reply")))
    bench = start(ZONES, NO, NO if is_over else created, NO)
    get_server_time_zones(bench.connection)
    parent, new = Distinguished("inbox"), NewFolder(name="New")
    if is_over:
        with pytest.raises(SignInEnded):
            create_folders(bench.connection, parent, [new])
    else:
        assert create_folders(bench.connection, parent, [new])
    assert len(bench.server.seen) == 3
    assert sum(bench.clock.slept) >= 5


def test_once_it_is_over_nothing_more_is_sent(start: Start) -> None:
    bench = start(NO)
    for _ in range(3):
        with pytest.raises(SignInEnded, match=r"refused the sign-in of svc@lab\.example"):
            get_server_time_zones(bench.connection)
    assert len(bench.server.seen) == 1


def test_a_refusal_that_passes_is_waited_for_and_forgotten(start: Start) -> None:
    bench = start(ZONES, NO, ZONES, NO, ZONES)
    for _ in range(3):
        get_server_time_zones(bench.connection)
    assert len(bench.server.seen) == 5


def test_many_lines_that_are_refused_at_once_find_out_with_two_more_requests(start: Start) -> None:
    lines = 4
    together = threading.Barrier(lines)
    refused: list[Seen] = []

    class AtOnce(CannedServer):
        def _answer(self, connection: object, request: Seen) -> None:
            with self._lock:
                self.seen.append(request)
                number = len(self.seen)
            if lines < number <= 2 * lines:
                together.wait(20)
            if number > lines:
                refused.append(request)
            connection.sendall(NO if number > lines else ZONES)  # type: ignore[attr-defined]

    bench = start(ZONES)
    with AtOnce([b""], authority=bench.server.authority) as server:
        at_once = Bench(server, BasicSignIn("svc@lab.example", "made-up"))

        def ask_twice() -> None:
            get_server_time_zones(at_once.connection)
            signed_in.wait(20)
            try:
                get_folders(bobs, [Distinguished("inbox")])
            except SignInEnded as error:
                told.append(error)

        bobs = at_once.connection.for_mailbox("bob@lab.example")
        told: list[SignInEnded] = []
        signed_in = threading.Barrier(lines)
        threads = [threading.Thread(target=ask_twice) for _ in range(lines)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        at_once.transport.close()
    assert len(told) == lines
    assert len(refused) == lines + 2, "those on their way, and two that found out for all"


def test_a_line_that_is_new_among_lines_that_were_let_in_has_its_second_look_too(
    start: Start,
) -> None:
    bench = start(ZONES, NO, ZONES)
    get_server_time_zones(bench.connection)
    line = threading.Thread(target=get_server_time_zones, args=(bench.connection,))
    line.start()
    line.join(30)
    assert len(bench.server.seen) == 3


def test_a_line_that_was_not_refused_yet_does_not_begin_anew(start: Start) -> None:
    bench = start(ZONES, NO)
    get_server_time_zones(bench.connection)
    reply = bench.transport.post(b"<q/>", {})
    assert (reply.status, reply.had_success) == (401, True), "it may pass"
    reply.close()
    # A line that was let in before, and has not heard of the refusal.
    bench.transport._line().had_success = True
    reply = bench.transport.post(b"<q/>", {})
    assert (reply.status, reply.had_success) == (401, False), "it does not"
    reply.close()


def test_one_mailbox_that_says_no_by_itself_ends_nothing(start: Start) -> None:
    def all_but_bob(request: Seen) -> bytes:
        return NO if b"bob@lab.example" in request.body else ZONES

    bench = start(all_but_bob)
    for _ in range(2):
        with pytest.raises(AccessDenied, match=r"bob@lab\.example does not let svc") as caught:
            get_folders(bench.connection.for_mailbox("bob@lab.example"), [Distinguished("inbox")])
        assert not isinstance(caught.value, SignInEnded)
    get_server_time_zones(bench.connection)


def test_a_server_that_does_not_know_the_question_has_let_us_in_all_the_same(start: Start) -> None:
    unknown = http(fault("ErrorInvalidRequest"), status="500 Internal Server Error")

    def all_but_bob(request: Seen) -> bytes:
        return NO if b"bob@lab.example" in request.body else unknown

    bench = start(all_but_bob)
    with pytest.raises(AccessDenied) as caught:
        get_folders(bench.connection.for_mailbox("bob@lab.example"), [Distinguished("inbox")])
    assert not isinstance(caught.value, SignInEnded)


def test_a_sign_in_that_is_refused_in_every_mailbox_is_over_after_two_requests(
    start: Start,
) -> None:
    bench = start(NO)
    for mailbox in ("bob@lab.example", "eve@lab.example"):
        with pytest.raises(SignInEnded):
            get_folders(bench.connection.for_mailbox(mailbox), [Distinguished("inbox")])
    assert len(bench.server.seen) == 2


def test_a_new_connection_whose_sign_in_is_refused_from_the_start_is_not_tried_again(
    start: Start,
) -> None:
    bench = start(
        http(status="401 No", headers=[("WWW-Authenticate", "NTLM")]),
        sign_in=NtlmSignIn("LAB\\svc", "made-up"),
    )
    for _ in range(3):
        with pytest.raises(SignInEnded, match="by NTLM"):
            get_server_time_zones(bench.connection)
    assert len(bench.server.seen) == 1
    assert bench.clock.slept == []


def test_a_way_that_is_not_offered_needs_the_servers_administrator(start: Start) -> None:
    bench = start(NO, sign_in=NtlmSignIn("LAB\\svc", "made-up"))
    with pytest.raises(SignInEnded, match="does not offer NTLM") as caught:
        get_server_time_zones(bench.connection)
    assert not caught.value.is_proof_refused


def test_who_was_let_in_before_there_was_a_doubt_does_not_clear_it(start: Start) -> None:
    def late(_request: Seen) -> bytes:
        # Another line is refused while this one's answer is on its way.
        bench.transport.doubt.begin()
        return ZONES

    bench = start(late, ZONES)
    get_server_time_zones(bench.connection)
    with bench.transport.doubt.request():
        assert bench.transport.doubt.is_second_look()
    get_server_time_zones(bench.connection)
    with bench.transport.doubt.request():
        assert not bench.transport.doubt.is_second_look()


def test_a_token_that_is_refused_for_good_ends_it_for_all_lanes(start: Start) -> None:
    def renew(_challenges: object) -> bool:
        raise ENDED

    bench = start(NO, sign_in=BearerSignIn("ann", lambda: "token", renew=renew))
    for _ in range(2):
        with pytest.raises(SignInEnded):
            get_server_time_zones(bench.connection)
    assert len(bench.server.seen) == 1


def test_the_first_refusal_lets_the_others_pass_one_at_a_time() -> None:
    doubt = Doubt()
    with doubt.request():
        assert not doubt.is_second_look()
        doubt.begin()
        assert not doubt.is_second_look(), "it was on its way already"
    inside: list[bool] = []

    def other() -> None:
        with doubt.request():
            inside.append(doubt.is_second_look())

    with doubt.request():
        assert doubt.is_second_look()
        thread = threading.Thread(target=other)
        thread.start()
        thread.join(0.05)
        assert inside == []
    thread.join(20)
    assert inside == [True]
    doubt.clear()
    with doubt.request():
        assert not doubt.is_second_look()


def test_what_waits_behind_the_one_that_found_out_is_not_sent() -> None:
    doubt = Doubt()
    doubt.begin()
    with doubt.request():
        doubt.end(ENDED)
    with pytest.raises(SignInEnded, match="Refused"), doubt.request():
        raise AssertionError("it was sent")
    doubt.clear()
    with pytest.raises(SignInEnded), doubt.request():
        raise AssertionError("over is over")


@pytest.mark.parametrize("is_heard_before", [False, True])
def test_a_domain_controller_that_is_away_for_a_moment_costs_one_wait(
    start: Start,
    monkeypatch: pytest.MonkeyPatch,
    is_heard_before: bool,  # noqa: FBT001 - a parameter of the table
) -> None:
    bench = start(ZONES)
    refusals = [SignInEnded("No."), SignInEnded("No."), SignInEnded("No.")]
    line = bench.transport._line()
    real = line.pool.urlopen
    if is_heard_before:
        get_server_time_zones(bench.connection)

    def refuse(*arguments: object, **more: object) -> object:
        if refusals:
            raise refusals.pop()
        return real(*arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(line.pool, "urlopen", refuse)
    if is_heard_before:
        with pytest.raises(TransientError) as caught:
            bench.transport.post(b"", {})
        assert caught.value.is_throttle
        # A connection that was signed in before goes on, which proves nothing about a new one.
        bench.transport.doubt.clear()
    with pytest.raises(SignInEnded):
        bench.transport.post(b"", {})
    left = len(refusals)
    with pytest.raises(SignInEnded):
        bench.transport.post(b"", {})
    assert len(refusals) == left
