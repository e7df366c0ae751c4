"""How much of this machine there is, and is used."""

from __future__ import annotations

from pathlib import Path

from strongroom.clock import SystemClock
from strongroom.service.machine import ThisMachine, memory_left


def test_this_machine_is_looked_at() -> None:
    machine = ThisMachine(SystemClock())
    first = machine.look()
    sum(range(200_000))
    second = machine.look()
    assert second.cpu_s > first.cpu_s
    assert second.cores > 0
    assert second.late_s >= 0
    assert second.memory_left is None or 0 < second.memory_left <= 1


def test_memory_that_can_be_freed_at_once_counts_as_free(tmp_path: Path) -> None:
    told = tmp_path / "meminfo"
    told.write_text("MemTotal:  1000 kB\nMemFree:  10 kB\nMemAvailable:   250 kB\nVmallocUsed: 1\n")
    assert memory_left(told) == 0.25


def test_a_system_that_does_not_say_how_much_memory_is_left_is_believed(tmp_path: Path) -> None:
    told = tmp_path / "meminfo"
    assert memory_left(told) is None
    for odd in ("", "MemTotal: much\nMemAvailable: more\n", "MemTotal: 5 kB\n", "no colon"):
        told.write_text(odd)
        assert memory_left(told) is None
