"""Start-up loads only what is needed, because every scheduled run pays for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SLOW = ("lxml", "sqlalchemy", "cryptography", "alembic", "rich", "urllib3", "msgspec", "orjson")
PROGRAM = (
    "import sys\n"
    "from strongroom.cli.main import main\n"
    "try:\n"
    "    main(sys.argv[1:])\n"
    "except SystemExit:\n"
    "    pass\n"
    "print(*sorted(sys.modules), file=sys.stderr)\n"
)


def loaded(*words: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words], check=True, capture_output=True, text=True
    )
    return set(done.stderr.splitlines()[-1].split())


@pytest.mark.parametrize("words", [("--help",), ("--version",), ("job", "run", "--help")])
def test_help_loads_nothing_slow(words: tuple[str, ...]) -> None:
    assert loaded(*words).isdisjoint(SLOW)


def test_commands_that_ask_no_server_load_neither_xml_nor_http(tmp_path: Path) -> None:
    modules = loaded("--home", str(tmp_path / "home"), "job", "list")
    assert "sqlalchemy" in modules
    assert modules.isdisjoint({"lxml", "urllib3", "rich"})


def test_the_program_runs_as_a_module() -> None:
    for module in ("strongroom", "strongroom.cli.main"):
        done = subprocess.run(
            [sys.executable, "-m", module, "--version"], check=True, capture_output=True, text=True
        )
        assert done.stdout.startswith("strongroom ")
