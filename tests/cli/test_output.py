"""Nothing untrusted gives orders to a terminal; a reader who leaves breaks nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from strongroom.cli import output
from tests.cli.conftest import Cli
from tests.fakes.mail_server import World

HOSTILE = "\x1b]0;owned\x07\u202egnp.exe\r\nError: none <b>[bold]"
BIDI = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def is_harmless(text: str) -> bool:
    return all((c.isprintable() or c == "\n") and c not in BIDI for c in text)


def test_every_way_of_printing_takes_orders_out(capsys: pytest.CaptureFixture[str]) -> None:
    output.text(HOSTILE)
    output.message(HOSTILE)
    output.table(("A", "B"), [(HOSTILE, 1), ("short", None)])
    output.failure(HOSTILE, f"{HOSTILE}\nsecond", HOSTILE)
    output.failures([HOSTILE] * 20)
    told = capsys.readouterr()
    assert is_harmless(told.out)
    assert is_harmless(told.err)
    assert "and 12 more" in told.err
    assert "owned" in told.out, "it is shown, not dropped"


def test_json_carries_names_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    output.document({"name": HOSTILE})
    told = capsys.readouterr().out
    assert json.loads(told) == {"name": HOSTILE}
    assert is_harmless(told)


def test_hostile_names_run_through_every_command(ready: Cli, world: World, tmp_path: Path) -> None:
    mailbox = world.estate.add("ann@example")
    folder = mailbox.add_folder(f"In {HOSTILE}")
    item = mailbox.add_item(folder, f"Re: {HOSTILE}")
    mailbox.failing.add(mailbox.add_item(folder, f"Ill {HOSTILE}"))
    ready(
        "job", "add", "backup", "j", "--connection", "office", "--storage", "disk", "--all",
        "--exclude", HOSTILE, expect=0,
    )  # fmt: skip
    path = f"In {HOSTILE}"
    run = ready("job", "run", "j", "--wait", "--json", expect=3).document
    assert item
    for words in (
        ("job", "run", "j", "--wait"),
        ("job", "list"),
        ("job", "show", "j"),
        ("run", "show", run["id"]),
        ("run", "list"),
        ("points", "disk"),
        ("resources", "office"),
        ("browse", "disk", "ann@example"),
        ("browse", "disk", "ann@example", path),
        ("browse", "disk", "ann@example", f"{path}/{HOSTILE}"),
        ("browse", "disk", HOSTILE),
        ("export", "disk", "ann@example", "--format", "files", "--output", tmp_path / "out"),
        ("verify", "disk"),
        ("connection", "show", HOSTILE),
        ("storage", "add", HOSTILE, "/x", "--password-file", HOSTILE),
        (HOSTILE,),
    ):
        ended = ready(*words)
        assert is_harmless(ended.stdout), words
        assert is_harmless(ended.stderr), words
    outside = [p for p in tmp_path.iterdir() if p.name not in {"home", "out"} and p.is_dir()]
    assert outside == []


@pytest.mark.skipif(os.name == "nt", reason="pipes close differently there")
def test_a_reader_who_leaves_breaks_nothing(tmp_path: Path) -> None:
    program = (
        "import sys; from strongroom.cli import output\n"
        "[output.text('line') for _ in range(100_000)]\n"
        "sys.exit(3)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"line\n"
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 3


@pytest.mark.parametrize(
    ("byte_count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1500, "1.5 kB"),
        (2_000_000, "2.0 MB"),
        (3 * 10**15, "3000.0 TB"),
    ],
)
def test_sizes_are_written_for_people(byte_count: int, text: str) -> None:
    assert output.size(byte_count) == text
