"""exchangelib, a client that others wrote, takes each refusal for what it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from exchangelib import (
    BASIC,
    DELEGATE,
    Account,
    Build,
    Configuration,
    Credentials,
    EWSTimeZone,
    FaultTolerance,
    Version,
)
from exchangelib.errors import ErrorExceededConnectionCount, ErrorTimeoutExpired, RateLimitError
from exchangelib.protocol import BaseProtocol, close_connections
from requests.adapters import HTTPAdapter

from strongroom.lab.https import Authority
from strongroom.lab.server import LabServer
from strongroom.lab.weather.model import Away, Profile
from tests.fakes.lab_people import ANN
from tests.lab_weather import refusals
from tests.lab_weather.conftest import PASSWORD, Serve

PATIENCE_S = 0.5
"""Longer waits than this it does not obey: it gives up and says how long it should have waited."""


@pytest.fixture(autouse=True)
def _trusts_the_lab(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    ca_file = tmp_path / "ca.pem"
    authority.write_ca(ca_file)

    class TrustsTheLab(HTTPAdapter):
        def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
            super().cert_verify(conn, url, str(ca_file), cert)

    monkeypatch.setattr(BaseProtocol, "HTTP_ADAPTER_CLS", TrustsTheLab)
    yield
    # exchangelib keeps its connections for the life of the process; ours must end with the test.
    close_connections()


def _account(server: LabServer) -> Account:
    config = Configuration(
        service_endpoint=server.ews_url,
        credentials=Credentials(ANN, PASSWORD),
        auth_type=BASIC,
        version=Version(build=Build(15, 2, 2562, 17)),
        max_connections=1,
        retry_policy=FaultTolerance(max_wait=PATIENCE_S),
    )
    return Account(
        ANN, config=config, access_type=DELEGATE, autodiscover=False, locale="en",
        default_timezone=EWSTimeZone("UTC"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("server", "wait_s"),
    [
        (refusals.MAILBOX, 1.0),
        (refusals.BUDGET, 9.0),
        (refusals.QUEUE_WITH_HINT, 3.0),
        (refusals.always(Away.BUSY, 30.0), 30.0),
    ],
)
def test_it_reads_how_long_it_is_to_wait(serve: Serve, server: Profile, wait_s: float) -> None:
    account = _account(serve(server))
    with pytest.raises(RateLimitError) as refused:
        account.export([("AAAA", "AAAA")])

    assert refused.value.wait == pytest.approx(wait_s, abs=0.1)


@pytest.mark.parametrize(
    ("server", "error"),
    [
        (refusals.CONNECTIONS, ErrorExceededConnectionCount),
        (refusals.LONG_BATCH, ErrorTimeoutExpired),
    ],
)
def test_it_knows_what_was_too_much(serve: Serve, server: Profile, error: type[Exception]) -> None:
    account = _account(serve(server))
    with pytest.raises(error):
        account.export([("AAAA", "AAAA")])
