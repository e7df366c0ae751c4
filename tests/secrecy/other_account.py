"""Another account of the machine: a program that becomes it, on order, and does what it is told.

Our own program may lie where that account cannot read it (a checkout in somebody's home). So all of
it is loaded first, by the account that the tests run as; each order is then done in a fork, which
becomes the other account for good before it does anything, and keeps nothing that is open.

Orders and answers are JSON, a line each, on standard input and output:

    {"account": 65534, "do": "commands", "commands": [["job", "list"], …]}
        → [{"code": 2, "stdout": "…", "stderr": "…"}, …]
    {"account": 65534, "do": "calls", "home": "/…", "calls": [["jobs.all", {}], …]}
        → [{"answer": …} or {"error": "…", "kind": "AccessDenied"}, …]
    {"account": 65534, "do": "reading", "paths": ["/…", …]}
        → {"read": ["/…"], "written": ["/…"], "listed": ["/…"], "connected": ["/…"]}
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import io
import json
import os
import pkgutil
import socket
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer.main

Order = dict[str, Any]
RUN_WHEN_LOADED = ("strongroom.__main__", "strongroom.control.migrations.")


def load_everything() -> None:
    """Load all of the program, and what it loads when it is used."""
    import strongroom  # noqa: PLC0415

    for module in pkgutil.walk_packages(strongroom.__path__, "strongroom."):
        if not module.name.startswith(RUN_WHEN_LOADED):
            importlib.import_module(module.name)
    typer.main.get_command = functools.cache(typer.main.get_command)  # the same for all of them
    with tempfile.TemporaryDirectory() as folder:
        for words in (["connection", "list"], ["audit", "list"], ["--help"], ["job", "run", "x"]):
            do_commands({"commands": [["--home", f"{folder}/home", *words]]})


def do_commands(order: Order) -> list[dict[str, Any]]:
    """Do commands, one after the other, as a shell would."""
    return [_command(words) for words in order["commands"]]


def _command(words: list[str]) -> dict[str, Any]:
    from strongroom.cli.main import main  # noqa: PLC0415

    # Below Python's own streams: what a library keeps of them is caught as well.
    caught = [os.memfd_create(name) for name in ("stdout", "stderr")]
    code: object = 0
    for number, file in enumerate(caught, 1):
        os.dup2(file, number)
    sys.stdin = io.StringIO()
    try:
        main(words)
    except SystemExit as ended:
        code = ended.code
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    told = [_content(file) for file in caught]
    return {"code": code, "stdout": told[0], "stderr": told[1]}


def _content(file: int) -> str:
    with os.fdopen(file, "r+b") as opened:
        opened.seek(0)
        return opened.read().decode(errors="replace")


def do_calls(order: Order) -> list[dict[str, Any]]:
    """Call verbs of a running service, as somebody with a Python prompt would."""
    from strongroom.clock import SystemClock  # noqa: PLC0415
    from strongroom.service.remote import address, client, proxy  # noqa: PLC0415

    home = Path(order["home"])
    connection = client.connect(home / address.NAME, home)
    assert connection is not None, "the service does not answer"
    with proxy.RemoteApplication(client.Client(connection, SystemClock())) as verbs:
        return [_call(verbs, name, arguments) for name, arguments in order["calls"]]


def _call(verbs: object, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    from strongroom.errors import StrongroomError  # noqa: PLC0415
    from strongroom.service import calling  # noqa: PLC0415
    from strongroom.service.remote import callbacks, proxy  # noqa: PLC0415

    noun, _, method = name.partition(".")
    asked = callbacks.callbacks_of(getattr(proxy.nouns()[noun], method))
    answering = {key: _agree if one.is_answered else _listen for key, one in asked.items()}
    answering.pop(callbacks.STOP, None)
    try:
        answer = getattr(getattr(verbs, noun), method)(**arguments, **answering)
        return {"answer": calling.as_json(answer)}
    except StrongroomError as error:
        told = f"{error.what} {error.why} {error.hint}"
        return {"error": told, "kind": type(error).__name__}


def _agree(*_: object) -> bool:
    return True


def _listen(*_: object, **__: object) -> None:
    return None


def do_reading(order: Order) -> dict[str, list[str]]:
    """Try to read, to list, to change and to connect to everything below a folder."""
    found: dict[str, list[str]] = {"read": [], "written": [], "listed": [], "connected": []}
    paths = [Path(one) for one in order["paths"]]
    for path in paths:
        with contextlib.suppress(OSError):
            os.listdir(path)  # noqa: PTH208
            found["listed"].append(str(path))
        with contextlib.suppress(OSError):
            path.read_bytes()
            found["read"].append(str(path))
        with contextlib.suppress(OSError):
            os.close(os.open(path, os.O_WRONLY | os.O_APPEND))
            found["written"].append(str(path))
        with contextlib.suppress(OSError):
            (path / "planted").touch()
            found["written"].append(str(path / "planted"))
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(path))
            found["connected"].append(str(path))
    return found


DOING: dict[str, Callable[[Order], Any]] = {
    "commands": do_commands,
    "calls": do_calls,
    "reading": do_reading,
}


def become(account: int) -> None:
    """Be another account for good, with nothing open that was ours but the answer's pipe."""
    os.setgroups([])
    os.setresgid(account, account, account)
    os.setresuid(account, account, account)
    assert os.getresuid() == (account, account, account)


def main() -> None:
    """Take orders until there are no more."""
    answers = os.fdopen(os.dup(1), "w")  # what commands print goes elsewhere
    load_everything()
    orders = os.fdopen(os.dup(0))
    answers.write("ready\n")
    answers.flush()
    for line in orders:
        order = json.loads(line)
        answer, told = os.pipe()
        if os.fork() == 0:
            for one in (answer, orders.fileno(), answers.fileno(), 0):
                os.close(one)
            _do_as_another(order, told)
        os.close(told)
        with os.fdopen(answer, "rb") as pipe:
            content = pipe.read()
        os.wait()
        answers.write(content.decode() + "\n")
        answers.flush()


def _do_as_another(order: Order, told: int) -> None:
    try:
        become(order["account"])
        os.chdir("/")
        content = json.dumps(DOING[order["do"]](order))
    except BaseException:  # noqa: BLE001 - told to the test, which fails by it
        content = json.dumps({"failed": traceback.format_exc()})
    with os.fdopen(told, "wb") as pipe:
        pipe.write(content.encode())
    os._exit(0)


if __name__ == "__main__":
    main()
