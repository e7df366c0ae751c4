"""What an object store answers is told by who must act, and nothing that lets us in is told."""

from __future__ import annotations

import socket
import traceback

import pytest

from strongroom.errors import (
    AccessDenied,
    IntegrityError,
    OperatorError,
    ServerUnreachable,
    StorageFull,
    StrongroomError,
    TransientError,
)
from strongroom.store import objects
from strongroom.store.backend import Below, DeleteRefused, NotStored
from strongroom.store.unproven import NotProven
from tests.fakes.answering_object_store import (
    ACCOUNT_KEY,
    CALLS,
    S3,
    SAS,
    SERVICES,
    SESSION_TOKEN,
    Open,
    answer,
    azure,
    google,
    opened,
    refusal,
    s3,
    told,
)
from tests.fakes.canned_server import CLOSE, CannedServer
from tests.fakes.marked import MARK, register


@pytest.mark.parametrize(
    ("service", "verb"),
    [(s3, "save"), (s3, "list"), (azure, "save"), (azure, "load"), (google, "load")],
)
@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        ("403 Forbidden", "AccessDenied", AccessDenied),
        ("401 Unauthorized", "", AccessDenied),
        ("400 Bad Request", "ExpiredToken", AccessDenied),
        ("403 Forbidden", "RequestTimeTooSkewed", OperatorError),
        ("400 Bad Request", "AuthorizationHeaderMalformed", OperatorError),
        ("404 Not Found", "NoSuchBucket", OperatorError),
        ("507 Insufficient Storage", "", StorageFull),
        ("403 Forbidden", "QuotaExceeded", StorageFull),
        ("501 Not Implemented", "NotImplemented", OperatorError),
        ("418 I'm a teapot", "Teapot", OperatorError),
        ("503 Slow Down", "SlowDown", TransientError),
        ("429 Too Many Requests", "", TransientError),
        ("500 Internal Server Error", "InternalError", TransientError),
        ("502 Bad Gateway", "", TransientError),
        ("504 Gateway Timeout", "", TransientError),
        ("400 Bad Request", "RequestTimeout", TransientError),
    ],
)
def test_a_refusal_is_told_by_who_must_act(
    service: Open, verb: str, status: str, code: str, error: type[StrongroomError]
) -> None:
    caught = told(service, verb, refusal(status, code))
    assert type(caught) is error
    assert caught.hint
    assert status[:3] in caught.why
    assert code in caught.why


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("verb", ["load", "load_range", "list", "folders", "delete"])
def test_a_conflict_is_something_else_than_a_name_that_is_taken(service: Open, verb: str) -> None:
    assert type(told(service, verb, refusal("409 Conflict", "LeaseIdMissing"))) is OperatorError
    assert type(told(service, verb, refusal("409 Conflict", "OperationAborted"))) is TransientError


@pytest.mark.parametrize(
    ("service", "status", "code"),
    [
        (azure, "409 Conflict", "BlobImmutableDueToPolicy"),
        (google, "403 Forbidden", "RetentionPolicyNotMet"),
        (google, "403 Forbidden", "ObjectUnderActiveHold"),
    ],
)
def test_what_a_policy_keeps_is_not_deleted(service: Open, status: str, code: str) -> None:
    assert type(told(service, "delete", refusal(status, code))) is DeleteRefused


@pytest.mark.parametrize("service", SERVICES)
def test_what_is_stored_can_only_miss_its_bucket(service: Open) -> None:
    caught = told(service, "save", refusal("404 Not Found"))
    assert type(caught) is OperatorError
    assert "bucket" in caught.why


def test_a_server_that_is_too_busy_says_so() -> None:
    caught = told(s3, "load", refusal("503 Slow Down", "SlowDown"))
    assert isinstance(caught, TransientError)
    assert caught.is_throttle


@pytest.mark.parametrize("service", SERVICES)
def test_what_is_not_there_is_something_else_than_a_bucket_that_is_not_there(service: Open) -> None:
    code = {s3: "NoSuchKey", azure: "BlobNotFound", google: "NoSuchKey"}[service]
    assert type(told(service, "load", refusal("404 Not Found", code))) is NotStored


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("verb", CALLS)
def test_nothing_that_lets_anybody_in_is_ever_told(service: Open, verb: str) -> None:
    register("account key", ACCOUNT_KEY)
    echo = f"The signature {S3.secret_access_key} of {SESSION_TOKEN} with {SAS.sas_token} is wrong."
    caught = told(service, verb, refusal("403 Forbidden", "SignatureDoesNotMatch", echo))
    assert MARK not in "".join(traceback.format_exception(caught))
    assert "http" not in str(caught)
    assert caught.__cause__ is None
    assert caught.__context__ is None


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("verb", CALLS)
def test_nobody_at_the_address_is_told(service: Open, verb: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    with pytest.raises(ServerUnreachable) as caught:
        CALLS[verb](service(f"https://127.0.0.1:{port}"))
    assert not isinstance(caught.value, NotProven)


@pytest.mark.parametrize("service", SERVICES)
def test_a_name_is_not_taken_for_what_happened(service: Open) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    backend = Below(service(f"https://127.0.0.1:{port}"), "certificates/status code: 404")
    with pytest.raises(ServerUnreachable) as caught:
        backend.load("latest/api/token")
    assert not isinstance(caught.value, NotProven)


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("verb", ["save", "load", "list"])
@pytest.mark.parametrize(
    "reply",
    [[CLOSE], [answer(b"half of it", length=1000), CLOSE]],
    ids=["no answer", "half an answer"],
)
def test_a_connection_that_breaks_is_for_time_to_heal(
    service: Open, verb: str, reply: list[bytes | object]
) -> None:
    """Of an answer to a save only the head counts."""
    if verb == "save" and reply != [CLOSE]:
        verb = "load"
    assert type(told(service, verb, reply)) is TransientError


@pytest.mark.parametrize("service", SERVICES)
def test_another_region_is_told(service: Open) -> None:
    caught = told(service, "load", refusal("301 Moved Permanently", "PermanentRedirect"))
    assert type(caught) is OperatorError
    assert "region" in caught.hint


def test_two_that_were_both_sent_away_try_again() -> None:
    """Amazon says 409 to whoever comes while another one is at it, who may fail yet."""
    conflict = refusal("409 Conflict", "ConditionalRequestConflict")
    nothing = refusal("404 Not Found", "NoSuchKey")
    with CannedServer([conflict, nothing, answer()]) as server:
        opened(server, s3).save("config", b"x")
    assert [seen.line.split()[0] for seen in server.seen] == ["PUT", "GET", "PUT"]


def test_one_that_is_sent_away_for_ever_is_for_time_to_heal() -> None:
    replies = [refusal("409 Conflict", "ConditionalRequestConflict"), refusal("404 Not Found", "")]
    assert type(told(s3, "save", *replies * 3)) is TransientError


@pytest.mark.parametrize("service", SERVICES)
def test_a_range_that_comes_shorter_is_no_answer(service: Open) -> None:
    more = [("Content-Range", "bytes 0-2/3")]
    reply = answer(b"abc", status="206 Partial Content", headers=more)
    assert type(told(service, "load_range", reply)) is IntegrityError


@pytest.mark.parametrize("service", SERVICES)
def test_a_range_past_the_end_is_no_answer(service: Open) -> None:
    reply = refusal("416 Range Not Satisfiable", "InvalidRange")
    assert type(told(service, "load_range", reply)) is IntegrityError


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("verb", CALLS)
def test_silence_ends_and_is_for_time_to_heal(
    service: Open, verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SILENCE_S", "WRITE_S"):
        monkeypatch.setattr(objects, name, 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:  # nobody ever takes the connection
        backend = service(f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(TransientError, match="in time"):
            CALLS[verb](backend)
