"""No process has a secret among its arguments or in its environment: ours, and those it starts.

Looked at twice: by the operating system's own list while commands run, and by a witness inside each
of our processes, which misses none that lived for a moment.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom.lab.lab import ADMINISTRATOR, Lab, Wishes
from strongroom.lab.seed.bulk import Load
from strongroom.store.passwords import STRONG
from tests.fakes.marked import canary, marks_in
from tests.journeys.support import Spawned

LARGE = "large@lab.example"
WITNESS = """
import os, sys
_file = os.open({file!r}, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
def _see(event, args):
    if event in {{"subprocess.Popen", "os.exec", "os.posix_spawn", "os.system", "os.putenv"}}:
        os.write(_file, (event + " " + repr(args) + "\\n").encode("utf-8", "backslashreplace"))
sys.addaudithook(_see)
os.write(_file, ("began " + repr(sys.orig_argv) + "\\n").encode("utf-8", "backslashreplace"))
"""


@pytest.fixture
def lab() -> Iterator[Lab]:
    with Lab(Wishes(seed=2, loads=(Load(address=LARGE, items=12, item_bytes=1024),))) as running:
        yield running


@pytest.fixture
def witness(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a witness into every Python process that is started from now on."""
    folder = tmp_path / "witness"
    folder.mkdir()
    seen = folder / "seen"
    (folder / "sitecustomize.py").write_text(WITNESS.format(file=str(seen)))
    monkeypatch.setenv("PYTHONPATH", str(folder))
    return seen


def test_the_witness_sees_what_is_started_and_how(witness: Path) -> None:
    program = "import subprocess, sys; subprocess.run(['true', 'of all ' + 'words'])"
    subprocess.run([sys.executable, "-c", program], check=True)
    seen = witness.read_text()
    assert "began " in seen
    assert "of all words" in seen


@pytest.mark.skipif(sys.platform != "linux", reason="NOT SHOWN: only Linux lists processes so")
def test_what_the_operating_system_lists_of_a_process_is_found() -> None:
    program = "print('here', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", program, "a word"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == b"here\n"
        listed = list_processes(process.pid)
        process.stdin.write(b"\n")
    assert any(b"a word" in content for content in listed)


def test_no_secret_is_in_arguments_or_environments_while_everything_is_done(
    lab: Lab, tmp_path: Path, witness: Path
) -> None:
    strongroom = Spawned(tmp_path)
    guard = strongroom.secret("guard", canary("guard of a process"))
    ca_file = tmp_path / "ca.pem"
    ca_file.write_bytes(lab.ca_pem)
    password = strongroom.secret("account", lab.admin_password)
    commands: list[tuple[object, ...]] = [
        ("connection", "add", "exchange-onprem", "lab", "--server", lab.ews_url, "--user",
         ADMINISTRATOR, "--auth", "ntlm", "--account-password-file", password, "--ca-file",
         ca_file, "--password-file", guard),
        ("connection", "test", "lab", "--password-file", guard),
        ("storage", "add", "disk", tmp_path / "disk", "--password-file",
         strongroom.storage_password),
        ("job", "add", "backup", "nightly", "--connection", "lab", "--storage", "disk",
         "--resource", LARGE, "--password-file", guard),
        ("job", "run", "nightly", "--wait"),
    ]  # fmt: skip
    listed: list[bytes] = []
    for words in commands:
        with (
            (tmp_path / "told").open("wb") as told,
            subprocess.Popen(strongroom.command(*words), stdout=told, stderr=told) as process,
        ):
            while not has_ended(process):
                listed += list_processes(process.pid)
        assert process.returncode == 0, (tmp_path / "told").read_text()
        assert list(marks_in((tmp_path / "told").read_bytes())) == []
    record = json.loads((tmp_path / "disk" / "strongroom" / "storage.json").read_text())
    (main,) = record["passwords"]
    assert main["password"]["memory_kib"] == STRONG.argon2_memory_kib, "nobody made it cheap"
    assert main["restic"]["n"] == STRONG.scrypt_n
    seen = witness.read_bytes()
    assert seen.count(b"began ") >= len(commands)
    assert list(marks_in(seen)) == []
    assert sys.platform != "linux" or any(b"strongroom" in content for content in listed)
    assert list(marks_in(b"\n".join(dict.fromkeys(listed)))) == []


def has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Say whether it has ended, some fiftieth of a second from now."""
    try:
        process.wait(0.02)
    except subprocess.TimeoutExpired:
        return False
    return True


def list_processes(process: int) -> list[bytes]:
    """Give arguments and environments of a process and all that it started, as Linux has them."""
    found: list[bytes] = []
    waiting = [process]
    while waiting:
        folder = Path(f"/proc/{waiting.pop()}")
        try:
            found += [(folder / "cmdline").read_bytes(), (folder / "environ").read_bytes()]
            children = folder / "task" / folder.name / "children"
            waiting += [int(one) for one in children.read_text().split()]
        except OSError:
            continue  # it has ended
    return found
