"""How a storage's URL and a connection's details become the real thing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from strongroom import compose
from strongroom.clock import SystemClock
from strongroom.errors import OperatorError, ServerUnreachable
from tests.fakes.mail_server import details


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


@pytest.mark.parametrize("url", ["s3:bucket/prefix", "https://x/y", "file://other-host/x"])
def test_a_kind_of_storage_that_is_not_known_is_refused(url: str) -> None:
    with pytest.raises(OperatorError, match="not known"):
        compose.normal_url(url)


def test_a_kind_of_connection_that_is_not_known_is_refused() -> None:
    with pytest.raises(OperatorError, match="not known"):
        compose.open_server(replace(details(), kind="exchange-2031"), SystemClock())


def test_an_exchange_server_is_made_ready_with_its_own_authority_and_nobody_is_asked() -> None:
    pem = trustme.CA().cert_pem.bytes().decode()
    server = compose.open_server(
        replace(details(), server="localhost:1", ca_pem=pem), SystemClock()
    )
    try:
        with pytest.raises(ServerUnreachable):
            server.facts()
    finally:
        server.close()
