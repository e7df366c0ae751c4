"""Nothing untrusted gives orders to a terminal; a reader who leaves breaks nothing."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from strongroom.cli import output

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


def test_letters_that_the_terminal_lacks_come_out_as_escapes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="latin-1", newline="\n"))
    output.text("S\xf8ren \u017baneta")
    output.table(("NAME",), [("\u738b",)])
    assert raw.getvalue() == b"S\xf8ren \\u017baneta\nNAME\n\\u738b\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="NOT SHOWN: needs a device that is full")
@pytest.mark.parametrize(("stream", "code"), [("stdout", 2), ("stderr", 0)])
def test_a_full_disk_behind_an_answer_is_told_and_one_behind_messages_stops_nothing(
    stream: str, code: int, tmp_path: Path
) -> None:
    program = (
        "from strongroom.cli import output; from strongroom.cli.main import main\n"
        "output.message('beside the answer')\n"
        "main(['storage', 'list'])\n"
    )
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", program],
            stdout=full if stream == "stdout" else subprocess.PIPE,
            stderr=full if stream == "stderr" else subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
            env={**os.environ, "STRONGROOM_HOME": str(tmp_path / "home")},
        )
    assert done.returncode == code
    if stream == "stdout":
        assert "Traceback" not in done.stderr
        assert "No space left" in done.stderr
        assert "hint: " in done.stderr
    else:
        assert done.stdout.startswith("NAME")


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
