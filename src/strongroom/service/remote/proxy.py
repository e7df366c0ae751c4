"""The verbs of a running service, for its callers: the same methods as in ``service.application``.

What a method takes and gives is read from the verbs themselves, so there is nothing to forget here
when a verb is added or changed.
"""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, cast

from strongroom.service.application import SessionVerbs
from strongroom.service.remote.callbacks import callbacks_of
from strongroom.service.remote.client import Client
from strongroom.service.verbs import Verbs, rules


def nouns() -> dict[str, type[Verbs]]:
    """Give all classes of verbs, by noun."""
    hints = typing.get_type_hints(SessionVerbs)
    return {
        name: kind
        for name, kind in hints.items()
        if isinstance(kind, type) and issubclass(kind, Verbs)
    }


class RemoteApplication:
    """The verbs, as one session may call them in a running service. A context manager.

    Args:
        client: The connection; closed with this.
    """

    def __init__(self, client: Client) -> None:
        self.client = client
        self.is_service = client.is_worker
        for name, kind in nouns().items():
            setattr(self, name, RemoteVerbs(client, kind))

    def as_verbs(self) -> SessionVerbs:
        """Give this as what it looks like: the type checker cannot know."""
        return cast("SessionVerbs", self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.client.close()


class RemoteVerbs:
    """The verbs of one noun."""

    def __init__(self, client: Client, kind: type[Verbs]) -> None:
        self._client = client
        self._kind = kind

    def __getattr__(self, name: str) -> Callable[..., Any]:
        rule = None if name.startswith("_") else rules(self._kind).get(name)
        if rule is None or not rule.is_remote:
            raise AttributeError(f"{self._kind.noun}.{name} cannot be called in another process")
        return functools.partial(self._call, name, getattr(self._kind, name))

    def _call(
        self, name: str, method: Callable[..., Any], /, *args: object, **named: object
    ) -> Any:  # noqa: ANN401 - as the verb declares
        given = dict(inspect.signature(method).bind(None, *args, **named).arguments)
        given.pop("self")
        asked = {
            key: (callback, given.pop(key))
            for key, callback in callbacks_of(method).items()
            if given.get(key) is not None
        }
        hint = typing.get_type_hints(inspect.unwrap(method))["return"]
        return self._client.call(f"{self._kind.noun}.{name}", given, hint, asked)
