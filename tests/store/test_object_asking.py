"""Who is asked for what is stored, how, and with which key: nothing but we decides that."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import socket
import threading

import pytest
import trustme

from strongroom.errors import (
    AccessDenied,
    OperatorError,
    ServerUnreachable,
    StrongroomError,
    TransientError,
)
from strongroom.store.objects import (
    S3Credentials,
    s3_backend,
)
from strongroom.store.unproven import NotProven
from tests.fakes.answering_object_store import (
    ACCOUNT_KEY,
    GOOGLE,
    KEY,
    S3,
    SAS,
    SERVICES,
    SESSION_TOKEN,
    Open,
    answer,
    azure,
    google,
    opened,
    s3,
)
from tests.fakes.canned_server import CannedServer
from tests.fakes.marked import MARK


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


@pytest.mark.parametrize("credentials", [S3, SAS, KEY, GOOGLE])
def test_credentials_do_not_show_what_they_are(credentials: object) -> None:
    assert MARK not in repr(credentials)
    assert ACCOUNT_KEY not in repr(credentials)


@pytest.mark.parametrize("service", SERVICES)
def test_a_backend_does_not_show_its_credentials(service: Open) -> None:
    backend = service("https://store.example")
    assert MARK not in repr(backend)
    assert "store.example" not in repr(backend)


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
