"""Reports on the command line: tables for people, CSV and JSON for programs."""

from __future__ import annotations

import csv
import io
import json
import os
import stat
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.fakes.mail_server import World
from tests.fakes.seeded_home import FORMULA, seed

KINDS = ("protected", "unprotected", "growth", "runs")


@pytest.fixture
def reported(cli: Cli, home: Path, sqlite_template: Path) -> Cli:
    """Give a home with one mailbox that is protected, and two that are not."""
    seed(home, sqlite_template)
    return cli


def read_csv(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_each_report_is_one_document_and_one_csv_with_the_same_fields(reported: Cli) -> None:
    for kind in KINDS:
        document = reported("report", kind, "--json", expect=0).document
        assert document.keys() == {"report", "at", "lines", "totals"}
        assert (document["report"], document["at"][-1]) == (kind, "Z")
        again = reported("report", kind, "--format", "json").document
        assert document == again | {"at": document["at"]}
        rows = read_csv(reported("report", kind, "--format", "csv", expect=0).stdout)
        assert len(rows) == len(document["lines"]) > 0
        for row, line in zip(rows, document["lines"], strict=True):
            assert row.keys() == line.keys()
            numbers = {name: value for name, value in line.items() if isinstance(value, int)}
            assert {name: int(row[name]) for name in numbers} == numbers


def test_what_scripts_rely_on(reported: Cli) -> None:
    (ann,) = reported("report", "protected", "--json").document["lines"]
    assert (ann["resource"], ann["storage"], ann["status"]) == ("ann@example", "disk", "complete")
    assert (ann["point"], ann["items"]) == ("point of ann@example", 4)
    assert ann["good"] == "2026-03-05T09:15:00Z"
    lines = reported("report", "unprotected", "--json").document["lines"]
    assert {one["resource"]: one["cause"] for one in lines} == {
        "room@example": "excluded",
        FORMULA: "failed",
    }
    growth = reported("report", "growth", "--json").document
    assert growth["totals"] == {
        name: sum(one[name] for one in growth["lines"])
        for name in ("items", "bytes_read", "bytes_stored")
    }
    runs = reported("report", "runs", "--json").document
    assert runs["totals"] == {"runs": 2, "complete": 1, "partial": 1}


def test_no_cell_runs(reported: Cli) -> None:
    rows = read_csv(reported("report", "unprotected", "--format", "csv").stdout)
    told = next(one for one in rows if one["cause"] == "failed")
    assert told["resource"] == f"'{FORMULA}"
    assert "; '=1+1" in told["why"] or ";' =1+1" in told["why"]
    assert "\x1b" not in told["why"]


def test_a_file_is_for_spreadsheets_and_for_nobody_else(reported: Cli, tmp_path: Path) -> None:
    file = tmp_path / "report.csv"
    told = reported("report", "protected", "--format", "csv", "--output", file, "--json", expect=0)
    assert told.document == {"file": str(file), "lines": 1}
    assert file.read_bytes().startswith(b"\xef\xbb\xbfstorage,resource,")
    assert file.read_bytes().endswith(b"\r\n")
    assert os.name == "nt" or stat.S_IMODE(file.stat().st_mode) == 0o600
    assert reported("report", "protected", "--output", file, expect=2).stdout == ""
    piped = reported("report", "protected", "--format", "csv").stdout
    assert piped.encode() == file.read_bytes().removeprefix(b"\xef\xbb\xbf")

    for form in ("table", "json"):
        reported("report", "unprotected", "--format", form, "--output", tmp_path / form, expect=0)
    assert len(json.loads((tmp_path / "json").read_text())["lines"]) == 2
    assert (tmp_path / "table").read_text() == reported("report", "unprotected").stdout


def test_a_table_is_for_people(reported: Cli) -> None:
    ended = reported("report", "protected", expect=0)
    head, ann = ended.stdout.splitlines()
    assert head.split()[:2] == ["RESOURCE", "STORAGE"]
    assert ann.startswith("ann@example  disk")
    assert ended.stderr == "resources: 1, items: 4\n"
    assert "read" in reported("report", "growth", expect=0).stderr
    assert "There is nothing" in reported("report", "runs", "--since", "2100-01-01").stderr


def test_how_old_it_may_be_can_be_said(reported: Cli, world: World) -> None:
    world.clock.move(hours=5)  # type: ignore[attr-defined]
    assert reported("report", "protected", "--max-age", "6h", "--json").document["lines"]
    assert reported("report", "protected", "--max-age", "4h", "--json").document["lines"] == []


def test_growth_is_summed_up_by_day_if_wanted(reported: Cli) -> None:
    (day,) = reported("report", "growth", "--total", "--json").document["lines"]
    assert day.keys() == {"day", "storage", "items", "bytes_read", "bytes_stored"}
    assert (day["day"], day["items"]) == ("2026-03-05", 4)
    assert reported("report", "growth", "--since", "2026-03-06", "--json").document["lines"] == []
    assert "RESOURCE" not in reported("report", "growth", "--total", expect=0).stdout


REFUSED = [
    ("protected", "--storage", "no such"),
    ("unprotected", "--job", "no such"),
    ("protected", "--max-age", "soon"),
    ("growth", "--since", "yesterday"),
    ("runs", "--since", "999999d"),
    ("runs", "--format", "xml"),
    ("runs", "--json", "--format", "csv"),
    ("runs", "--output", "/no/such/folder/file"),
]


def test_what_cannot_be_answered_is_refused(reported: Cli) -> None:
    for words in REFUSED:
        assert reported("report", *words, expect=2).stdout == "", words


def test_times_are_taken_as_people_write_them(reported: Cli) -> None:
    for since in ("2026-03-05", "2026-03-05T10:00:00Z", "2026-03-05T12:00:00+02:00", "36500d"):
        ended = reported("report", "runs", "--since", since, "--json", expect=0)
        assert ended.document["totals"]["runs"] == 2, since
