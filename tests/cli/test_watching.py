"""How far a run is: bars on a terminal, lines elsewhere, and each note once."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from strongroom.cli import progress_text
from strongroom.cli.bars import BarMeter
from strongroom.cli.watching import RunDisplay
from strongroom.control.records import Run, RunStatus
from tests.fakes.hand_clock import HandClock


def counts(items: int, expected: int, *, elapsed_s: float = 2.0) -> dict[str, Any]:
    return {
        "items": items,
        "items_expected": expected,
        "bytes": items * 1000,
        "bytes_expected": expected * 1000,
        "elapsed_s": elapsed_s,
        "items_per_s": items / elapsed_s if elapsed_s else 0.0,
        "bytes_per_s": 0.0,
        "left_s": (expected - items) * elapsed_s / items if items else None,
    }


def progress(
    *notes: str,
    before: int = 0,
    pace: dict[str, Any] | None = None,
    run: dict[str, Any] | None = None,
    **resources: dict[str, Any],
) -> dict[str, Any]:
    return {
        "resources": resources,
        "notes": list(notes),
        "notes_before": before,
        "pace": pace,
        **({} if run is None else {"run": run}),
    }


def together(**figures: Any) -> dict[str, Any]:
    return {
        "tasks": 40, "tasks_done": 3, "tasks_in_hand": 2, "items": 1200, "items_expected": 5000,
        "bytes": 2_500_000, "bytes_expected": 9_000_000, "share": 0.129, "items_per_s": 141.6,
        "bytes_per_s": 3_400_000.0, "left_s": 730.0, "limited_by": "storage",
        "limited_told": "The storage is slow.", **figures,
    }  # fmt: skip


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
    assert progress_text.of_resource(counts(1000, 3000)) == (
        "1,000 of 3,000 items, 1.0 MB, 500 items/s, about 4 s left"
    )
    assert (
        progress_text.of_resource(counts(3000, 3000))
        == "3,000 of 3,000 items, 3.0 MB, 1,500 items/s"
    )
    assert progress_text.of_resource(counts(0, 0, elapsed_s=0.0)) == "0 of 0 items, 0 B, 0 items/s"


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


def test_what_nobody_saw_before_the_end_is_shown_then(capsys: pytest.CaptureFixture[str]) -> None:
    with RunDisplay(clock=HandClock(), is_terminal=False) as display:
        display.tell(progress("one"))
        display.tell_rest(["one", "two"])
    assert capsys.readouterr().err.splitlines() == ["one", "two"]


def test_bars_show_every_resource_in_hand_and_take_no_orders_from_names() -> None:
    stream = io.StringIO()
    meter = BarMeter(Console(file=stream, force_terminal=True, width=120))
    meter.update({"ann\u202e[red]": counts(10, 100), "bob": counts(1, 2)}, None, None)
    shown = stream.getvalue()
    meter.update({"bob": counts(2, 2)}, None, None)
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
    assert shown == [({"ann": counts(1, 2)}, None, None)]


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
    meter.update({"ann": counts(1, 2)}, paced("A [red]pause\x1b[2J: 40 s left.", "pause"), None)
    meter.close()
    shown = stream.getvalue()
    assert "18 slots, 142 items/s, 1.2 MB/s, 3 throttle answers" in shown
    assert "Slots: ▁▄ █" in shown
    assert "A [red]pause\\x1b[2J: 40 s left." in shown


def test_the_whole_run_is_told_with_its_rate_and_the_time_left(
    capsys: pytest.CaptureFixture[str],
) -> None:
    whole = (
        "3 of 40 tasks, 1,200 of at least 5,000 items, 2.5 MB, 142 items/s, 3.4 MB/s, "
        "about 12 min left"
    )
    assert progress_text.of_run(together()) == whole
    alone = together(tasks=1, tasks_done=0, tasks_in_hand=1, left_s=None)
    assert progress_text.of_run(alone) == ("1,200 of 5,000 items, 2.5 MB, 142 items/s, 3.4 MB/s")
    assert progress_text.in_short(together()) == "12%, about 12 min left"
    assert progress_text.in_short(together(share=None, left_s=None)) == ""
    clock = HandClock()
    with RunDisplay(clock=clock, is_terminal=False) as display:
        for _ in range(2):
            display.tell(progress(run=together(), pace=paced("The pace.", "demand")))
            clock.sleep(10)
    assert capsys.readouterr().err.splitlines() == [
        "The storage is slow.",
        f"Together: {whole}",
        "Pace: 18 slots, 142 items/s, 1.2 MB/s, 3 throttle answers",
        "The storage is slow.",
    ]


def test_on_a_terminal_the_whole_run_stands_below_the_bars() -> None:
    stream = io.StringIO()
    meter = BarMeter(Console(file=stream, force_terminal=True, width=200))
    meter.update({"ann": counts(1, 2)}, paced("The pace.", "demand"), together())
    meter.close()
    shown = stream.getvalue()
    assert "Together: 3 of 40 tasks" in shown
    assert "The storage is slow." in shown
    assert "The pace." not in shown


def test_of_very_many_resources_and_very_long_names_the_figures_stay_in_sight(
    capsys: pytest.CaptureFixture[str],
) -> None:
    many: Any = {f"{'long' * 30}{number}\x1b[2J": counts(1, 2 + number) for number in range(20)}
    clock = HandClock()
    with RunDisplay(clock=clock, is_terminal=False) as display:
        for _ in range(2):
            display.tell(progress(**many))
            clock.sleep(10)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == progress_text.SHOWN_MAX + 1
    assert lines[0].startswith("longlong")
    assert "1 of 21 items" in lines[0], "those first that take longest"
    assert lines[-1] == "and 12 more in hand"
    assert max(map(len, lines)) < 120
    stream = io.StringIO()
    meter = BarMeter(Console(file=stream, force_terminal=True, width=160))
    meter.update(many, None, None)
    meter.update({}, None, None)
    meter.close()
    assert "1 of 21 items" in stream.getvalue()
    assert "and 12 more in hand" in stream.getvalue()
    assert "\x1b[2J" not in stream.getvalue()


def test_a_run_that_waits_says_for_how_long_and_again_now_and_then(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = HandClock()
    with RunDisplay(clock=clock, is_terminal=False) as display:
        for second in range(0, 121, 30):
            display.show(waiting(seconds=3600.0 - second))
            clock.sleep(30)
        display.show(waiting(seconds=None))
    assert capsys.readouterr().err.splitlines() == [
        "Run r2 waits for run r1: same storage; about 60 min.",
        "Run r2 waits for run r1: same storage; about 59 min.",
        "Run r2 waits for run r1: same storage; about 58 min.",
    ]


def test_a_note_that_comes_late_from_another_worker_is_shown_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with RunDisplay(clock=HandClock(), is_terminal=False) as display:
        display.tell(progress("a1", "a2"))
        display.tell(progress("a1", "b1", "a2"))
        display.tell(progress("a1", "b1", "a2", "a2"))
        display.tell(progress("b1"))
        display.tell(progress("b1", "a3"))
    assert capsys.readouterr().err.splitlines() == ["a1", "a2", "b1", "a2", "a3"]


def waiting(*, seconds: float | None) -> Run:
    return Run(
        position=2, id="r2", job_id=None, job=None, kind="backup", request={}, claims={},
        status=RunStatus.WAITING, waits_for="run r1: same storage", is_stop_asked=False,
        is_pause_asked=False, attempts=0, requests=0, throttled=0, created=HandClock().now(),
        started=None, finished=None, error=None, waits_for_s=seconds,
    )  # fmt: skip
