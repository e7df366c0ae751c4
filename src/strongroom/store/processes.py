"""Asking the operating system whether a process is still there."""

from __future__ import annotations

import os
import sys


def is_alive(pid: int) -> bool:
    """Say whether a process of this machine lives; when in doubt, yes."""
    if pid <= 0:
        return True
    if sys.platform == "win32":
        return _is_alive_on_windows(pid)
    try:
        os.kill(pid, 0)  # signal 0 asks and does nothing
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


if sys.platform == "win32":
    import ctypes

    def _is_alive_on_windows(pid: int) -> bool:
        """``os.kill`` would end the process here, so its handle is asked for instead."""
        query_limited_information, invalid_parameter, still_active = 0x1000, 87, 259
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        handle = kernel.OpenProcess(query_limited_information, False, pid)
        if not handle:
            return ctypes.get_last_error() != invalid_parameter
        try:
            code = ctypes.c_ulong()
            kernel.GetExitCodeProcess(handle, ctypes.byref(code))
            return code.value == still_active
        finally:
            kernel.CloseHandle(handle)
