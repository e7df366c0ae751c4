"""Errors on their way to the caller: branch, what, why, hint, exit code; of our bugs nothing."""

from __future__ import annotations

from collections.abc import Iterator

from strongroom.errors import StrongroomError
from strongroom.service.remote.messages import Fault

_MORE = ("code", "is_permanent", "retry_after_s", "is_throttle")


class ServiceFailed(StrongroomError):
    """The service met an error that nobody foresaw: our bug."""


def to_fault(error: StrongroomError) -> Fault:
    """Write an error down for the caller."""
    branches = [one.__name__ for one in type(error).__mro__ if issubclass(one, StrongroomError)]
    return Fault(
        branches=branches,
        exit_code=error.exit_code,
        what=error.what,
        why=error.why,
        hint=error.hint,
        more={name: value for name in _MORE if (value := getattr(error, name, None)) is not None},
    )


def bug() -> Fault:
    """Say that the service failed, and nothing else: what it knows may not be the caller's."""
    return to_fault(
        ServiceFailed(
            "This is an error in Strongroom itself.",
            why="The running service met it; its own messages say more.",
            hint="Please report it with those; what is stored is intact.",
        )
    )


def to_error(fault: Fault) -> StrongroomError:
    """Give the error as it was raised, in the narrowest class that is known here."""
    known = {one.__name__: one for one in _below(StrongroomError)}
    kind = next((known[name] for name in fault.branches if name in known), StrongroomError)
    error = kind.__new__(kind)
    StrongroomError.__init__(error, fault.what, why=fault.why, hint=fault.hint)
    vars(error).update({name: fault.more.get(name) for name in _MORE if name in fault.more})
    if error.exit_code != fault.exit_code:
        error.exit_code = fault.exit_code
    return error


def _below(kind: type[StrongroomError]) -> Iterator[type[StrongroomError]]:
    yield kind
    for one in kind.__subclasses__():
        yield from _below(one)
