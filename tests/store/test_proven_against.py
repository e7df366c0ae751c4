"""What ``docs/backends.md`` says was proven, was proven against the versions that it names."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

import orjson
import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "backends.md").read_text(encoding="utf-8")
LOCK = ROOT / "tests" / "judges" / "npm" / "package-lock.json"


def azurite() -> str:
    return str(orjson.loads(LOCK.read_bytes())["packages"]["node_modules/azurite"]["version"])


@pytest.mark.parametrize(
    ("row", "version"),
    [
        ("moto as S3", importlib.metadata.version("moto")),
        ("moto behind a face of ours", importlib.metadata.version("moto")),
        ("Azurite as", azurite()),
        ("memory of obstore", importlib.metadata.version("obstore")),
    ],
)
def test_the_manual_names_the_version_that_the_tests_ran_against(row: str, version: str) -> None:
    (line,) = [line for line in TEXT.splitlines() if line.startswith(f"| {row}")]
    assert f"| {version} |" in line, f"write {version} into docs/backends.md"
