"""Where the socket lies, and who is at its other end."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from strongroom.control.home import passable, prepare
from strongroom.errors import OperatorError
from strongroom.service.callers import own_account
from strongroom.service.remote import address, client
from strongroom.service.remote.peer import account_of, peer_id
from tests.service_remote.support import Service


def test_the_operating_system_names_both_ends() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert account_of(peer_id(ours)) == account_of(peer_id(theirs)) == own_account()


@pytest.mark.skipif(os.getuid() != 0, reason="NOT SHOWN: only root can be somebody else")
def test_the_account_is_who_connects_and_not_who_it_says_it_is() -> None:
    with tempfile.TemporaryDirectory(prefix="strongroom-test-") as folder:
        Path(folder).chmod(0o711)
        path = Path(folder) / "s"
        connect = (
            "import os, socket, sys\n"
            "os.setgroups([]); os.setgid(4242); os.setuid(4242)\n"
            "made = socket.socket(socket.AF_UNIX)\n"
            "made.connect(sys.argv[1])\n"
            "made.recv(1)\n"
        )
        with address.listen(path, address.FOR_EVERYBODY) as listening:
            other = subprocess.Popen([sys.executable, "-c", connect, str(path)])
            listening.settimeout(20)
            with listening.accept()[0] as accepted:
                assert peer_id(accepted) == "uid:4242"
        other.wait(20)


def test_an_impostor_gets_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, service: Service
) -> None:
    monkeypatch.setattr(client, "home_account", lambda _: frozenset({"uid:4242"}))
    with pytest.raises(OperatorError, match="not the account that the home belongs to"):
        client.connect(service.door.path, service.home)


@pytest.mark.parametrize("length", [50, 107, 108, 300])
def test_a_home_may_have_a_long_name(tmp_path: Path, length: int) -> None:
    folder = tmp_path
    while len(str(folder / "s")) < length:
        folder /= "d" * min(50, max(1, length - len(str(folder)) - 3))
    folder.mkdir(parents=True, exist_ok=True)
    with address.listen(folder / "s", address.FOR_US_ALONE) as listening:
        connection = address.connect(folder / "s")
        assert connection is not None
        with connection, listening.accept()[0]:
            pass
    assert [one.name for one in folder.iterdir()] == ["s"]


def test_what_an_earlier_service_left_is_taken_over(tmp_path: Path) -> None:
    address.listen(tmp_path / "s", address.FOR_EVERYBODY).close()
    assert address.connect(tmp_path / "s") is None
    with address.listen(tmp_path / "s", address.FOR_EVERYBODY):
        connection = address.connect(tmp_path / "s")
        assert connection is not None
        connection.close()


@pytest.mark.parametrize("kind", ["file", "folder", "link"])
def test_what_is_no_socket_is_left_alone(tmp_path: Path, kind: str) -> None:
    path, other = tmp_path / "s", tmp_path / "other"
    other.write_text("precious")
    if kind == "file":
        path.write_text("precious")
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(other)
    with pytest.raises(OperatorError, match="no socket"):
        address.listen(path, address.FOR_EVERYBODY)
    assert os.path.lexists(path)
    assert other.read_text() == "precious"
    assert not address.is_there(path)


def test_everybody_may_speak_with_the_service_and_read_nothing_else(tmp_path: Path) -> None:
    home = prepare(tmp_path / "home")
    (home.path / "control.db").write_text("made by an earlier version")
    (home.path / "control.db").chmod(0o644)
    home.journal("r1").write_text("{}")
    (home.path / "journals").chmod(0o755)
    (home.path / "elsewhere").symlink_to(tmp_path)
    tmp_path.chmod(0o755)
    with passable(home.path), address.listen(home.path / address.NAME, address.FOR_EVERYBODY):
        assert mode(home.path) == 0o711
        for one in home.path.iterdir():
            if not one.is_symlink():
                assert mode(one) & 0o077 == (0o066 if one.name == address.NAME else 0), one
    assert mode(home.path) == 0o700
    assert mode(tmp_path) == 0o755


def test_the_socket_is_gone_when_the_service_has_ended(serve: Callable[..., Service]) -> None:
    service = serve()
    assert address.is_there(service.door.path)
    service.server.close()
    assert not os.path.lexists(service.door.path)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)
