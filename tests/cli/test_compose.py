"""How a storage's URL and a connection's details become the real thing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from strongroom import compose
from strongroom.clock import SystemClock
from strongroom.errors import IntegrityError, OperatorError, ServerUnreachable
from strongroom.service.ports import Purpose, Use
from strongroom.vault.keyring_key import KeyringKey
from strongroom.vault.service_key import FileKey
from tests.fakes.mail_server import details

A_TEST = Use(purpose=Purpose.TEST)


def test_a_directory_and_its_url_are_the_same_storage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    place = tmp_path / "with space"
    assert compose.normal_url("with space") == place.as_uri()
    assert compose.normal_url(str(place)) == place.as_uri()
    assert compose.normal_url(place.as_uri()) == place.as_uri()
    compose.open_backend(compose.normal_url("with space")).save("name", b"x")
    assert (place / "name").read_bytes() == b"x"


@pytest.mark.parametrize("url", ["ftp://bucket/prefix", "https://x/y", "file://other-host/x"])
def test_a_kind_of_storage_that_is_not_known_is_refused(url: str) -> None:
    with pytest.raises(OperatorError, match="not known"):
        compose.normal_url(url)


def test_a_kind_of_connection_that_is_not_known_is_refused() -> None:
    with pytest.raises(OperatorError, match="not known"):
        compose.open_server(replace(details(), kind="exchange-2031"), A_TEST, SystemClock())


def test_an_exchange_server_is_made_ready_with_its_own_authority_and_nobody_is_asked() -> None:
    pem = trustme.CA().cert_pem.bytes().decode()
    server = compose.open_server(
        replace(details(), server="localhost:1", ca_pem=pem), A_TEST, SystemClock()
    )
    try:
        with pytest.raises(ServerUnreachable):
            server.facts()
    finally:
        server.close()


def test_the_service_key_is_kept_in_the_home_unless_somebody_says_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    monkeypatch.delenv("STRONGROOM_SERVICE_KEY", raising=False)
    assert compose.key_holder(tmp_path) == FileKey(tmp_path)
    monkeypatch.setenv("STRONGROOM_SERVICE_KEY", "keyring")
    assert isinstance(compose.key_holder(tmp_path), KeyringKey)
    monkeypatch.setenv("STRONGROOM_SERVICE_KEY", "database")
    with pytest.raises(OperatorError, match="no place"):
        compose.key_holder(tmp_path)


def test_a_credential_of_the_service_manager_is_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    monkeypatch.delenv("STRONGROOM_SERVICE_KEY", raising=False)
    assert compose.key_holder(tmp_path) == FileKey(tmp_path), "other credentials are none"
    (tmp_path / "strongroom.service-key").write_bytes(bytes(range(32)))
    home = tmp_path / "home"
    with compose.open_application(home) as application:
        application.connections.add("office", details())
    assert not (home / "service.key").exists()
    (tmp_path / "strongroom.service-key").write_bytes(bytes(32))
    with (
        compose.open_application(home) as application,
        pytest.raises(IntegrityError, match="do not open"),
    ):
        application.connections.show("office")
