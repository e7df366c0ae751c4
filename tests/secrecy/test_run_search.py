"""The search of a whole test run finds what it should, fails the run by it, and nothing else."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.fakes import marked
from tests.fakes.marked import MARK, canary, given, marks_in, needles

REPOSITORY = Path(__file__).resolve().parents[2]
SECRET = canary("of this test")

WAYS: dict[str, Callable[[bytes], bytes]] = {
    "as it is": bytes,
    "base64": base64.b64encode,
    "URL-safe base64": base64.urlsafe_b64encode,
    "hexadecimal": lambda content: content.hex().encode(),
    "capital hexadecimal": lambda content: content.hex().upper().encode(),
    "URL": lambda content: quote(content).encode(),
    "repr": lambda content: repr(content).encode(),
}


@pytest.mark.parametrize("before", [b"", b"x", b"xy"])
@pytest.mark.parametrize(
    ("way", "encoding"),
    [
        (way, encoding)
        for way in WAYS
        for encoding in ("utf-8", "utf-16-le", "utf-16-be")
        if encoding == "utf-8" or way not in {"URL", "repr"}  # these hold UTF-8
    ],
)
def test_a_marked_secret_is_found_in_every_form(way: str, encoding: str, before: bytes) -> None:
    written = b"{" + WAYS[way](before + f" {SECRET}, etc.".encode(encoding)) + b"}"
    assert list(marks_in(written))


def test_the_mark_is_written_alike_by_all_who_write_the_same_form() -> None:
    forms = needles()
    assert len(forms) == 10
    for name, needle in forms.items():
        if name.startswith("hexadecimal"):
            assert needle.isdigit()
        if name.startswith("base64"):
            assert needle.isalnum()
            assert len(needle) >= 12, "shorter ones turn up by chance"


def test_a_finding_names_the_canary_and_never_what_it_stands_for_in_full() -> None:
    (found,) = marks_in(f"token={SECRET}".encode())
    assert found == "of this test, as text"
    (drawn,) = marks_in(f"token={marked.drawn(18)}".encode())
    assert drawn == "a drawn secret, as text"


TESTS = """
import base64, logging, os, subprocess, sys
from pathlib import Path
import pytest
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric import rsa
from strongroom.lab.lab import Lab
from tests.fakes.marked import canary, given, register, secret_file

def test_nothing(tmp_path):
    (tmp_path / "log").write_text("nothing at all")
    secret_file(tmp_path / "password", canary("read by a command"))
    (tmp_path / "ready.json").write_text(canary("told by the lab"))

def test_file(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "journal").write_bytes(base64.b64encode(canary("in a file").encode()))

def test_name(tmp_path):
    (tmp_path / canary("in a name").partition("?")[0]).touch()

def test_drawn(tmp_path):
    (tmp_path / "log").write_text(Lab().password("ann@lab.example"))

def test_registered(tmp_path):
    register("recovery key", "ABCD-EFGH-1234")
    (tmp_path / "log").write_bytes("ABCD-EFGH-1234".encode("utf-16"))

def test_key(tmp_path):
    key = rsa.generate_private_key(65537, 2048)
    way = form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption()
    (tmp_path / "log").write_bytes(base64.b64encode(b"x" + key.private_bytes(*way)))

def test_print():
    print(canary("printed"))

def test_caught(capsys):
    print(canary("caught"))
    capsys.readouterr()

def test_program():
    subprocess.run([sys.executable, "-c", "print('Caged' + 'Bird81')"], capture_output=True)

def test_argument():
    subprocess.run([sys.executable, "-c", "pass", canary("argument")])

def test_environment():
    subprocess.run([sys.executable, "-c", "pass"], env={**os.environ, "X": canary("environment")})

def test_logger():
    logging.getLogger("urllib3.pool").debug("sent %s", canary("logged"))
"""

PLANTED = {
    "file": r"test_file\w*/deep/journal: in a file, as base64 of text",
    "name": r"test_name\w*/CagedBird81 in a name : ",
    "drawn": r"/log: a drawn secret, as text",
    "registered": r"/log: recovery key",
    "key": r"test_key\w*/log: a private key, as base64 of text",
    "print": r"Captured stdout call of .*test_print: printed, as text",
    "caught": r"standard output in .*test_caught .*: caught, as text",
    "program": r"standard output of a program, in .*test_program .*: a drawn secret, as text",
    "argument": r"arguments of a program, in .*: argument, as text",
    "environment": r"environment of a program, in .*: environment, as text",
    "logger": r"a message of the logger urllib3.pool in .*: logged, as text",
}


def run_tests(folder: Path, *words: str) -> tuple[int, str]:
    given(folder)
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "test_planted.py").write_text(TESTS)
    words = (
        "-m", "pytest", "-q", "-p", "tests.secrecy.run_search", "-p", "no:randomly", "-p",
        "no:cacheprovider", "--basetemp", str(folder / "tmp"), *words, "test_planted.py",
    )  # fmt: skip
    # Into a file: what is caught of a program is searched as well, in this run.
    with (folder / "told").open("w") as told:
        ended = subprocess.run(
            [sys.executable, *words],
            cwd=folder, env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            stdout=told, stderr=subprocess.STDOUT, check=False, timeout=120,
        )  # fmt: skip
    return ended.returncode, (folder / "told").read_text()


def test_a_run_that_wrote_no_secret_ends_well(tmp_path: Path) -> None:
    code, told = run_tests(tmp_path, "-k", "test_nothing")
    assert code == 0, told
    assert "secrets that the tests used" not in told


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "workers"])
def test_a_run_that_wrote_secrets_fails_though_each_test_passed(
    tmp_path: Path, workers: tuple[str, ...]
) -> None:
    code, everything = run_tests(tmp_path, *workers)
    told = everything[everything.index("secrets that the tests used were written") :]
    assert code == 1
    assert "12 passed" in told
    for name, pattern in PLANTED.items():
        assert re.search(pattern, told), (name, told)
    assert "test_nothing" not in told
    assert MARK + "-" not in told, "what was drawn is not told"
