"""The service key is changed without anything being entered again."""

from __future__ import annotations

from pathlib import Path

from strongroom.vault.service_key import FileKey
from tests.cli.conftest import Cli


def test_after_a_rotation_all_secrets_still_open_under_another_key(ready: Cli, home: Path) -> None:
    before = FileKey(home).load()
    assert ready("vault", "rotate-key", "--json", expect=0).document == {"rotated": True}
    after = FileKey(home).load()
    assert None not in {before, after}
    assert before != after
    ready("connection", "test", "office", expect=0)
    ready("storage", "check", "disk", expect=0)
    (record,) = ready("audit", "list", "--json").document[2:3]
    assert record["verb"] == "vault.rotate_key"
