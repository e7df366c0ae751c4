"""No core dumps of whoever holds something that was unsealed, or a password that was typed."""

from __future__ import annotations


def leave_none() -> None:
    """Let no core dump of this process be written, into a file or to a program."""
    try:
        import resource  # noqa: PLC0415 - not there on Windows
    except ImportError:
        return
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    # Not 0: Linux disregards that where dumps are handed to a program, as most systems do now. One
    # byte is too little for a file, and the one limit that keeps a dump from a program (core(5),
    # and fs/coredump.c: "RLIMIT_CORE set to 1, aborting core").
    smallest = 0 if most == 0 else 1
    resource.setrlimit(resource.RLIMIT_CORE, (smallest, most))
