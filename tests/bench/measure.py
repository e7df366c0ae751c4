"""Whole processes, measured by the operating system's own accounting of each."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one finished process used: seconds of wall time and processor, peak memory in bytes."""

    wall_s: float
    cpu_s: float
    peak_bytes: int
    output: str


def run(command: Sequence[str | Path]) -> Cost:
    """Run a command to its end and say what it cost; its failure is the benchmark's failure."""
    with tempfile.TemporaryFile() as out:
        start = time.monotonic()
        process = subprocess.Popen([str(word) for word in command], stdout=out)
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        output = out.read().decode()
    if process.returncode != 0:
        sys.exit(f"{command[0]} {command[1:4]} ended with {process.returncode}:\n{output[-2000:]}")
    return Cost(
        wall_s=wall_s,
        cpu_s=usage.ru_utime + usage.ru_stime,
        peak_bytes=usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
        output=output,
    )


@contextmanager
def roomy_folder(bytes_needed: int) -> Iterator[Path]:
    """Give a folder in memory, if there is room: no disk's moods in the figures."""
    memory = Path("/dev/shm")
    has_room = memory.is_dir() and shutil.disk_usage(memory).free > bytes_needed
    with tempfile.TemporaryDirectory(dir=memory if has_room else None) as name:
        yield Path(name)


@contextmanager
def lab(module: str, folder: Path, *words: object) -> Iterator[subprocess.Popen[bytes]]:
    """Have a lab serve in a process of its own until the end.

    Args:
        module: Serves once ``FOLDER/ready.json`` is there, and ends with SIGTERM.
        folder: Where it writes what others have to know; its last argument.
        words: Its other arguments.
    """
    command = [sys.executable, "-m", module, *map(str, words), str(folder)]
    process = subprocess.Popen(command)
    try:
        for _ in range(3000):
            if (folder / "ready.json").exists():
                break
            if process.poll() is not None:
                sys.exit("the lab did not start")
            time.sleep(0.1)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()
