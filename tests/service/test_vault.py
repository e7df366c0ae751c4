"""The sealed details against whoever can write to the database, or carry a copy of it away."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from strongroom.control import connections as rows
from strongroom.errors import AccessDenied, IntegrityError, OperatorError, StrongroomError
from strongroom.service.application import Application
from strongroom.service.connections import ConnectionEdit
from strongroom.service.details import SECRETS, ConnectionDetails
from strongroom.service.rights import Role
from strongroom.vault.key_holder import stage_new
from strongroom.vault.secret import Secret
from strongroom.vault.service_key import FileKey
from tests.fakes.canaries import found_below
from tests.fakes.mail_server import PASSWORD, SERVER, Estate, World, details
from tests.fakes.marked import caged, canary
from tests.service.support import acting, add_job, back_up, caller, wait

EVIL = "evil.example"


@pytest.fixture
def evil(world: World) -> Estate:
    """Give a hostile server that answers, and would take any password."""
    world.servers[EVIL] = Estate()
    return world.servers[EVIL]


def alter(application: Application, statement: str, **values: object) -> None:
    with application._shared.database.write() as db:
        db.execute(sa.text(statement), values)


def hosts(world: World) -> set[str]:
    """Say which servers were signed in to."""
    return {name for name, one in world.servers.items() if one in [s.estate for s in world.opened]}


def test_boxes_swapped_between_connections_do_not_open(ready: Application, evil: Estate) -> None:
    ready.connections.add("mine", details(server=EVIL))
    mine, office = ready.connections.record("mine"), ready.connections.record("office")
    alter(
        ready,
        "UPDATE connections SET sealed = :a, wrapped_key = :b WHERE id = :id",
        a=mine.sealed, b=mine.wrapped_key, id=office.id,
    )  # fmt: skip
    with pytest.raises(IntegrityError, match="do not open"):
        ready.connections.test("office")


def test_an_older_box_under_the_same_name_does_not_come_back_in_parts(ready: Application) -> None:
    before = ready.connections.record("office")
    ready.connections.reset_password("office", None)
    alter(ready, "UPDATE connections SET sealed = :a WHERE id = :id", a=before.sealed, id=before.id)
    with pytest.raises(IntegrityError):
        ready.connections.test("office")


@pytest.mark.parametrize("column", ["name", "kind"])
def test_a_row_that_was_renamed_or_made_another_kind_does_not_open(
    ready: Application, column: str
) -> None:
    alter(ready, f"UPDATE connections SET {column} = 'other'")  # noqa: S608
    name = "other" if column == "name" else "office"
    with pytest.raises(IntegrityError, match="do not open"):
        ready.connections.test(name)


def test_two_rows_that_changed_names_do_not_lead_to_each_others_servers(
    ready: Application, world: World, evil: Estate
) -> None:
    ready.connections.add("mine", details(server=EVIL))
    for old, new in (("office", "x"), ("mine", "office"), ("x", "mine")):
        alter(ready, "UPDATE connections SET name = :new WHERE name = :old", new=new, old=old)
    for name in ("office", "mine"):
        with pytest.raises(IntegrityError):
            ready.connections.test(name)
    assert hosts(world) == set()


def test_rewritten_clear_copies_lead_nowhere_else_and_unlock_nothing(
    ready: Application, world: World, evil: Estate
) -> None:
    ready.connections.add("vip", details(), password=caged("guard"))
    alter(
        ready,
        "UPDATE connections SET shown = :shown",
        shown='{"access":"delegate","auth":"ntlm","cloud":"dod","is_guarded":false,'
        f'"server":"{EVIL}"}}',
    )
    assert ready.connections.show("office").auth == "basic"
    ready.connections.test("office")
    assert hosts(world) == {SERVER}
    with pytest.raises(AccessDenied, match="locked"):
        ready.connections.show("vip")


SERVER_OF_ONES_OWN = replace(details(), owners=("uid:7001",))
CLOUD = ConnectionDetails(
    kind="exchange-online",
    tenant="t",
    client_id="c",
    auth="certificate",
    certificate=caged("certificate"),
    restore_client_id="r",
    restore_certificate=caged("other certificate"),
)
SITE = ConnectionDetails(
    kind="sharepoint-onprem",
    url="https://sites.example/",
    user="backup@example",
    auth="kerberos",
    keytab=caged("key table"),
    owners=("uid:7001",),
)
CHANGES: Mapping[str, tuple[ConnectionDetails, Any]] = {
    "server": (SERVER_OF_ONES_OWN, EVIL),
    "autodiscover": (SERVER_OF_ONES_OWN, f"backup@{EVIL}"),
    "directory": (SERVER_OF_ONES_OWN, EVIL),
    "auth": (SERVER_OF_ONES_OWN, "ntlm"),
    "ca_pem": (SERVER_OF_ONES_OWN, "PEM of the attacker"),
    "fingerprint": (SERVER_OF_ONES_OWN, "ab" * 32),
    "certificate_name": (SERVER_OF_ONES_OWN, EVIL),
    "proxy": (SERVER_OF_ONES_OWN, f"http://{EVIL}:3128"),
    "url": (SITE, f"https://{EVIL}/"),
    "user": (SITE, f"backup@{EVIL}"),
    "tenant": (CLOUD, "attacker"),
    "cloud": (CLOUD, "china"),
    "endpoints": (CLOUD, {"graph": f"https://{EVIL}/"}),
}


@pytest.mark.parametrize("who", ["home", "owner", "unlocked"])
@pytest.mark.parametrize("field", sorted(CHANGES))
def test_whatever_changes_where_secrets_go_discards_them_for_everybody(
    ready: Application, field: str, who: str
) -> None:
    full, to = CHANGES[field]
    is_guarded = who == "unlocked" or not full.owner_ids
    ready.connections.add("full", full, password=caged("guard") if is_guarded else None)
    verbs = ready if who == "home" else acting(ready, caller(7001), Role.ADMINISTRATOR)
    if is_guarded:
        verbs.connections.unlock("full", caged("guard"))
    change = {field: to}
    with pytest.raises(OperatorError, match="needs the password again"):
        verbs.connections.edit("full", ConnectionEdit(**change))
    record = ready.connections.record("full")
    assert ready.connections.details(record) == replace(full, is_guarded=is_guarded)
    proof = "certificate" if full is CLOUD else "password"
    again: Any = {proof: caged("given again")}
    view = verbs.connections.edit("full", ConnectionEdit(**change, **again))
    assert view.secrets == (proof,)
    now = ready.connections.details(ready.connections.record("full"))
    assert now == replace(now.without_secrets(), **again)


def test_signing_in_by_the_tickets_of_this_machine_keeps_no_secret_either(
    ready: Application,
) -> None:
    ready.connections.add("site", SITE)
    view = ready.connections.edit("site", ConnectionEdit(uses_tickets=True))
    assert (view.secrets, view.uses_tickets) == ((), True)


@pytest.mark.parametrize("field", sorted(CHANGES.keys() - {"user"}))
def test_no_secret_of_whatever_kind_outlives_a_change_of_where_it_goes(field: str) -> None:
    everything: Any = {one: Secret(f"secret {one}") for one in SECRETS}
    full = replace(CHANGES[field][0], **everything)
    edit: Any = {field: CHANGES[field][1], "client_secret": caged("new")}
    changed = ConnectionEdit(**edit).applied_to(full)
    assert changed == replace(changed.without_secrets(), client_secret=caged("new"))


def online(**given: Any) -> ConnectionDetails:
    return replace(CLOUD, **{"restore_client_id": "", "restore_certificate": None, **given})


def test_a_person_who_signs_in_anew_gives_no_secret_and_keeps_none(ready: Application) -> None:
    tokens = caged("tokens")
    ready.connections.add("online", online(auth="browser", certificate=None, token_cache=tokens))
    view = ready.connections.edit("online", ConnectionEdit(tenant="attacker"))
    assert view.secrets == ()


def test_a_secret_that_is_changed_alone_leaves_the_others(ready: Application) -> None:
    ready.connections.add("cloud", CLOUD)
    view = ready.connections.edit("cloud", ConnectionEdit(certificate=caged("new")))
    assert view.secrets == ("certificate", "restore_certificate")
    kept = ready.connections.details(ready.connections.record("cloud"))
    assert kept.restore_certificate == CLOUD.restore_certificate
    view = ready.connections.edit("cloud", ConnectionEdit(restore_client_id=""))
    assert view.secrets == ("certificate",)


def test_a_server_that_is_named_was_not_looked_up_any_more(ready: Application) -> None:
    ready.connections.add("found", replace(details(), autodiscover="ann@example", directory="dns"))
    view = ready.connections.edit(
        "found", ConnectionEdit(server=SERVER, fingerprint="ab" * 32, password=Secret(PASSWORD))
    )
    assert (view.autodiscover, view.directory, view.server) == ("", "", SERVER)


def test_a_new_proof_takes_the_place_of_the_one_that_was_there(ready: Application) -> None:
    ready.connections.add("site", SITE)
    view = ready.connections.edit("site", ConnectionEdit(password=caged("new")))
    assert view.secrets == ("password",)


def test_renewed_tokens_are_kept_only_where_they_belong(ready: Application) -> None:
    begun = online(auth="browser", certificate=None, token_cache=caged("old"))
    ready.connections.add("online", begun)
    record = ready.connections.record("online")
    assert ready.connections.keep_tokens(record.id, begun, caged("new"))
    assert not ready.connections.keep_tokens(record.id, begun, caged("of an old sign-in"))
    kept = ready.connections.details(ready.connections.record("online"))
    assert kept.token_cache == caged("new")
    begun = replace(begun, token_cache=caged("new"))
    ready.connections.edit("online", ConnectionEdit(tenant="other"))
    assert not ready.connections.keep_tokens(record.id, begun, caged("stray"))
    assert ready.connections.show("online").secrets == ()
    ready.connections.edit("online", ConnectionEdit(tenant="t"))
    assert not ready.connections.keep_tokens(record.id, begun, caged("discarded")), "stay gone"
    ready.connections.remove("online")
    assert not ready.connections.keep_tokens(record.id, begun, caged("late"))


def test_a_stolen_database_without_the_service_key_opens_nothing(
    ready: Application, tmp_path: Path, world: World
) -> None:
    password = canary("password of the stolen one")
    ready.connections.add("vip", details(password=password), password=caged("guard"))
    thief = tmp_path / "thief"
    thief.mkdir(mode=0o700)
    for file in (tmp_path / "home").glob("control.db*"):
        shutil.copy(file, thief)
    assert found_below(thief, [password, canary("guard"), SERVER, PASSWORD + "  "]) == []
    with Application(thief, world.ports()) as stolen:
        for call in (
            lambda: stolen.connections.test("office"),
            lambda: stolen.connections.show("office"),
            stolen.definitions.give_out,
            lambda: stolen.storages.stats("disk"),
            stolen.vault.rotate_key,
        ):
            with pytest.raises(StrongroomError, match="is gone"):
                call()
    assert world.opened == []


def test_a_stolen_database_with_a_key_of_the_thief_opens_nothing_either(
    ready: Application, tmp_path: Path, world: World
) -> None:
    thief = tmp_path / "thief"
    thief.mkdir(mode=0o700)
    for file in (tmp_path / "home").glob("control.db*"):
        shutil.copy(file, thief)
    FileKey(thief).create()
    with (
        Application(thief, world.ports()) as stolen,
        pytest.raises(IntegrityError, match="do not open"),
    ):
        stolen.connections.test("office")


def test_rotating_the_service_key_needs_nothing_to_be_entered_again(
    ready: Application, tmp_path: Path, world: World
) -> None:
    world.estate.add("ann@example")
    ready.connections.add("vip", details(), password=caged("guard"))
    old = FileKey(tmp_path / "home").load()
    with Application(tmp_path / "home", world.ports()) as meanwhile:
        meanwhile.connections.test("office")
        ready.vault.rotate_key()
        assert FileKey(tmp_path / "home").load() != old
        meanwhile.connections.test("office")  # another process takes the new key by itself
        meanwhile.connections.add("late", details())
    ready.connections.unlock("vip", caged("guard"))
    for name in ("office", "vip", "late"):
        ready.connections.test(name)
    add_job(ready)
    assert back_up(ready)["status"] == "complete"
    assert [file.name for file in (tmp_path / "home").glob("service.key*")] == ["service.key"]


def test_the_old_service_key_opens_nothing_after_a_rotation(
    ready: Application, tmp_path: Path, world: World
) -> None:
    key_file = tmp_path / "home" / "service.key"
    old = key_file.read_bytes()
    ready.vault.rotate_key()
    key_file.write_bytes(old)
    with Application(tmp_path / "home", world.ports()) as again, pytest.raises(IntegrityError):
        again.connections.test("office")


def test_a_rotation_that_was_killed_while_staging_is_forgotten(
    ready: Application, tmp_path: Path, world: World
) -> None:
    stage_new(FileKey(tmp_path / "home"))
    with Application(tmp_path / "home", world.ports()) as again:
        again.connections.test("office")
    assert not (tmp_path / "home" / "service.key.next").exists()


def test_a_rotation_that_was_killed_before_the_key_took_its_place_goes_on(
    ready: Application, tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(_self: FileKey) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(FileKey, "promote", die)
        with pytest.raises(KeyboardInterrupt):
            ready.vault.rotate_key()
    with Application(tmp_path / "home", world.ports()) as again:
        again.connections.test("office")
        assert again.audit.problems() == []
    assert not (tmp_path / "home" / "service.key.next").exists()


def test_a_run_goes_nowhere_but_where_it_was_asked_for(
    ready: Application, world: World, evil: Estate
) -> None:
    world.estate.add("ann@example")
    add_job(ready)

    def edit(call: str) -> None:
        world.estate.on_call = lambda _: None
        ready.connections.edit("office", ConnectionEdit(server=EVIL, password=Secret(PASSWORD)))

    world.estate.on_call = edit
    ended = back_up(ready)
    assert ended["status"] == "failed"
    assert "leads to another server" in ended["error"]["what"]
    assert hosts(world) == {SERVER}
    assert ready.connections.show("office").server == EVIL


def test_a_connection_that_a_run_stands_on_is_not_removed(ready: Application, world: World) -> None:
    world.estate.add("ann@example")
    add_job(ready)
    run, _ = ready.jobs.ask_run("nightly")
    ready.jobs.remove("nightly")
    with pytest.raises(OperatorError, match="in use") as caught:
        ready.connections.remove("office")
    assert run.id in caught.value.why
    wait(ready, run)
    ready.connections.remove("office")


def test_an_edit_over_somebody_elses_edit_is_refused(ready: Application) -> None:
    original = ready.connections.details

    def details_then_other_edit(record: Any) -> ConnectionDetails:
        found = original(record)
        with ready._shared.database.write() as db:
            rows.reseal(db, record.id, sealed=b"other", wrapped_key=b"other", shown={})
        return found

    ready.connections.details = details_then_other_edit  # type: ignore[method-assign]
    with pytest.raises(OperatorError, match="changed by somebody else"):
        ready.connections.edit("office", ConnectionEdit(access="delegate"))
