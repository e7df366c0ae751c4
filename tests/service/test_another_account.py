"""Another account of the machine: it reads no file of the home, and opens nothing of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from strongroom.service.application import Application
from strongroom.service.callers import home_account, own_account
from tests.fakes.mail_server import STORAGE_URL, World, details, storage_password
from tests.service.support import add_job, back_up

NOBODY = 65534

pytestmark = pytest.mark.skipif(
    os.name == "nt" or os.getuid() != 0,
    reason="NOT SHOWN: only root can try what another account may do",
)


@pytest.fixture
def home(world: World) -> Iterator[Path]:
    """Give a home with everything in it, in a place that everybody can reach."""
    folder = Path(tempfile.mkdtemp(prefix="strongroom-test-"))
    folder.chmod(0o755)
    world.make_storage()
    world.estate.add("ann@example")
    with Application(folder / "home", world.ports()) as application:
        application.connections.add("office", details())
        application.storages.add("disk", STORAGE_URL, storage_password())
        add_job(application, "ann@example")
        back_up(application)
        # Looked at while it is open: the write-ahead log is there too.
        yield folder / "home"
    shutil.rmtree(folder)


def as_nobody(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words, user=NOBODY, group=NOBODY, extra_groups=[], capture_output=True, text=True,
        check=False, cwd="/", env={"PATH": os.environ["PATH"]}, timeout=60,
    )  # fmt: skip


def test_it_reads_and_changes_no_file(home: Path) -> None:
    files = [one for one in home.rglob("*") if one.is_file()]
    assert {"control.db", "control.db-wal", "service.key"} <= {one.name for one in files}
    for file in files:
        assert as_nobody("cat", str(file)).stdout == "", file
        assert as_nobody("cp", "/dev/null", str(file)).returncode != 0, file
    assert as_nobody("ls", str(home)).stdout == ""


def test_the_homes_own_account_is_told_by_the_file_system(home: Path) -> None:
    assert home_account(home) == set(own_account().ids)
    os.chown(home, NOBODY, NOBODY)
    assert home_account(home) == {f"uid:{NOBODY}"}
    os.chown(home, os.getuid(), os.getgid())


@pytest.mark.parametrize(
    ("attempt", "told"),
    [
        ("main(['--home', home, 'connection', 'list'])", "no service answers"),
        ("compose.open_application(pathlib.Path(home))", "cannot be opened"),
        ("print(FileKey(pathlib.Path(home)).load())", "cannot be read"),
    ],
)
def test_it_opens_nothing_with_our_own_program_or_at_a_python_prompt(
    home: Path, attempt: str, told: str
) -> None:
    # A home of its own is opened before the account is changed: the program itself, which is
    # loaded by that, may lie where others cannot read.
    program = (
        "import contextlib, os, pathlib, sys\n"
        "from strongroom import compose\n"
        "from strongroom.cli.main import main\n"
        "from strongroom.vault.service_key import FileKey\n"
        "home, own = sys.argv[1:]\n"
        "with contextlib.suppress(SystemExit):\n"
        "    main(['--home', own, 'connection', 'list'])\n"
        f"os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})\n"
        f"{attempt}\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, str(home), str(home.parent / "own")],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode != 0
    assert told in ended.stderr
    assert "mail.example" not in ended.stdout + ended.stderr
