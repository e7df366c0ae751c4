"""What an object store answers is told by who must act, and nothing but we decides who is asked.

The services are servers that answer what the test says, with TLS of an authority of their own.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import socket
import threading
import traceback
from collections.abc import Callable
from typing import Any

import orjson
import pytest
import trustme

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
from strongroom.store.backend import Below, BlobBackend, DeleteRefused, NotStored
from strongroom.store.objects import (
    AzureCredentials,
    GcsCredentials,
    S3Credentials,
    azure_backend,
    gcs_backend,
    s3_backend,
)
from strongroom.store.unproven import NotProven
from tests.fakes.canned_server import CLOSE, CannedServer, Reply, http
from tests.fakes.marked import MARK, drawn, register

SESSION_TOKEN = drawn(16)
S3 = S3Credentials(
    access_key_id="AKSTRONGROOM", secret_access_key=drawn(24), session_token=SESSION_TOKEN
)
SAS = AzureCredentials(sas_token=f"?sv=2023-11-03&sp=rwdl&sig={drawn(24)}")
ACCOUNT_KEY = base64.b64encode(drawn(24).encode()).decode()
KEY = AzureCredentials(account_key=ACCOUNT_KEY)
GOOGLE = GcsCredentials(
    service_account_json=orjson.dumps(
        {"disable_oauth": True, "client_email": "x", "private_key": "", "private_key_id": ""}
    ).decode()
)
Open = Callable[..., BlobBackend]


def s3(endpoint: str, ca_pem: bytes = b"", credentials: S3Credentials = S3) -> BlobBackend:
    return s3_backend(
        "bucket",
        "",
        region="eu-central-1",
        endpoint=endpoint,
        credentials=credentials,
        ca_pem=ca_pem,
    )


def azure(endpoint: str, ca_pem: bytes = b"", credentials: AzureCredentials = SAS) -> BlobBackend:
    return azure_backend(
        "bucket",
        "",
        account="account",
        endpoint=f"{endpoint}/account",
        credentials=credentials,
        ca_pem=ca_pem,
    )


def google(endpoint: str, ca_pem: bytes = b"") -> BlobBackend:
    return gcs_backend("bucket", "", endpoint=endpoint, credentials=GOOGLE, ca_pem=ca_pem)


SERVICES: list[Open] = [s3, azure, google]
CALLS: dict[str, Callable[[BlobBackend], Any]] = {
    "save": lambda backend: backend.save("data/one", b"x"),
    "load": lambda backend: backend.load("data/one"),
    "load_range": lambda backend: backend.load_range("data/one", 0, 10),
    "list": lambda backend: list(backend.list("data/")),
    "folders": lambda backend: list(backend.folders("data/")),
    "delete": lambda backend: backend.delete("data/one"),
}


def refusal(status: str, code: str = "", message: str = "No.") -> bytes:
    body = f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return answer(body.encode(), status=status)


def answer(body: bytes = b"", **more: Any) -> bytes:
    """Write an answer as an object comes or was stored, the only one on its connection."""
    headers = [("Connection", "close"), ("ETag", '"1"'), ("x-goog-generation", "1")]
    headers += [("Last-Modified", "Sat, 28 Nov 2026 00:00:00 GMT"), *more.pop("headers", [])]
    return http(body, headers=headers, **more)


def opened(server: CannedServer, service: Open, **more: Any) -> BlobBackend:
    pem = server.authority.cert_pem.bytes()
    return service(f"https://localhost:{server.port}", ca_pem=pem, **more)


def told(service: Open, verb: str, *replies: Reply) -> StrongroomError:
    """Say what came of a call that was answered so."""
    with CannedServer(replies) as server:
        with pytest.raises(StrongroomError) as caught:
            CALLS[verb](opened(server, service))
        assert len(server.seen) == len(replies), "nothing is asked again here"
    return caught.value


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


def test_requests_go_through_the_proxy_that_the_environment_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.getsockname()[1]}")

        def answer_once() -> None:
            connection, _ = proxy.accept()
            with connection:
                asked.append(connection.recv(4096))

        thread = threading.Thread(target=answer_once)
        thread.start()
        with pytest.raises(StrongroomError):
            s3("https://store.example").load("one")
        thread.join()
    assert asked[0].startswith(b"CONNECT store.example:443 ")


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


@pytest.mark.parametrize("credentials", [S3, SAS, KEY, GOOGLE])
def test_credentials_do_not_show_what_they_are(credentials: object) -> None:
    assert MARK not in repr(credentials)
    assert ACCOUNT_KEY not in repr(credentials)


@pytest.mark.parametrize("service", SERVICES)
def test_a_backend_does_not_show_its_credentials(service: Open) -> None:
    backend = service("https://store.example")
    assert MARK not in repr(backend)
    assert "store.example" not in repr(backend)


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


def test_a_server_without_tls_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as plain:

        def answer_once() -> None:
            connection, _ = plain.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

        thread = threading.Thread(target=answer_once)
        thread.start()
        with pytest.raises(ServerUnreachable, match="TLS"):
            s3(f"https://127.0.0.1:{plain.getsockname()[1]}").load("one")
        thread.join()


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


@pytest.mark.parametrize("service", SERVICES)
def test_who_cannot_prove_its_name_is_not_asked(service: Open) -> None:
    authority = trustme.CA()
    with CannedServer([answer(b"x")], authority=authority) as stranger:
        with pytest.raises(NotProven):
            service(f"https://localhost:{stranger.port}").load("one")
        with pytest.raises(NotProven):
            service(f"https://localhost:{stranger.port}", trustme.CA().cert_pem.bytes()).load("one")
        assert stranger.seen == []
    past = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    for more in ({"name": "else.example"}, {"not_after": past}):
        with (
            CannedServer([answer(b"x")], authority=authority, **more) as other,
            pytest.raises(NotProven),
        ):
            opened(other, service).load("one")


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("origin", ["http://store.example", "http://10.0.0.1", "ftp://127.0.0.1"])
def test_nothing_is_sent_without_tls_but_on_this_machine(service: Open, origin: str) -> None:
    with pytest.raises(OperatorError, match="TLS") as caught:
        service(origin)
    assert caught.value.hint


@pytest.mark.parametrize("service", SERVICES)
def test_credentials_that_are_not_whole_are_told(service: Open) -> None:
    with pytest.raises(OperatorError, match="cannot be asked") as caught:
        service("https://store.example", ca_pem=b"-----BEGIN CERTIFICATE-----\nno\n")
    assert caught.value.__context__ is None


LEADING_ASTRAY = {
    "AWS_ENDPOINT": "https://127.0.0.1:9",
    "AWS_ENDPOINT_URL": "https://127.0.0.1:9",
    "AWS_ENDPOINT_URL_S3": "https://127.0.0.1:9",
    "AWS_REGION": "mars-1",
    "AWS_DEFAULT_REGION": "mars-1",
    "AWS_ACCESS_KEY_ID": "AKSOMEBODYELSE",
    "AWS_SECRET_ACCESS_KEY": "another",
    "AWS_SESSION_TOKEN": "another",
    "AWS_SKIP_SIGNATURE": "true",
    "AWS_VIRTUAL_HOSTED_STYLE_REQUEST": "true",
    "AWS_ALLOW_HTTP": "true",
    "AWS_ALLOW_INVALID_CERTIFICATES": "true",
    "AZURE_STORAGE_ACCOUNT_NAME": "another",
    "AZURE_STORAGE_ACCOUNT_KEY": "YW5vdGhlcg==",
    "AZURE_STORAGE_ENDPOINT": "https://127.0.0.1:9",
    "AZURE_ENDPOINT": "https://127.0.0.1:9",
    "AZURE_STORAGE_TOKEN": "another",
    "AZURE_SKIP_SIGNATURE": "true",
    "AZURE_STORAGE_USE_EMULATOR": "true",
    "AZURE_ALLOW_INVALID_CERTIFICATES": "true",
    "GOOGLE_BASE_URL": "https://127.0.0.1:9",
    "GOOGLE_SKIP_SIGNATURE": "true",
    "GOOGLE_ALLOW_INVALID_CERTIFICATES": "true",
}


@pytest.mark.parametrize("service", SERVICES)
def test_the_environment_decides_nothing(service: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in LEADING_ASTRAY.items():
        monkeypatch.setenv(name, value)
    with CannedServer([answer(b"x")]) as server:
        assert opened(server, service).load("data/one") == b"x"
        headers = server.seen[0].headers
    asked = server.seen[0].line + str(headers)
    assert "another" not in asked
    assert "mars-1" not in asked
    assert "AKSOMEBODYELSE" not in asked
    if service is s3:
        assert headers["x-amz-security-token"] == SESSION_TOKEN
        assert "Credential=AKSTRONGROOM/" in headers["authorization"]
        assert server.seen[0].line.startswith("GET /bucket/data/one ")
    with CannedServer([answer(b"x")]) as stranger, pytest.raises(NotProven):
        service(f"https://localhost:{stranger.port}").load("one")


def test_a_key_without_a_session_is_sent_without_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "another")
    plain = S3Credentials(access_key_id="AKSTRONGROOM", secret_access_key=S3.secret_access_key)
    with CannedServer([answer(b"x")]) as server:
        opened(server, s3, credentials=plain).load("one")
    assert "x-amz-security-token" not in server.seen[0].headers


def test_what_is_long_goes_in_one_request_that_writes_over_nothing() -> None:
    data = bytes(12 << 20)
    with CannedServer([answer()]) as server:
        opened(server, s3).save("data/pack", data)
    (request,) = server.seen
    assert request.line.startswith("PUT /bucket/data/pack ")
    assert request.headers["if-none-match"] == "*"
    assert len(request.body) == len(data)
    digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
    assert request.headers["x-amz-checksum-sha256"] == digest


def test_what_is_long_goes_to_azure_and_google_in_one_request_too() -> None:
    data = bytes(6 << 20)
    with CannedServer([answer()]) as server:
        opened(server, azure).save("data/pack", data)
        opened(server, google).save("data/pack", data)
    to_azure, to_google = server.seen
    assert to_azure.headers["if-none-match"] == "*"
    assert to_google.headers["x-goog-if-generation-match"] == "0"
    assert len(to_azure.body) == len(to_google.body) == len(data)


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


def role_asked_of(port: int, monkeypatch: pytest.MonkeyPatch) -> StrongroomError:
    """Say what comes of asking a machine's cloud for its role there."""
    monkeypatch.setenv("AWS_METADATA_ENDPOINT", f"http://127.0.0.1:{port}")
    backend = s3_backend("bucket", "", region="eu-central-1", credentials=None)
    with pytest.raises(StrongroomError) as caught:
        backend.load("one")
    return caught.value


def test_a_machine_without_a_role_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    caught = role_asked_of(port, monkeypatch)
    assert isinstance(caught, AccessDenied)
    assert "role" in caught.why


@pytest.mark.parametrize(
    ("status", "error"),
    [("404 Not Found", AccessDenied), ("503 Busy", TransientError)],
)
def test_a_cloud_that_gives_no_role_is_not_taken_for_an_empty_storage(
    status: str, error: type[StrongroomError], monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as cloud:

        def answer() -> None:
            while True:
                connection, _ = cloud.accept()
                with connection:
                    if not connection.recv(4096):
                        return
                    connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())

        thread = threading.Thread(target=answer)
        thread.start()
        port = cloud.getsockname()[1]
        assert type(role_asked_of(port, monkeypatch)) is error
        socket.create_connection(("127.0.0.1", port)).close()
        thread.join()


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
