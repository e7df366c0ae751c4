"""The process that commands are forked from (``forked.py``): it has loaded the program already."""

from __future__ import annotations

import gc
import json
import operator
import os
import signal
import socket
import sys
import traceback
from collections.abc import Sequence
from typing import Any, NoReturn

_ORDER_BYTES = 1 << 20
_OUTPUTS = 3

LOADED = (
    "strongroom.compose",
    "strongroom.engine.dbos_durable",
    "strongroom.sources.exchange_onprem.server",
    "strongroom.compose.cloud_sign_ins",
    "typer._adapters",
    "dbos._sys_db_sqlite",
)
"""What commands load only when they need it."""


def serve(number: int) -> None:
    """Do what comes over the line, until it is closed."""
    # Loaded for all that follow.
    from strongroom.cli.main import program  # noqa: PLC0415
    from tests.fakes.storages import create_is_cheap  # noqa: PLC0415

    for name in LOADED:
        __import__(name)
    program()
    create_is_cheap(operator.setitem)
    gc.freeze()
    # Nobody waits here for those who look after the commands.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(fileno=number) as line:
        while True:
            order, descriptors, _, _ = socket.recv_fds(line, _ORDER_BYTES, _OUTPUTS + 1)
            if not order:
                return
            if not os.fork():
                line.close()
                _look_after(json.loads(order), descriptors)
            for one in descriptors:
                os.close(one)


def _look_after(order: dict[str, Any], descriptors: Sequence[int]) -> NoReturn:
    """Start a command, and tell its number and how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    *ours, done = descriptors
    pid = os.fork()
    if not pid:
        os.close(done)
        _be(order, ours)
    for one in ours:
        os.close(one)
    os.write(done, b"%d\n" % pid)
    _, status = os.waitpid(pid, 0)
    os.write(done, b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def _be(order: dict[str, Any], ours: Sequence[int]) -> NoReturn:
    """Be the command."""
    code: object = 1
    try:
        for number, descriptor in enumerate(ours):
            os.dup2(descriptor, number)
            os.close(descriptor)
        if os.isatty(0):
            # Opening a terminal as the leader of a session makes it the session's own.
            os.setsid()
            os.close(os.open(os.ttyname(0), os.O_RDWR))
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - to its end
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        errors = "backslashreplace"
        sys.stderr = open(2, "w", encoding="utf-8", errors=errors, closefd=False)  # noqa: SIM115
        os.environ.clear()
        os.environ.update(order["env"])
        os.chdir(order["folder"])
        sys.argv = ["strongroom", *order["words"]]
        from strongroom.cli.main import main  # noqa: PLC0415 - it is loaded

        main(order["words"])
        code = 0
    except SystemExit as ended:
        code = ended.code
    except BaseException:  # noqa: BLE001 - nothing of it may get into the loop above
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 0 if code is None else 1)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
