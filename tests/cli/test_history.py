"""``run history`` shows how long history is kept, and changes it."""

from __future__ import annotations

from tests.cli.conftest import Cli


def test_it_is_shown_and_changed(cli: Cli) -> None:
    assert cli("run", "history", "--json", expect=0).document == {
        "keep_s": 400 * 24 * 3600,
        "keep_runs": None,
        "runs": 0,
        "oldest": None,
        "to_remove": 0,
    }
    told = cli("run", "history", "--keep", "36h", "--keep-runs", "50", expect=0).stdout
    assert "kept for 1.5 days after their end, and at most 50 of each job" in told
    assert cli("run", "history", expect=0).stdout == told
    assert cli("run", "history", "--keep-runs", "0", "--json").document["keep_runs"] is None
    assert "Not a duration" in cli("run", "history", "--keep", "long", expect=2).stderr
    assert cli("run", "history", "--keep-runs", "-1").code == 2
