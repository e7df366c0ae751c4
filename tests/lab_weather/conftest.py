"""A mailbox with messages, behind servers of any weather."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from strongroom.content import tags
from strongroom.content.message import Message
from strongroom.lab.estate.estate import Estate
from strongroom.lab.exchange import ids
from strongroom.lab.https import Authority
from strongroom.lab.server import LabServer
from strongroom.lab.weather.model import Profile
from tests.fakes.face_client import item_ref
from tests.fakes.lab_people import ANN

PASSWORD = "ann's"
ITEM_BYTES = 20_000

Serve = Callable[[Profile], LabServer]


@pytest.fixture(scope="session")
def estate() -> Estate:
    made = Estate(seed=1)
    inbox = made.add_mailbox(ANN, "Ann Archer", password=PASSWORD).folder_by_role("inbox")
    for number in range(3):
        inbox.add_item(Message({tags.PidTagSubject: f"{number} " + "x" * ITEM_BYTES}))
    return made


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="session")
def export(estate: Estate) -> str:
    """Write a request for all of Ann's messages."""
    mailbox = estate.mailbox(ANN)
    assert mailbox is not None
    names = "".join(item_ref(ids.item_id(one)) for one in mailbox.folder_by_role("inbox").items)
    return f"<m:ExportItems><m:ItemIds>{names}</m:ItemIds></m:ExportItems>"


@pytest.fixture
def serve(estate: Estate, authority: Authority) -> Iterator[Serve]:
    """Start servers; none of them may have crashed, or said what the schema refuses."""
    running: list[LabServer] = []

    def start(profile: Profile) -> LabServer:
        server = LabServer(
            estate, weather=profile, seed=1, validates_answers=True, authority=authority
        )
        running.append(server.start())
        return server

    yield start
    for server in running:
        server.stop()
        assert server.exchange.crashes == []
        assert server.exchange.violations == []
