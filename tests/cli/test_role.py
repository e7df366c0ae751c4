"""Roles and grants are given, shown and taken away."""

from __future__ import annotations

from tests.cli.conftest import Cli
from tests.fakes.mail_server import World

SOMEBODY = "uid:4242"


def test_a_role_is_given_once_listed_and_taken_away(cli: Cli) -> None:
    given = ("role", "give", SOMEBODY, "operator", "--label", "Night shift", "--json")
    assert cli(*given, expect=0).document["is_changed"] is True
    assert cli(*given, expect=0).document["is_changed"] is False
    (one,) = cli("role", "list", "--json", expect=0).document
    assert (one["account"], one["role"], one["label"]) == (SOMEBODY, "operator", "Night shift")
    assert "Night shift" in cli("role", "list", expect=0).stdout
    taken = cli("role", "take", SOMEBODY, "operator", "--json", expect=0)
    assert taken.document["is_changed"] is True
    assert cli("role", "list", "--json").document == []


def test_a_name_is_no_account_and_nonsense_no_role(cli: Cli) -> None:
    assert "uid:NUMBER" in cli("role", "give", "bob", "operator", expect=2).stderr
    assert "restore-operator" in cli("role", "give", SOMEBODY, "king", expect=2).stderr
    assert cli("role", "list", "--json").document == []


def test_a_grant_names_one_mailbox_by_its_id_and_is_revoked(kept: Cli, world: World) -> None:
    granted = kept(
        "role", "grant", SOMEBODY, "restore", "--source", "disk/ann@example",
        "--target", "office/ann@example", "--json", expect=0,
    ).document  # fmt: skip
    connection = kept("connection", "show", "office", "--json").document["id"]
    ann = world.estate.id_of("ann@example")
    assert granted["targets"] == [f"{connection}/mailbox:{ann}"]
    assert granted["sources"][0].endswith(f"/mailbox:{ann}")
    assert kept("role", "grants", "--json", expect=0).document == [granted]
    shown = kept("role", "grants", expect=0).stdout
    assert f"disk/mailbox:{ann}" in shown
    assert f"office/mailbox:{ann}" in shown
    kept("role", "revoke", granted["id"], expect=0)
    assert kept("role", "grants", "--json").document == []
    assert "no such grant" in kept("role", "revoke", granted["id"], expect=2).stderr


def test_a_grant_without_a_resource_covers_the_whole_place(ready: Cli) -> None:
    granted = ready(
        "role", "grant", SOMEBODY, "read-content", "--source", "disk", "--json", expect=0
    ).document
    assert [one.partition("/")[2] for one in granted["sources"]] == ["*"]


def test_what_comes_with_roles_cannot_be_granted(ready: Cli) -> None:
    refused = ready("role", "grant", SOMEBODY, "manage", "--target", "office", expect=2)
    assert "roles" in refused.stderr
    assert ready("role", "grants", "--json").document == []


def test_a_grant_may_cover_all_connections(ready: Cli) -> None:
    ready("role", "grant", "uid:7001", "use-connection", "--target", "*", expect=0)
    (grant,) = ready("role", "grants", "--json", expect=0).document
    assert grant["targets"] == ["*"]
    assert "*" in ready("role", "grants", expect=0).stdout
