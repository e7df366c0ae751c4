"""Slots, batches and bandwidth follow from the server's answers: there is nothing to set.

What anybody can give is found by asking the code: every option, every parameter of a verb and every
field of what it takes, every column, every look at the environment. A name that sounds like a pace
fails here until a person has looked at it and written it down with a reason.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

import strongroom
from strongroom import compose
from strongroom.clock import Clock
from strongroom.control.schema import METADATA
from strongroom.pace.lane import LanePace
from strongroom.pace.pace import Pace
from strongroom.pace.paces import Paces
from strongroom.pace.patience import Budget, Patience
from strongroom.pace.told import Told
from strongroom.service.application import SessionVerbs
from strongroom.service.details import ConnectionDetails
from strongroom.service.ports import Purpose, Use
from strongroom.service.selections import BackupSelection
from strongroom.service.verbs import Verbs, rules
from strongroom.slots import create
from strongroom.slots.api import Outcome, Scope
from tests.cli.commands import all_commands
from tests.fakes.marked import caged
from tests.fakes.patient_clock import PatientClock

SOUNDS_LIKE_A_PACE = re.compile(
    "slots?|connections|threads?|parallel.*|concurren.*|batch.*|bandwidth|rates?|throttl.*|speed"
    "|workers?|pace|pacing|fast.*|slow.*|limits?|max.*|min|most|budget|patience|retr(y|ies)|tries"
    "|wait.*|timeouts?|delay|interval|chunks?|pages?|windows?|queue|back.?off|quota|per|bytes"
    "|requests|crews?|lanes?|burst|sizes?|counts?|n|jobs|lanes|processes|cpus?|cores?|nice|gentle"
)

REVIEWED = {
    "restore --wait": "whether the command waits for the run's end",
    "storage prune --wait": "whether the command waits for the run's end",
    "storage replicate --wait": "whether the command waits for the run's end",
    "job run --wait": "as above",
    "run cancel --wait": "as above",
    "run resume --wait": "as above",
    "run retry --wait": "as above",
    "metrics --per-resource": "which figures are shown",
    "metrics --no-per-resource": "as above",
    "report protected --max-age": "from which age on a restore point is told as too old",
    "report unprotected --max-age": "as above",
    "reports.protected max_age_s": "as above",
    "reports.unprotected max_age_s": "as above",
    "progress.worker": "who tells how far it is",
    "tasks.worker": "who has the task in hand",
    "tasks.bytes_read": "counted, to be shown",
    "tasks.bytes_stored": "as above",
    "growth.bytes_read": "as above",
    "growth.bytes_stored": "as above",
    "protected.bytes_read": "as above",
    "protected.bytes_stored": "as above",
    "wrong_passwords.count": "wrong passwords in a row",
    "runs.waits_for": "the run that holds what this one needs",
    "runs.requests": "counted, to be shown",
    "runs.throttled": "counted, to be shown",
    "waits.lane": "an order to wait of the server's; nobody but it gives one",
}

ENVIRONMENT = {
    "cli/routing.py": {"SESSION_VARIABLE"},
    "cli/settings.py": {"HOME_VARIABLE", "WHY_VARIABLE"},
    "cli/shell.py": {"'SHELL'", "*"},
    "cli/signing_in.py": {"'BROWSER'", "'DISPLAY'", "'WAYLAND_DISPLAY'"},
    "compose/__init__.py": {"'CREDENTIALS_DIRECTORY'", "KEY_VARIABLE"},
    # The lab hands a file to a library through it, and puts it back as it was.
    "lab/sign_in/windows.py": {"name", "*"},
}
"""Which variables each file looks at; ``*``: it hands on, or changes, the whole of it."""


def is_suspect(name: str) -> bool:
    words = re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
    return any(SOUNDS_LIKE_A_PACE.fullmatch(word) for word in re.split("[^a-z0-9]+", words))


def of_commands() -> Iterator[str]:
    for words, command in all_commands().items():
        for one in command.params:
            for option in [*one.opts, *one.secondary_opts]:
                yield f"{words} {option if option.startswith('-') else one.name}"


def all_verbs() -> Iterator[tuple[str, Any]]:
    for noun, kind in typing.get_type_hints(SessionVerbs).items():
        if isinstance(kind, type) and issubclass(kind, Verbs):
            for name in rules(kind):
                yield f"{noun}.{name}", getattr(kind, name)


def parts_of(hint: object) -> Iterator[type]:
    """Give the dataclasses that a type is made of."""
    for inner in typing.get_args(hint):
        yield from parts_of(inner)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        yield hint
        for inner in typing.get_type_hints(hint).values():
            yield from parts_of(inner)


def given_types() -> set[type]:
    """Give what the verbs take, and what they make out of the documents that they take."""
    found = {ConnectionDetails, BackupSelection}
    for _, method in all_verbs():
        for name, hint in typing.get_type_hints(method).items():
            if name != "return":
                found |= set(parts_of(hint))
    return found


def of_verbs() -> Iterator[str]:
    for name, method in all_verbs():
        for parameter in inspect.signature(method).parameters:
            yield f"{name} {parameter}"
    for kind in given_types():
        for field in dataclasses.fields(kind):
            yield f"{kind.__name__}.{field.name}"


def of_columns() -> Iterator[str]:
    for table in METADATA.tables.values():
        for column in table.columns:
            yield f"{table.name}.{column.name}"


def own_word(place: str) -> str:
    """Give the word itself: a run's table is called after runs whatever its column says."""
    return re.split("[ .]", place)[-1]


@pytest.mark.parametrize(
    ("places", "at_least"), [(of_commands, 100), (of_verbs, 120), (of_columns, 60)]
)
def test_nothing_that_anybody_can_give_sounds_like_a_pace(places: Any, at_least: int) -> None:
    found = set(places())
    assert len(found) >= at_least, "the list is made in another way now"
    assert {one for one in found if is_suspect(own_word(one))} <= set(REVIEWED)


def test_what_was_reviewed_is_there_still() -> None:
    assert set(REVIEWED) <= {*of_commands(), *of_verbs(), *of_columns()}


@pytest.mark.parametrize(
    "name",
    ["--slots", "--max-connections", "-n", "batch_size", "rate-limit", "bandwidthKbps", "workers"],
)
def test_a_name_that_sounds_like_a_pace_is_noticed(name: str) -> None:
    assert is_suspect(name)


def test_no_option_is_taken_from_the_environment() -> None:
    for command in all_commands().values():
        assert "auto_envvar_prefix" not in command.context_settings
        assert not [one.name for one in command.params if getattr(one, "envvar", None)]


# The environment, and files of settings


def sources(*words: str) -> Iterator[tuple[str, ast.Module]]:
    """Give the files in which one of the words stands."""
    root = Path(strongroom.__file__).parent
    for file in sorted(root.rglob("*.py")):
        text = file.read_text("utf-8")
        if any(word in text for word in words):
            yield file.relative_to(root).as_posix(), ast.parse(text)


def parents(tree: ast.Module) -> dict[ast.AST, ast.AST]:
    return {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}


def looks(tree: ast.Module) -> Iterator[str]:
    """Give what of the environment a file looks at, as it is written there."""
    above = parents(tree)
    for node in ast.walk(tree):
        name = getattr(node, "attr", getattr(node, "id", None))
        if name in {"getenv", "getenvb"}:
            yield ast.unparse(above[node])
        if name not in {"environ", "environb"}:
            continue
        user = above[node]
        if isinstance(user, ast.Subscript):
            yield ast.unparse(user.slice)
        elif isinstance(user, ast.Compare):
            yield ast.unparse(user.left)
        elif isinstance(user, ast.Attribute) and user.attr in {"get", "pop"}:
            call = above[user]
            assert isinstance(call, ast.Call)
            yield ast.unparse(call.args[0])
        else:
            yield "*"


def test_the_environment_is_looked_at_for_what_was_reviewed_and_nothing_else() -> None:
    found = {name: set(looks(tree)) for name, tree in sources("environ", "getenv")}
    assert {name: one for name, one in found.items() if one} == ENVIRONMENT


def test_no_file_of_settings_is_read() -> None:
    readers = {"configparser", "tomllib", "tomli", "yaml", "dotenv", "pydantic_settings"}
    for name, tree in sources(*readers):
        for node in ast.walk(tree):
            modules = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                modules = [node.module or ""]
            assert not {one.partition(".")[0] for one in modules} & readers, name


def test_the_program_gives_no_pace_other_deciders_than_its_own() -> None:
    assert not inspect.signature(create).parameters
    given = {
        name
        for name, tree in sources("deciders")
        for node in ast.walk(tree)
        if isinstance(node, ast.keyword) and node.arg == "deciders"
    }
    assert given == {"pace/paces.py"}, "where it hands on what it was given itself"


# What connections differ in

ONE: Mapping[str, Any] = {
    "kind": "exchange-onprem",
    "server": "https://one.contoso.example/EWS/Exchange.asmx",
    "user": "backup@contoso.example",
    "password": caged("made up"),
}
OTHER: Mapping[str, Any] = {
    "kind": "exchange-onprem",
    "server": "https://slots.fabrikam.example:8443/EWS/Exchange.asmx",
    "url": "https://fabrikam.example/sites/slots=64",
    "sign_in_server": "https://sts.fabrikam.example/adfs/ls/?slots=64",
    "autodiscover": "slots64@fabrikam.example",
    "directory": "dns",
    "user": "slots=64@fabrikam.example",
    "password": caged("slots=64"),
    "auth": "ntlm",
    "access": "delegate",
    "fingerprint": "ab" * 32,
    "certificate_name": "64.fabrikam.example",
    "proxy": "http://64.fabrikam.example:6464",
    "tenant": "slots-64",
    "cloud": "china",
    "endpoints": {"slots": "64", "graph": "https://64.fabrikam.example"},
    "client_id": "64",
    "restore_client_id": "64",
    "owners": ("uid:64",),
    "sees_permissions": True,
    "uses_ews": True,
    "is_guarded": True,
    "uses_tickets": False,
    "ca_pem": None,
}
SECRETS = {
    "keytab",
    "certificate",
    "client_secret",
    "token_cache",
    "app_password",
    "restore_certificate",
}

ANSWERS = [
    *[Told(outcome=Outcome.OK)] * 40,
    Told(outcome=Outcome.THROTTLED, retry_after_s=20.0),
    *[Told(outcome=Outcome.OK)] * 20,
    Told(outcome=Outcome.THROTTLED, scope=Scope.LANE, retry_after_s=10.0),
    Told(outcome=Outcome.TIMEOUT),
    Told(outcome=Outcome.CONNECTION_LIMIT),
    *[Told(outcome=Outcome.OK, quota_left=0.5, quota_reset_s=60.0)] * 20,
    *[Told(outcome=Outcome.BROKEN)] * 5,
    *[Told(outcome=Outcome.OK)] * 20,
]


class Noted(Paces):
    """Remembers the pace that was asked for last."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.latest: Pace | None = None

    def of(self, server: str) -> Pace:
        self.latest = super().of(server)
        return self.latest


def decisions(details: Mapping[str, Any]) -> list[object]:
    """Open a connection, give its pace the answers, and say all that it decided."""
    clock = PatientClock()
    paces = Noted(clock)
    compose.open_server(ConnectionDetails(**details), Use(purpose=Purpose.BACKUP), clock, paces)
    pace = paces.latest
    assert pace is not None
    said: list[object] = []
    for number, told in enumerate(ANSWERS):
        lane = LanePace(pace, f"mailbox-{number % 3}", kind="ExportItems")
        count = lane.take([30_000] * 200)
        with lane.turn(Patience(Budget(wait_s=9e9)), kind="ExportItems", items=count) as turn:
            clock.move(seconds=0.4 + 0.03 * count)
            turn.tell(told)
        report = dataclasses.replace(pace.report(), server="")
        said.append((clock.monotonic_s(), count, lane.may_begin(3), report))
    return said


def test_every_detail_was_thought_of() -> None:
    assert {one.name for one in dataclasses.fields(ConnectionDetails)} == {*OTHER, *SECRETS}


def test_connections_that_differ_in_everything_are_paced_alike(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expected = decisions(ONE)
    assert len({str(one) for one in expected}) > 20, "they do decide something"
    for name in ("SLOTS", "CONNECTIONS", "THREADS", "BATCH", "BANDWIDTH", "WORKERS", "WHY"):
        monkeypatch.setenv(f"STRONGROOM_{name}", "64")
    for name in ("OMP_NUM_THREADS", "PYTHON_CPU_COUNT", "DISPLAY", "BROWSER", "SHELL"):
        monkeypatch.setenv(name, "64")
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://64.fabrikam.example:6464")
    assert decisions(OTHER) == expected
