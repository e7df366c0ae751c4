"""What every journey needs: a program with an empty home, and a lab in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from strongroom.lab.lab import ADMINISTRATOR, Lab, Wishes
from tests.fakes.storages import create_is_cheap
from tests.journeys.support import InProcess, Strongroom

OpenLab = Callable[[Wishes], Lab]


@pytest.fixture
def strongroom(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, new_home: Path
) -> Strongroom:
    """Give the program: a process for each command, or in this one where that is all the same.

    Its home was opened before, since making the tables takes longer than most commands.
    """
    create_is_cheap(monkeypatch.setitem)
    kind = InProcess if request.node.get_closest_marker("in_process") else Strongroom
    program = kind(new_home.parent)
    assert program.home == new_home
    return program


@pytest.fixture
def open_lab(tmp_path: Path, strongroom: Strongroom) -> Iterator[OpenLab]:
    """Start labs and connect the program to them as ``lab``; they stop when the test ends.

    Whatever a journey did, no server of its sent anything to anybody.
    """
    labs: list[Lab] = []
    with ExitStack() as running:

        def start(wishes: Wishes) -> Lab:
            lab = running.enter_context(Lab(wishes))
            labs.append(lab)
            ca_file = tmp_path / "ca.pem"
            ca_file.write_bytes(lab.ca_pem)
            strongroom.connect(lab.ews_url, ca_file, ADMINISTRATOR, lab.admin_password)
            strongroom.add_storage()
            return lab

        yield start
        assert [mail for lab in labs for mail in lab.outgoing] == []
