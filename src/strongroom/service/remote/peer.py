"""Who is at the other end of a socket, as the operating system says. The only such place.

Linux tells the account that the other process had when it connected (SO_PEERCRED), and to whoever
connects, the account that the service had when it began to listen. macOS and the BSDs tell the same
by LOCAL_PEERCRED. On Windows it would be a named pipe, and the account of its client's token.
"""

from __future__ import annotations

import socket
import struct
import sys

from strongroom.errors import OperatorError
from strongroom.service.callers import Caller, unix_account

IS_SUPPORTED = sys.platform != "win32"


def peer_id(connection: socket.socket) -> str:
    """Say who is at the other end, by stable id. A process cannot choose what is said here.

    Asks nobody but the operating system's core, so it never waits.

    Raises:
        OperatorError: this operating system does not tell, or not to us yet.
        OSError: the other end has left already.
    """
    return f"uid:{_peer_number(connection)}"


def account_of(stable_id: str) -> Caller:
    """Give the account of such an id, with its name; a directory may take a while to tell it."""
    return unix_account(int(stable_id.removeprefix("uid:")))


if sys.platform == "linux":

    def _peer_number(connection: socket.socket) -> int:
        told = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        _, number, _ = struct.unpack("3i", told)
        return _known(number)

elif sys.platform == "win32":

    def _peer_number(connection: socket.socket) -> int:
        del connection
        raise OperatorError(
            "The service does not run on Windows yet.",
            hint="There, run each command as the account that the home belongs to.",
        )

else:
    _SOL_LOCAL = 0
    _LOCAL_PEERCRED = 1
    _XUCRED = struct.Struct("=IIhxx16I")  # version, uid, number of groups, groups

    def _peer_number(connection: socket.socket) -> int:
        told = connection.getsockopt(_SOL_LOCAL, _LOCAL_PEERCRED, 256)
        version, number = struct.unpack_from("=II", told)
        if version != 0 or len(told) < _XUCRED.size:
            raise OperatorError("The operating system does not say who calls.")
        return int(number)


def _known(number: int) -> int:
    """Take the number of an account; the system says -1 where it knows none."""
    if number < 0:
        raise OperatorError("The operating system does not say who calls.")
    return number
