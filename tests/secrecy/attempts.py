"""What somebody hostile may try: every verb and every command, found by asking the program.

Arguments are made from the parameters' names and types, with what an attacker would put there: the
names of what there is, and details that lead to a server of their own.
"""

from __future__ import annotations

import inspect
import itertools
import json
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import msgspec

from strongroom.service import calling
from strongroom.service.connection_views import ConnectionEdit
from strongroom.service.details import ConnectionDetails
from strongroom.service.remote.callbacks import callbacks_of
from strongroom.service.remote.proxy import nouns
from strongroom.service.restores import RestoreOrder
from strongroom.service.rights import Right
from strongroom.service.selections import ReplicateSelection
from strongroom.service.storage_access import Access
from strongroom.service.verbs import rules
from strongroom.vault.secret import Secret
from tests.cli.commands import all_commands
from tests.service_remote.examples import example, through_json

EVIL = "evil.example"
Call = tuple[str, dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Targets:
    """What there is to attack.

    Attributes:
        connections: Names; the first one works.
        cloud: A storage that somebody has to be let in to.
        run_id: A run that is there.
        chief, own: Mailboxes: of somebody else, and of the attacker.
        account: The attacker's stable id.
        folder: One that the attacker may write to.
        home: The home.
    """

    connections: Sequence[str]
    storage: str
    other_storage: str
    cloud: str
    job: str
    channel: str
    run_id: str
    chief: str
    own: str
    account: str
    folder: Path
    home: Path


def rights() -> dict[str, Right]:
    """Give the right that each verb needs which can be called by name."""
    return {
        f"{kind.noun}.{name}": rule.right
        for kind in nouns().values()
        for name, rule in rules(kind).items()
        if rule is not None and rule.is_remote
    }


def calls(targets: Targets) -> list[Call]:
    """Give calls of every verb there is: the plain one, and each thing that could be worse."""
    found: list[Call] = []
    for noun, kind in nouns().items():
        for name, rule in rules(kind).items():
            if rule is not None and rule.is_remote:
                method = getattr(kind, name)
                found += [(f"{noun}.{name}", one) for one in _arguments(noun, method, targets)]
    assert {name for name, _ in found} == rights().keys()
    return found


def _arguments(noun: str, method: Any, targets: Targets) -> Iterator[dict[str, Any]]:
    hints = typing.get_type_hints(inspect.unwrap(method))
    asked = callbacks_of(method)
    choices: dict[str, list[Any]] = {}
    for parameter in list(inspect.signature(method).parameters.values())[1:]:
        if parameter.name not in asked:
            choices[parameter.name] = _values(noun, parameter.name, hints[parameter.name], targets)
    for chosen in itertools.product(*choices.values()):
        yield dict(zip(choices, chosen, strict=True))


def _values(noun: str, name: str, hint: Any, targets: Targets) -> list[Any]:
    """Give what may stand there; a parameter that nobody thought of gets an example of its type."""
    by_type: Mapping[Any, Callable[[Targets], list[Any]]] = {
        ConnectionDetails: _details,
        ConnectionEdit: _edits,
        RestoreOrder: _orders,
        ReplicateSelection: _copies,
        Access: _accesses,
        Access | None: lambda targets: [None, *_accesses(targets)],
    }
    if hint in by_type:
        return by_type[hint](targets)
    fitting = [one for one in _named(noun, targets).get(name, []) if _fits(one, hint)]
    return fitting or [through_json(example(hint))]


def _fits(value: Any, hint: Any) -> bool:
    """Say whether a verb takes this there: two of them may call different things by one name."""
    try:
        calling.from_json(value, hint)
    except (msgspec.ValidationError, TypeError):
        return False
    return True


def _named(noun: str, targets: Targets) -> dict[str, list[Any]]:
    names = {"connections": list(targets.connections), "storages": [targets.storage, targets.cloud],
             "storage_keys": [targets.storage], "jobs": [targets.job],
             "notifications": [targets.channel]}  # fmt: skip
    return {
        "name": names.get(noun, ["x"]),
        "connection": [targets.connections[0]],
        "storage": [targets.storage, targets.other_storage],
        "job": [targets.job],
        "resource": [targets.chief],
        "mailbox": [targets.chief],
        "outside": [None],
        "path": [""],
        "at": [None],
        "run_id": [targets.run_id],
        "account": [targets.account],
        "role": ["administrator"],
        "permission": ["read-content"],
        "thing": ["*"],
        "sources": [[[targets.storage, "*"]]],
        "targets": [[]],
        "url": _urls(noun, targets),
        "password": [through_json(Secret("a guess"))],
        "selection": [{"resources": [targets.chief]}],
        "document": [{"format": "strongroom definitions", "version": 1, "connections": [],
                      "jobs": []}],
        "after": [0],
        "label": ["main"],
        "sample": [1],
        "sign_in": ["browser"],
        "ca_pem": [None],
    }  # fmt: skip


def _urls(noun: str, targets: Targets) -> list[str]:
    if noun in {"storages", "storage_keys", "replicas"}:
        return [f"{targets.folder}/{EVIL}", f"s3://{EVIL}/x?region=eu-1"]
    return [f"tcp://127.0.0.1:9/{EVIL}"]


def _accesses(_: Targets) -> list[Any]:
    fields = {"access_key_id": "EVIL", "secret_access_key": "of-my-own"}
    return [
        {"credentials": None, "ca_pem": ""},
        {"credentials": json.dumps(fields), "ca_pem": ""},
        {"credentials": None, "ca_pem": "-----BEGIN CERTIFICATE-----of my own"},
    ]


def _details(targets: Targets) -> list[Any]:
    return [
        {"kind": "exchange-onprem", "server": EVIL, "user": "u", "password": "of my own"},
        {"kind": "exchange-online", "tenant": EVIL, "client_id": "x", "auth": "client-secret",
         "client_secret": "of my own", "endpoints": {"authority": f"https://{EVIL}/"}},
    ]  # fmt: skip


def _edits(targets: Targets) -> list[Any]:
    return [
        {"server": EVIL},
        {"server": EVIL, "password": "of my own"},
        {"url": f"https://{EVIL}/"},
        {"endpoints": {"authority": f"https://{EVIL}/", "graph": f"https://{EVIL}/"}},
        {"proxy": f"http://{EVIL}:3128"},
        {"ca_pem": "of my own"},
        {"owners": [targets.account]},
        {"access": "delegate"},
    ]


def _copies(targets: Targets) -> list[Any]:
    return [{"to": one, "resources": []} for one in (targets.other_storage, EVIL)]


def _orders(targets: Targets) -> list[Any]:
    base = {"storage": targets.storage, "resource": targets.chief}
    here = {**base, "connection": targets.connections[0]}
    return [
        here,
        {**here, "to": targets.own},
        {**here, "resource": "", "is_all": True},
        {**here, "resource": targets.own, "others": [targets.chief]},
        {**here, "to": targets.own, "folder": "/", "conflict": "replace"},
        *({**base, "connection": one} for one in targets.connections[1:]),
        *({**base, "connection": one, "to": targets.own} for one in targets.connections[1:]),
    ]


NOT_TRIED = {
    "demo": "it makes a home of its own",
    "lab serve": "it has no home",
}


def commands(targets: Targets) -> list[list[str]]:
    """Give a use of every command that has to do with a home, with each option that it has."""
    found = []
    for words, command in sorted(all_commands().items()):
        if words in NOT_TRIED:
            continue
        plain = _typed(words, command, targets, options=False)
        found.append(plain)
        found += [[*plain, *more] for more in _serious(words, targets)]
        full = _typed(words, command, targets, options=True)
        if full != plain:
            found.append(full)
    return [["--home", str(targets.home), *one] for one in found]


def _serious(words: str, targets: Targets) -> list[list[str]]:
    """Give what makes a use of a command complete where the parser does not ask for it."""
    own = str(targets.folder / "of-my-own")
    by_account = ["--user", "u", "--account-password-file", own]
    url = ["--url", f"https://{EVIL}/"]
    by_secret = ["--tenant", EVIL, "--client-id", "x", "--client-secret-file", own]
    return {
        "connection add exchange-onprem": [["--server", EVIL, *by_account]],
        "connection add exchange-online": [by_secret],
        "connection add sharepoint-onprem": [[*url, "--auth", "ntlm", *by_account]],
        "connection add sharepoint-online": [
            [*url, "--auth", "legacy", "--user", "u", "--app-password-file", own]
        ],
        "connection edit": [
            ["--server", EVIL], ["--server", EVIL, "--account-password-file", own],
            ["--proxy", f"http://{EVIL}:3128"], ["--owner", targets.account],
        ],
        "connection show": [["--password-file", own]],
        "connection test": [["--mailbox", targets.chief], ["--password-file", own]],
        "connection reset": [["--no-password"], ["--new-password-file", own]],
        "connection set-password": [["--no-password"], ["--new-password-file", own]],
        "approval mark": [["--storage", targets.storage], ["--connection", targets.connections[0]]],
        "audit send": [["--to", "tcp://127.0.0.1:9"], ["--stop"]],
        "job add backup": [["--all"], ["--resource", targets.chief]],
        "role grant": [["--source", targets.storage]],
        "storage add": [["--password-file", own]],
        "storage recover": [["--recovery-key-file", own, "--password-file", own]],
        "storage adopt": [["--recovery-key-file", own]],
        "storage password set": [["--password-file", own]],
        "storage password add": [["--password-file", own]],
        "storage recovery-key rehearse": [["--recovery-key-file", own]],
        "restore": [["--to", targets.own], ["--folder", "/", "--conflict", "replace"]],
    }.get(words, [])  # fmt: skip


_SKIPPED = {"home", "is_json", "why", "help"}


def _typed(words: str, command: Any, targets: Targets, *, options: bool) -> list[str]:
    typed = words.split()
    group = typed[0]
    for one in command.params:
        if one.name in _SKIPPED or not (one.required or options or one.name in _ALWAYS):
            continue
        is_flag = bool(getattr(one, "is_flag", False))
        value = "" if is_flag else _typed_value(group, one, targets)
        if one.param_type_name == "argument":
            typed.append(value)
        elif is_flag:
            typed.append(one.opts[0])
        else:
            typed += [one.opts[0], value]
    return typed


_ALWAYS = {"wait", "is_agreed"}
"""Without these some commands end before they do anything."""


def _typed_value(group: str, parameter: Any, targets: Targets) -> str:
    name = parameter.name or ""
    secret = targets.folder / "of-my-own"
    by_name = {
        "name": {
            "storage": targets.storage,
            "job": targets.job,
            "notify": targets.channel,
        }.get(group, targets.connections[0]),
        "connection": targets.connections[0],
        "storage": targets.storage,
        "resource": targets.chief,
        "mailbox": targets.chief,
        "run_id": targets.run_id,
        "account": targets.account,
        "owner": targets.account,
        "role": "administrator",
        "right": "read-content",
        "source": targets.storage,
        "target": targets.connections[0],
        "to": "tcp://127.0.0.1:9" if group == "audit" else targets.own,
        "kind": "exchange-online",
        "url": f"https://{EVIL}/" if group == "connection" else str(targets.folder / "storage"),
        "server": EVIL,
        "tenant": EVIL,
        "user": "u",
        "file": str(targets.folder / "written"),
        "output_directory": str(targets.folder / "exported"),
        "at": "2026-01-01T00:00:00Z",
        "path": "Inbox",
    }
    if name in by_name:
        return by_name[name]
    kind = parameter.type_descriptor.annotation
    if isinstance(kind, type) and issubclass(kind, Enum):
        return str(next(iter(kind)).value)
    if kind in {int, float}:
        return "1"
    return str(secret) if name.endswith("file") or kind is Path else "x"
