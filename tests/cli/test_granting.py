"""A guarded connection is granted to somebody by their stable id, and taken away again."""

from __future__ import annotations

from tests.cli.conftest import Cli


def test_a_grant_of_a_connection_is_listed_and_revoked(ready: Cli) -> None:
    granted = ready(
        "connection", "grant", "office", "--to", "uid:4242", "--json", expect=0
    ).document
    connection = ready("connection", "show", "office", "--json").document["id"]
    assert (granted["right"], granted["account"]) == ("use-connection", "uid:4242")
    assert (granted["sources"], granted["targets"]) == ([], [f"{connection}/*"])
    assert ready("role", "grants", "--json").document == [granted]
    ready("role", "revoke", granted["id"], expect=0)
    assert ready("role", "grants", "--json").document == []


def test_a_name_is_nobody(ready: Cli) -> None:
    assert "stable id" in ready("connection", "grant", "office", "--to", "ann", expect=2).stderr
    assert ready("role", "grants", "--json").document == []
