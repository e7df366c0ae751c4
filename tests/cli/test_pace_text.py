"""How a run used its server, as text: on any terminal, and never as an order to it."""

from __future__ import annotations

from typing import Any

from strongroom.cli.pace_text import drawn, figures, sparkline, summary


def pace(**other: Any) -> dict[str, Any]:
    return {
        "slots": 1,
        "items_per_s": 0.0,
        "bytes_per_s": 0.0,
        "requests": 300,
        "throttled": 1,
        "failed": 2,
        "slots_least": 0,
        "slots_most": 24,
        "mostly": "how fast the server answers (64% of the time)",
        "history": [{"at_s": 5.0 * n, "slots": slots} for n, slots in enumerate((1, 12, 0, 24))],
        **other,
    }


def test_the_figures_are_one_line() -> None:
    assert figures(pace()) == "1 slot, 0 items/s, 0 B/s, 1 throttle answer"


def test_slots_are_drawn_as_high_as_they_were() -> None:
    assert sparkline([1, 12, 0, 24]) == "▁▄ █"
    assert sparkline([0, 0]) == "  "
    assert sparkline([]) == ""
    assert sparkline([1]) == "█"


def test_where_there_are_no_bars_slots_are_drawn_in_plain_letters() -> None:
    assert drawn(pace(), encoding="utf-8") == "▁▄ █"
    for encoding in ("ascii", "iso-8859-1", None, "no such encoding"):
        assert drawn(pace(), encoding=encoding) == ".= @"


def test_a_runs_pace_is_told_in_three_lines() -> None:
    lines = summary(pace(), "how fast the server answers (64% of the time)")
    assert lines[0].startswith("Slots: ")
    assert lines[1:] == [
        "  0 to 24 slots in 15 s; 1 throttle answer, 2 requests without an answer",
        "  limited most by how fast the server answers (64% of the time)",
    ]


def test_of_a_run_that_asked_nothing_no_pace_is_told() -> None:
    assert summary(pace(requests=0), "nothing") == []
    assert len(summary(pace(), "")) == 2
