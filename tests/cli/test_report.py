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
from tests.cli.test_output import HOSTILE
from tests.fakes.mail_server import World

KINDS = ("protected", "unprotected", "growth", "runs")
FORMULA = '=HYPERLINK("http://evil.example","ann")@example'


@pytest.fixture
def reported(kept: Cli, world: World) -> Cli:
    """Give a home with one mailbox that is protected, and two that are not."""
    world.estate.add("room@example", excluded="It is a room.")
    world.estate.add(FORMULA, excluded=f"-It is shut; =1+1 {HOSTILE}", is_missing=True)
    kept(
        "job", "add", "backup", "all", "--connection", "office", "--storage", "disk", "--all",
        expect=0,
    )  # fmt: skip
    kept("job", "run", "all", "--wait")
    return kept


def read_csv(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("kind", KINDS)
def test_each_report_is_one_document_with_its_totals(reported: Cli, kind: str) -> None:
    document = reported("report", kind, "--json", expect=0).document
    assert document.keys() == {"report", "at", "lines", "totals"}
    assert document["report"] == kind
    assert document["at"].endswith("Z")
    assert document["lines"]
    assert document == reported("report", kind, "--format", "json").document | {
        "at": document["at"]
    }


def test_what_scripts_rely_on(reported: Cli) -> None:
    (ann,) = reported("report", "protected", "--json").document["lines"]
    (point,) = reported("points", "disk", "--resource", "ann@example", "--json").document[:1]
    assert (ann["resource"], ann["storage"], ann["status"]) == ("ann@example", "disk", "complete")
    assert (ann["point"], ann["items"]) == (point["id"], 4)
    assert ann["good"] <= point["time"]
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


@pytest.mark.parametrize("kind", KINDS)
def test_csv_has_the_fields_of_the_document(reported: Cli, kind: str) -> None:
    lines = reported("report", kind, "--json").document["lines"]
    told = reported("report", kind, "--format", "csv", expect=0).stdout
    rows = read_csv(told)
    assert len(rows) == len(lines)
    for row, line in zip(rows, lines, strict=True):
        assert row.keys() == line.keys()
        numbers = {name: value for name, value in line.items() if isinstance(value, int)}
        assert {name: int(row[name]) for name in numbers} == numbers


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


@pytest.mark.parametrize("form", ["table", "json"])
def test_the_other_forms_can_be_written_to_files_too(
    reported: Cli, tmp_path: Path, form: str
) -> None:
    file = tmp_path / "report"
    reported("report", "unprotected", "--format", form, "--output", file, expect=0)
    if form == "json":
        assert len(json.loads(file.read_text())["lines"]) == 2
    else:
        assert file.read_text() == reported("report", "unprotected").stdout


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


@pytest.mark.parametrize(
    "words",
    [
        ("protected", "--storage", "no such"),
        ("unprotected", "--job", "no such"),
        ("protected", "--max-age", "soon"),
        ("growth", "--since", "yesterday"),
        ("runs", "--since", "999999d"),
        ("runs", "--format", "xml"),
        ("runs", "--json", "--format", "csv"),
        ("runs", "--output", "/no/such/folder/file"),
    ],
)
def test_what_cannot_be_answered_is_refused(reported: Cli, words: tuple[str, ...]) -> None:
    ended = reported("report", *words, expect=2)
    assert ended.stdout == ""


def test_times_are_taken_as_people_write_them(reported: Cli) -> None:
    for since in ("2026-03-05", "2026-03-05T10:00:00Z", "2026-03-05T12:00:00+02:00", "36500d"):
        ended = reported("report", "runs", "--since", since, "--json", expect=0)
        assert ended.document["totals"]["runs"] == 2, since
