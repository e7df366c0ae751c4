"""Names that attack run through every command: no terminal obeys them, no file leaves its place."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from strongroom.errors import AccessDenied
from tests.cli.commands import all_commands
from tests.cli.conftest import Cli, Ended
from tests.cli.made import Made, Run, make
from tests.cli.test_output import HOSTILE, is_harmless
from tests.fakes.mail_server import World

FOLDERS = (HOSTILE, "../../../up", "/etc/passwd", "C:\\CON", "aux", "=1+1", "..")
ATTACKED = "ann@example"
ELSEWHERE = {
    # What is typed there may hold a password, so it is not repeated: tests/cli/test_database.py.
    "database move": "an address is refused without being shown",
    "database join": "as above",
    "connection wizard": "cli_wizard/test_hostile_names.py: it needs a terminal",
    "storage forgetting": "what `storage forget` draws, by the same function",
    "storage wizard": "it needs a terminal; names that are shown are those that were typed there",
    "demo": "test_demo.py: its data has such names, and it needs the whole lab",
}
Words = tuple[object, ...]


@dataclass(frozen=True)
class Attacked:
    """A home that kept a mailbox where all names attack, and the id of the run that did it."""

    made: Made
    run_id: str


@pytest.fixture(scope="module")
def made_attacked(made_ready: Made, tmp_path_factory: pytest.TempPathFactory) -> Attacked:
    told: list[str] = []

    def commands(run: Run, world: World) -> None:
        add_mailboxes(world)
        run(
            "job", "add", "backup", "nightly", "--connection", "office", "--storage", "disk",
            "--all", "--exclude", HOSTILE,
        )  # fmt: skip
        told.append(run("job", "run", "nightly", "--wait", "--json", expect=3))

    made = make(tmp_path_factory.mktemp("made-attacked"), commands, made_ready.lay_out)
    return Attacked(made, json.loads(told[0])["id"])


@pytest.fixture
def attacked(ready: Cli, home: Path, world: World, made_attacked: Attacked) -> str:
    """Have a mailbox backed up where all names attack; give the id of its run."""
    add_mailboxes(world)
    made_attacked.made.lay_out(home, world)
    return made_attacked.run_id


def add_mailboxes(world: World) -> None:
    mailbox = world.estate.add(ATTACKED)
    world.estate.add(f"bob{HOSTILE}@example")
    for name in FOLDERS:
        folder = mailbox.add_folder(name)
        mailbox.add_item(folder, f"Re: {name}")
    mailbox.failing.add(mailbox.add_item(folder, f"Ill {HOSTILE}"))


def uses(run_id: str, folder: Path) -> dict[str, list[Words]]:
    """Say how each command meets a hostile name: stored, told by a server, or typed."""
    saved = ("disk", ATTACKED)
    through = ("--connection", "office")
    exported = ("--storage", "disk", "--resource", ATTACKED, "--format", "files")
    reported: list[Words] = [
        ("--storage", "disk"),
        ("--storage", HOSTILE),
        ("--job", HOSTILE),
        ("--format", HOSTILE),
        ("--output", folder / "deep" / HOSTILE / "out"),
    ]
    return {
        "connection add exchange-onprem": [
            (HOSTILE, "--server", "s", "--user", "u", "--account-password-file", folder / "p"),
            ("x", "--server", HOSTILE, "--user", "u", "--account-password-file", folder / "p"),
            ("x", "--server", "s", "--user", "u", "--account-password-file", HOSTILE),
            ("x", "--server", "s", "--user", "u", "--ca-file", HOSTILE),
        ],
        "connection add exchange-online": [
            (HOSTILE, "--tenant", "t", "--client-id", "c", "--client-secret-file", folder / "p"),
            ("x", "--tenant", HOSTILE, "--client-id", "c", "--client-secret-file", folder / "p"),
            ("x", "--tenant", "t", "--client-id", HOSTILE, "--client-secret-file", folder / "p"),
            ("x", "--tenant", "t", "--client-id", "c", "--certificate", HOSTILE),
            ("x", "--sign-in", "browser", "--endpoints", HOSTILE),
        ],
        "connection add sharepoint-online": [
            (HOSTILE, "--tenant", "t", "--certificate", HOSTILE),
            (
                "x",
                "--url",
                HOSTILE,
                "--user",
                HOSTILE,
                "--auth",
                "legacy",
                "--app-password-file",
                folder / "p",
            ),
        ],
        "connection add sharepoint-onprem": [
            (HOSTILE, "--url", "https://s", "--user", "u", "--account-password-file", folder / "p"),
            ("x", "--url", HOSTILE, "--user", "u", "--account-password-file", folder / "p"),
            ("x", "--url", "https://s", "--user", "u", "--keytab", HOSTILE),
            (
                "x",
                "--url",
                f"https://s/{HOSTILE}",
                "--user",
                HOSTILE,
                "--account-password-file",
                folder / "p",
                "--owner",
                HOSTILE,
            ),
        ],
        "connection list": [(), (HOSTILE,)],
        "connection show": [(HOSTILE,)],
        "connection edit": [
            (HOSTILE,),
            ("office", "--access", HOSTILE),
            ("office", "--proxy", HOSTILE, "--account-password-file", folder / "p"),
            ("office", "--tenant", HOSTILE),
        ],
        "connection diagnose": [(HOSTILE,), ("office", "--mailbox", HOSTILE, "--with-addresses")],
        "diagnose": [(HOSTILE,)],
        "connection test": [(HOSTILE,), ("office",), ("office", "--mailbox", HOSTILE)],
        "connection remove": [(HOSTILE,)],
        "connection sign-in": [("office",), (HOSTILE,)],
        "connection renew-certificate": [("office",), (HOSTILE,)],
        "connection register": [
            (HOSTILE, "x"),
            ("exchange-online", HOSTILE, "--tenant", HOSTILE),
            ("sharepoint-online", "x", "--tenant", "lab.example", "--url", HOSTILE),
            ("exchange-online", "x", "--tenant", "lab.example", "--only-mailbox", HOSTILE),
        ],
        "connection script": [
            (HOSTILE,),
            ("exchange-online", "--tenant", HOSTILE, "--application-name", HOSTILE),
        ],
        "connection set-password": [
            (HOSTILE, "--no-password"),
            ("office", "--new-password-file", HOSTILE),
        ],
        "connection reset": [
            (HOSTILE, "--no-password", "--yes"),
            ("office", "--new-password-file", HOSTILE, "--yes"),
        ],
        "connection unlock": [
            (HOSTILE, "--password-file", folder / "p", "--command", "true"),
            ("office", "--password-file", HOSTILE, "--command", HOSTILE),
        ],
        "connection lock": [(HOSTILE,), (HOSTILE, HOSTILE)],
        "connection grant": [(HOSTILE, "--to", "uid:4242"), ("office", "--to", HOSTILE)],
        "connection export": [
            (folder / "out.json",),
            (folder / HOSTILE,),
            (folder / HOSTILE / "x",),
            (folder / "out.json", "--unlock", f"{HOSTILE}={HOSTILE}"),
        ],
        "connection import": [(HOSTILE,), (folder / "definitions.json",)],
        "resources": [("office",), (HOSTILE,)],
        "storage add": [
            (HOSTILE, "memory:x", "--password-file", folder / "p"),
            ("x", HOSTILE, "--password-file", HOSTILE),
        ],
        "storage list": [(), (HOSTILE,)],
        "storage show": [("disk",), (HOSTILE,)],
        "storage edit": [
            (HOSTILE, "--credentials", "ambient"),
            ("disk", "--credentials-file", HOSTILE),
            ("disk", "--credentials", HOSTILE),
        ],
        "storage probe": [(HOSTILE,), ("memory:x", "--ca-file", HOSTILE), ("s3://" + HOSTILE,)],
        "storage check": [("disk",), (HOSTILE,), ("disk", "--sample", HOSTILE)],
        "storage repair": [("disk", "--resource", HOSTILE), (HOSTILE,)],
        "storage salvage": [("disk", "--resource", HOSTILE), (HOSTILE,)],
        "storage stats": [("disk",), (HOSTILE,)],
        "storage recover": [
            (HOSTILE, "--recovery-key-file", folder / "p", "--password-file", folder / "p"),
            (HOSTILE, "--recovery-key-file", HOSTILE),
        ],
        "home backup": [(HOSTILE,)],
        "home show": [(HOSTILE,)],
        "home stop-backup": [(HOSTILE,)],
        "home restore": [
            (HOSTILE, "--recovery-key-file", folder / "p"),
            ("memory:x", "--recovery-key-file", HOSTILE),
            ("memory:x", "--recovery-key-file", folder / "p", "--of", HOSTILE),
        ],
        "storage adopt": [
            (HOSTILE, "memory:x", "--recovery-key-file", folder / "p"),
            ("x", HOSTILE, "--recovery-key-file", HOSTILE),
        ],
        "storage rekey": [(HOSTILE, "--all"), ("disk", "--resource", HOSTILE)],
        "storage password list": [("disk",), (HOSTILE,)],
        "storage password set": [
            (HOSTILE, "--password-file", folder / "p"),
            ("disk", "--label", HOSTILE, "--password-file", folder / "p"),
            ("disk", "--password-file", HOSTILE),
        ],
        "storage password add": [
            (HOSTILE, HOSTILE, "--password-file", folder / "p"),
            ("disk", HOSTILE, "--password-file", folder / "p"),
        ],
        "storage password remove": [(HOSTILE, HOSTILE), ("disk", HOSTILE)],
        "storage password show": [(HOSTILE,), ("disk", "--label", HOSTILE)],
        "storage recovery-key rehearse": [
            (HOSTILE, "--recovery-key-file", folder / "p"),
            ("disk", "--recovery-key-file", HOSTILE),
        ],
        "storage recovery-key new": [(HOSTILE,)],
        "storage remove": [(HOSTILE,)],
        "job add backup": [
            (HOSTILE, *through, "--storage", "disk", "--all"),
            ("x", *through, "--storage", HOSTILE, "--all"),
            ("x", *through, "--storage", "disk", "--resource", HOSTILE),
            ("x", *through, "--storage", "disk", "--resource-file", HOSTILE),
            ("x", *through, "--storage", "disk", "--match", HOSTILE, "--exclude", HOSTILE),
            ("y", *through, "--storage", "disk", "--group", HOSTILE),
        ],
        "job add restore": [
            (HOSTILE, *through, "--storage", "disk", "--resource", ATTACKED),
            ("x", *through, "--storage", "disk", "--resource", HOSTILE),
            ("x", *through, "--storage", "disk", "--resource", ATTACKED, "--to", HOSTILE),
            ("y", *through, "--storage", "disk", "--resource", ATTACKED, "--folder", HOSTILE),
        ],
        "job add verify": [
            (HOSTILE, "--storage", "disk"),
            ("x", "--storage", HOSTILE),
            ("x", "--storage", "disk", "--resource", HOSTILE),
        ],
        "job add replicate": [
            (HOSTILE, "--storage", "disk", "--to", "disk"),
            ("x", "--storage", HOSTILE, "--to", "disk"),
            ("x", "--storage", "disk", "--to", HOSTILE),
            ("x", "--storage", "disk", "--to", folder / "two", "--as", HOSTILE),
            ("x", "--storage", "disk", "--to", folder / "two", "--resource", HOSTILE),
        ],
        "storage replicate": [
            (HOSTILE, "disk", "--wait"),
            ("disk", HOSTILE, "--wait"),
            ("disk", folder / "three", "--as", HOSTILE, "--wait"),
            ("disk", folder / "three", "--as", "third", "--wait"),
            ("disk", "third", "--resource", HOSTILE, "--wait"),
        ],
        "storage copies": [("disk",), (HOSTILE,)],
        "storage protect": [
            ("disk",),
            (HOSTILE, "--append-only"),
            ("disk", "--lock-mode", HOSTILE),
        ],
        "hold add": [
            (HOSTILE, ATTACKED, "--reason", "a case"),
            ("disk", HOSTILE, "--reason", "a case"),
            ("disk", ATTACKED, "--reason", HOSTILE),
            ("disk", ATTACKED, "--reason", "a case", "--point", HOSTILE),
        ],
        "hold list": [(), ("--storage", HOSTILE), ("--storage", "disk", "--all")],
        "hold remove": [(HOSTILE, "x"), ("disk", HOSTILE)],
        "storage prune": [(HOSTILE, "--wait"), ("disk", "--resource", HOSTILE, "--dry-run")],
        "storage forget": [
            (HOSTILE, ATTACKED),
            ("disk", HOSTILE, "--cancel"),
            ("disk", ATTACKED, HOSTILE),
        ],
        "storage renew": [("disk",), (HOSTILE,)],
        "storage undelete": [("disk",), (HOSTILE,), ("disk", "--since", HOSTILE)],
        "job add export": [
            (HOSTILE, *exported, "--output", folder),
            ("x", *exported, "--output", folder / HOSTILE),
            ("x", *exported, "--output", folder, "--path", HOSTILE),
        ],
        "job add prune": [(HOSTILE, HOSTILE, "--storage", "disk")],
        "job edit": [
            ("nightly", "--exclude", HOSTILE),
            ("nightly", "--drop", HOSTILE),
            (HOSTILE, "--all"),
            ("nightly", "--resource-file", HOSTILE),
        ],
        "job run": [("nightly", "--wait"), (HOSTILE, "--wait")],
        "job schedule": [
            (HOSTILE, "--never"),
            ("nightly", "--cron", HOSTILE),
            ("nightly", "--cron", "0 3 * * *", "--time-zone", HOSTILE),
            ("nightly", "--continuous", HOSTILE),
            ("nightly", "--hours", HOSTILE),
        ],
        "job pause": [(HOSTILE,)],
        "job resume": [(HOSTILE,)],
        "job priority": [(HOSTILE, "high"), ("nightly", HOSTILE)],
        "database show": [(HOSTILE,)],
        "worker": [(HOSTILE,)],
        "job list": [()],
        "job show": [("nightly",), (HOSTILE,)],
        "job remove": [(HOSTILE,)],
        "run list": [(), (HOSTILE,)],
        "run show": [(run_id,), (HOSTILE,)],
        "run watch": [(run_id,), (HOSTILE,)],
        "run cancel": [(HOSTILE, HOSTILE)],
        "run pause": [(HOSTILE, HOSTILE), (run_id, HOSTILE)],
        "run resume": [(HOSTILE, "--wait"), (run_id, HOSTILE)],
        "run retry": [(run_id, "--wait"), (HOSTILE, "--wait"), (run_id, HOSTILE)],
        "run acknowledge": [(HOSTILE, HOSTILE)],
        "run history": [(HOSTILE,), ("--keep", HOSTILE), ("--keep-runs", HOSTILE)],
        "notify add": [
            (HOSTILE, "--address-file", folder / "p"),
            ("x", "--address-file", HOSTILE),
            ("x", "--address-file", folder / "p", "--on", HOSTILE),
            ("x", "--address-file", folder / "p", "--proxy", HOSTILE),
        ],
        "notify list": [(), (HOSTILE,)],
        "notify edit": [(HOSTILE, "--on", "failed"), ("x", "--on", HOSTILE), (HOSTILE,)],
        "notify test": [(HOSTILE,)],
        "notify remove": [(HOSTILE,)],
        "notify digest": [
            (),
            ("--at", HOSTILE),
            ("--at", "07:00", "--time-zone", HOSTILE),
            (HOSTILE,),
        ],
        "points": [("disk",), ("disk", "--resource", HOSTILE)],
        "browse": [
            saved,
            *((*saved, name) for name in FOLDERS),
            ("disk", HOSTILE),
            (*saved, "--at", HOSTILE),
        ],
        "report protected": [*reported, ("--max-age", HOSTILE)],
        "report unprotected": reported,
        "report growth": [*reported, ("--since", HOSTILE)],
        "report runs": [*reported, ("--since", HOSTILE)],
        "restore": [
            (*saved, *through, "--wait"),
            (*saved, *through, "--folder", HOSTILE, "--path", HOSTILE, "--wait"),
            (*saved, *through, "--to", HOSTILE, "--wait"),
            (*saved, "--connection", HOSTILE, "--wait"),
        ],
        "export": [
            (*saved, "--format", "files", "--output", folder / "deep" / "out"),
            (*saved, "--format", "files", "--output", folder / "deep" / HOSTILE),
            (*saved, "--format", HOSTILE, "--output", folder / "deep" / "out"),
        ],
        "verify": [("disk",), ("disk", "--resource", HOSTILE)],
        "role list": [(), (HOSTILE,)],
        "role give": [
            (HOSTILE, "operator"),
            ("uid:4242", HOSTILE),
            ("uid:4242", "operator", "--label", HOSTILE),
        ],
        "role take": [(HOSTILE, "operator"), ("uid:4242", HOSTILE)],
        "role grants": [(), (HOSTILE,)],
        "role grant": [
            (HOSTILE, "use-connection", "--target", "office"),
            ("uid:4242", HOSTILE),
            ("uid:4242", "use-connection", "--target", HOSTILE),
            ("uid:4242", "use-connection", "--target", f"office/{HOSTILE}"),
            ("uid:4242", "read-content", "--source", f"disk/{HOSTILE}"),
        ],
        "role revoke": [(HOSTILE,), (HOSTILE, HOSTILE)],
        "approval list": [(), (HOSTILE,)],
        "approval give": [(HOSTILE,), (HOSTILE, HOSTILE)],
        "approval marks": [(), (HOSTILE,)],
        "approval mark": [
            ("--storage", HOSTILE),
            ("--connection", HOSTILE),
            ("--storage", "disk", "--resource", HOSTILE),
        ],
        "approval unmark": [(HOSTILE,), (HOSTILE, HOSTILE)],
        "audit list": [(), (HOSTILE,)],
        "audit export": [
            ("-",),
            ("-", "--syslog", "--host", HOSTILE),
            (folder / "deep" / HOSTILE / "log",),
            (HOSTILE, HOSTILE),
        ],
        "audit send": [
            (HOSTILE,),
            ("--to", HOSTILE),
            ("--to", f"unix:/{HOSTILE}", "--host", HOSTILE),
            ("--to", "tls://127.0.0.1:1", "--ca-file", HOSTILE),
        ],
        "audit verify": [(), (HOSTILE,)],
        "vault rotate-key": [(), (HOSTILE,)],
        "serve": [(HOSTILE,), ("--metrics", HOSTILE)],
        "health": [(), (HOSTILE,)],
        "metrics": [
            (),
            ("--per-resource",),
            (HOSTILE,),
            ("--output", folder / "deep" / HOSTILE / "out"),
        ],
        "lab serve": [("--mail", HOSTILE), ("--weather", HOSTILE), ("--bulk", HOSTILE)],
    }


def test_every_command_has_its_hostile_uses() -> None:
    assert uses("", Path()).keys() | ELSEWHERE.keys() == all_commands().keys()


@pytest.mark.parametrize("command", sorted(uses("", Path())))
def test_no_terminal_obeys_a_name_and_json_stays_one_document(
    command: str, ready: Cli, attacked: str, world: World, tmp_path: Path
) -> None:
    (tmp_path / "p").write_text("made-up\n")
    (tmp_path / "definitions.json").write_text(json.dumps(_hostile_definitions()))
    (tmp_path / "deep").mkdir()
    shown = []
    for words in uses(attacked, tmp_path)[command]:
        for form in ((), ("--json",)) if command != "lab serve" else ((),):
            world.estate.on_call = _denial(command)
            ended = ready(*command.split(), *words, *form)
            world.estate.on_call = lambda _call: None
            assert ended.code != 1, ended
            assert is_harmless(ended.stdout), words
            assert is_harmless(ended.stderr), words
            assert not form or documents(ended, command), (words, ended)
            shown.append(ended.stdout + ended.stderr)
    assert "owned" in "".join(shown), "nothing hostile came through: this shows nothing"


@pytest.mark.parametrize("form", ["eml", "files"])
def test_no_file_leaves_the_output_folder(
    form: str, ready: Cli, attacked: str, tmp_path: Path
) -> None:
    deep = tmp_path / "deep"
    before = set(tmp_path.rglob("*"))
    ready(
        "export", "disk", ATTACKED, "--format", form, "--output", deep / "out", "--json"
    )  # fmt: skip
    written = set(tmp_path.rglob("*")) - before
    assert all(path == deep or path.is_relative_to(deep / "out") for path in written)
    assert all(is_harmless(str(path)) for path in written)
    assert form == "eml" or len([path for path in written if path.is_file()]) >= len(FOLDERS)


def _hostile_definitions() -> dict[str, object]:
    """Give definitions as somebody may have left them in a version control."""
    connection = {"name": HOSTILE, "kind": "exchange-onprem", "server": HOSTILE}
    return {
        "format": "strongroom definitions",
        "version": 1,
        "connections": [connection],
        "jobs": [{"name": HOSTILE, "kind": "backup"}],
    }


def documents(ended: Ended, command: str) -> bool:
    """Say whether standard output holds what ``--json`` promises: one document, or none at all."""
    texts = ended.stdout.splitlines() if command == "run watch" else [ended.stdout]
    for text in texts:
        if text:
            json.loads(text)
    return bool(ended.stdout) or ended.code != 0


def _denial(command: str) -> Callable[[str], None]:
    """Let the server answer a test of the connection with a text that attacks."""

    def deny(_call: str) -> None:
        if command == "connection test":
            raise AccessDenied(f"Denied: {HOSTILE}", why=HOSTILE, hint=HOSTILE)

    return deny
