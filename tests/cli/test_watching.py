"""How far a run is: bars on a terminal, lines elsewhere, and each note once."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from strongroom.cli.bars import BarMeter
from strongroom.cli.watching import RunDisplay, progress_text
from tests.fakes.hand_clock import HandClock


def counts(items: int, expected: int, *, elapsed_s: float = 2.0) -> dict[str, Any]:
    return {
        "items": items,
        "items_expected": expected,
        "bytes": items * 1000,
        "bytes_expected": expected * 1000,
        "elapsed_s": elapsed_s,
    }


def progress(*notes: str, before: int = 0, **resources: dict[str, Any]) -> dict[str, Any]:
    return {"resources": resources, "notes": list(notes), "notes_before": before}


def test_items_bytes_rate_and_time_left_are_told() -> None:
    assert progress_text(counts(1000, 3000)) == (
        "1,000 of 3,000 items, 1.0 MB, 500 items/s, about 4 s left"
    )
    assert progress_text(counts(3000, 3000)) == "3,000 of 3,000 items, 3.0 MB, 1,500 items/s"
    assert progress_text(counts(0, 0, elapsed_s=0.0)) == "0 of 0 items, 0 B, 0 items/s"


def test_elsewhere_a_line_is_written_every_few_seconds(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = HandClock()
    with RunDisplay(clock=clock, is_terminal=False) as display:
        for step in range(25):
            display.tell(progress(ann=counts(step, 100)))
            clock.sleep(1)
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(" of")[0] for line in lines] == ["ann: 10", "ann: 20"]


def test_each_note_is_shown_once_however_often_it_is_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with RunDisplay(clock=HandClock(), is_terminal=False) as display:
        display.tell(progress("one"))
        display.tell(progress("one", "two"))
        display.tell(progress("three", "four", before=2))
        display.tell(progress("four", "five\x1b[2J", before=3))
    assert capsys.readouterr().err.splitlines() == ["one", "two", "three", "four", "five\\x1b[2J"]


def test_bars_show_every_resource_in_hand_and_take_no_orders_from_names() -> None:
    stream = io.StringIO()
    meter = BarMeter(Console(file=stream, force_terminal=True, width=120))
    meter.update({"ann\u202e[red]": counts(10, 100), "bob": counts(1, 2)}, None)
    shown = stream.getvalue()
    meter.update({"bob": counts(2, 2)}, None)
    meter.close()
    assert "ann\\u202e[red]" in shown
    assert "\u202e" not in shown
    assert "10 of 100 items" in shown
    assert "bob" in shown


def test_on_a_terminal_bars_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Any] = []
    monkeypatch.setattr(BarMeter, "update", lambda _self, *told: shown.append(told))
    with RunDisplay(clock=HandClock(), is_terminal=True) as display:
        display.tell(progress(ann=counts(1, 2)))
    assert shown == [({"ann": counts(1, 2)}, None)]
