"""One holder at a time, within and between processes, and none after its holder's death."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from strongroom.engine.filelock import FileLock

HOLDER = (
    "import sys, pathlib\n"
    "from strongroom.engine.filelock import FileLock\n"
    "lock = FileLock(pathlib.Path(sys.argv[1]))\n"
    "print(lock.try_acquire(), flush=True)\n"
    "sys.stdin.readline()\n"
)


def test_the_second_one_does_not_get_it_until_the_first_lets_go(tmp_path: Path) -> None:
    first, second = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock")
    assert first.try_acquire()
    assert first.try_acquire(), "whoever has it has it"
    assert not second.try_acquire()
    assert not second.is_held
    second.release()
    assert first.is_held
    first.release()
    assert second.try_acquire()
    second.release()


def test_a_process_that_is_killed_leaves_no_lock_behind(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline().strip() == "True"
        ours = FileLock(path)
        assert not ours.try_acquire()
        holder.kill()
        holder.wait(30)
    assert ours.try_acquire()
    ours.release()
