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


def progress(
    *notes: str, before: int = 0, pace: dict[str, Any] | None = None, **resources: dict[str, Any]
) -> dict[str, Any]:
    return {"resources": resources, "notes": list(notes), "notes_before": before, "pace": pace}


def paced(told: str, *by: str) -> dict[str, Any]:
    return {
        "slots": 18,
        "items_per_s": 142.4,
        "bytes_per_s": 1_200_000.0,
        "throttled": 3,
        "limits": [{"by": one} for one in by],
        "told": told,
        "history": [{"slots": slots} for slots in (1, 9, 0, 18)],
    }


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


def test_elsewhere_the_pace_is_told_every_few_seconds_and_what_limits_when_it_changes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = HandClock()
    with RunDisplay(clock=clock, is_terminal=False) as display:
        for second in range(11):
            pace = paced(f"A pause: {40 - second} s left.", "pause")
            if second == 5:
                pace = paced("The pace is still being found.", "growing")
            display.tell(progress(pace=pace))
            clock.sleep(1)
    assert capsys.readouterr().err.splitlines() == [
        "A pause: 40 s left.",
        "The pace is still being found.",
        "A pause: 32 s left.",
        "Pace: 18 slots, 142 items/s, 1.2 MB/s, 3 throttle answers",
        "A pause: 30 s left.",
    ]


def test_on_a_terminal_the_pace_stands_below_the_bars_and_gives_no_orders() -> None:
    stream = io.StringIO()
    meter = BarMeter(Console(file=stream, force_terminal=True, width=120))
    meter.update({"ann": counts(1, 2)}, paced("A [red]pause\x1b[2J: 40 s left.", "pause"))
    meter.close()
    shown = stream.getvalue()
    assert "18 slots, 142 items/s, 1.2 MB/s, 3 throttle answers" in shown
    assert "Slots: ▁▄ █" in shown
    assert "A [red]pause\\x1b[2J: 40 s left." in shown
