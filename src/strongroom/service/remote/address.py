"""Where the socket lies: in the home, so that one ``--home DIR`` is right for everybody.

The name of a socket may be 107 bytes long, the name of a home longer; Linux then reaches it through
its open folder.
"""

from __future__ import annotations

import errno
import os
import socket
import stat
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from strongroom.errors import OperatorError

NAME = "service.sock"
FOR_EVERYBODY = 0o666
FOR_US_ALONE = 0o600
_NAME_BYTES_MAX = 107 if sys.platform == "linux" else 103
_WAITING_MAX = 64
_CONNECT_S = 10
_NOBODY = {
    errno.ENOENT,
    errno.ENOTDIR,
    errno.ECONNREFUSED,
    errno.EACCES,
    errno.EPERM,
}
"""Nobody listens, or not to us."""


def listen(path: Path, mode: int) -> socket.socket:
    """Make the socket and listen; what an earlier process left there is removed.

    Only for whoever knows that no other process listens there: the home's lock says so.

    Raises:
        OperatorError: something else has that name, or it cannot be made.
    """
    _remove_stale(path)
    listening = _socket()
    try:
        with _short(path) as name:
            listening.bind(name)
        path.chmod(mode)
        listening.listen(_WAITING_MAX)
    except OSError as error:
        listening.close()
        raise OperatorError(
            f"The socket {path} cannot be made.",
            why=f"{error.strerror}.",
            hint="The home must lie on a file system of this machine that knows sockets.",
        ) from error
    return listening


def is_there(path: Path) -> bool:
    """Say whether there is a socket that we can reach, whoever listens at it."""
    try:
        return stat.S_ISSOCK(path.lstat().st_mode)
    except OSError:
        return False


def connect(path: Path) -> socket.socket | None:
    """Connect to whoever listens there; None: nobody does, or nobody whom we can reach.

    Raises:
        OperatorError: it does not let us in.
    """
    if not hasattr(socket, "AF_UNIX"):
        return None
    connection = _socket()
    # Not ``settimeout``: with it, a queue of callers that is full would be an error at once.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _timeval(_CONNECT_S))
    try:
        with _short(path) as name:
            connection.connect(name)
    except OSError as error:
        connection.close()
        if error.errno in _NOBODY:
            return None
        raise OperatorError(
            "The service does not answer.",
            why=f"It listens at {path} and takes nobody in: {error.strerror}.",
            hint="Look at what `strongroom serve` says, or start it again.",
        ) from error
    return connection


def _timeval(seconds: int) -> bytes:
    return struct.pack("@ll", seconds, 0)


def _socket() -> socket.socket:
    if not hasattr(socket, "AF_UNIX"):
        raise OperatorError(
            "The service does not run on Windows yet.",
            hint="There, run each command as the account that the home belongs to.",
        )
    return socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)


def _remove_stale(path: Path) -> None:
    try:
        is_socket = stat.S_ISSOCK(path.lstat().st_mode)
    except FileNotFoundError:
        return
    if not is_socket:
        raise OperatorError(
            f"There is something at {path} that is no socket.",
            hint="Look at what it is, and move it away.",
        )
    path.unlink()


@contextmanager
def _short(path: Path) -> Iterator[str]:
    """Give a name for the path that the system takes, good for as long as the block lasts.

    Raises:
        OperatorError: there is none.
    """
    if len(os.fsencode(path)) <= _NAME_BYTES_MAX:
        yield str(path)
        return
    if sys.platform != "linux":
        raise OperatorError(
            f"The name {path} is too long for a socket.",
            why=f"It may be {_NAME_BYTES_MAX} bytes long.",
            hint="Give the home a shorter name.",
        )
    # O_PATH: the home of another account may be passed through, not opened.
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
