"""A small estate and its face; no test leaves a crash or an answer that the schema refuses."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from strongroom.lab.estate.estate import Estate
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.exchange.face import ExchangeFace
from tests.fakes.face_client import FaceClient
from tests.fakes.hand_clock import HandClock
from tests.fakes.lab_people import ANN, BEN


@pytest.fixture
def clock() -> HandClock:
    return HandClock(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))


@pytest.fixture
def estate(clock: HandClock) -> Estate:
    made = Estate(clock=clock, seed=1)
    made.add_mailbox(ANN, "Ann Archer", password="ann's")
    made.add_mailbox(BEN, "Ben Baker", password="ben's", archive=False)
    made.add_account("keeper", password="k", may_impersonate=True, may_search_mailboxes=True)
    return made


@pytest.fixture
def mailbox(estate: Estate) -> Mailbox:
    found = estate.mailbox(ANN)
    assert found is not None
    return found


@pytest.fixture
def face(estate: Estate) -> Iterator[ExchangeFace]:
    made = ExchangeFace(estate, validates_answers=True)
    yield made
    assert made.crashes == []
    assert made.violations == []


@pytest.fixture
def ann(face: ExchangeFace) -> FaceClient:
    return FaceClient(face, ANN, "ann's")


@pytest.fixture
def ben(face: ExchangeFace) -> FaceClient:
    return FaceClient(face, BEN, "ben's")


@pytest.fixture
def keeper(face: ExchangeFace) -> FaceClient:
    return FaceClient(face, "keeper", "k", acting_as=ANN)
