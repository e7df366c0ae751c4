"""How verbs are declared: each says which right it needs, and is let in at one place.

    @verb(Right.MANAGE, is_audited=True)
    def remove(self, name: str) -> None: ...

Every public method of a class of verbs carries either ``verb`` or ``not_a_verb``; a test goes
through all of them, so that a new one cannot be forgotten. The name of a verb is its noun and its
method (``connections.remove``): in the audit log, in refusals, and for those who call by name.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Concatenate, ParamSpec, TypeVar

from strongroom.engine.schedule import Schedule
from strongroom.service.rights import Right
from strongroom.service.told_urls import told_url
from strongroom.words.json import Json

if TYPE_CHECKING:  # the guard knows what verbs are; they only hand themselves over
    from strongroom.service.shared import Shared

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S", bound="Verbs")
_RULE = "__strongroom_rule__"
_NO_VERB = "__strongroom_no_verb__"
_TELLING = frozenset(
    {
        "account",
        "at",
        "connection",
        "grant_id",
        "hold_id",
        "is_at_once",
        "keep",
        "keep_runs",
        "label",
        "mailbox",
        "name",
        "path",
        "permission",
        "point",
        "points",
        "priority",
        "reason",
        "request_id",
        "resource",
        "resources",
        "role",
        "run_id",
        "sources",
        "storage",
        "targets",
        "thing",
        "to",
        "url",
    }
)
"""Arguments that say what a verb is about; none of them holds a secret."""


class Verbs:
    """A class of verbs: those of one noun, for one session."""

    noun: ClassVar[str]

    def __init__(self, shared: Shared) -> None:
        self._shared = shared


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a verb needs.

    Attributes:
        right: Without it, or a grant of it, the verb is refused.
        is_audited: Each call leaves a record; refusals always do.
        is_remote: It can be called by name from another process.
    """

    right: Right
    is_audited: bool
    is_remote: bool


def verb(
    right: Right, *, is_audited: bool = False, is_remote: bool = True
) -> Callable[[Callable[Concatenate[S, P], R]], Callable[Concatenate[S, P], R]]:
    """Declare a method as a verb (see ``Rule``)."""
    rule = Rule(right=right, is_audited=is_audited, is_remote=is_remote)

    def declare(method: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
        signature = inspect.signature(method)

        @functools.wraps(method)
        def admitted(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
            given = signature.bind(self, *args, **kwargs).arguments
            shared = self._shared
            shared.admit(f"{self.noun}.{method.__name__}", rule, about(given))
            return method(self, *args, **kwargs)

        setattr(admitted, _RULE, rule)
        return admitted

    return declare


def not_a_verb(method: Callable[P, R]) -> Callable[P, R]:
    """Declare a public method as part of the inside: other verbs call it, once they are let in."""
    setattr(method, _NO_VERB, True)
    return method


def rules(verbs: type[Verbs]) -> Mapping[str, Rule | None]:
    """Give the rule of every public method; None for those that are declared as no verbs.

    Raises:
        TypeError: one of them is not declared at all.
    """
    found: dict[str, Rule | None] = {}
    for name, method in inspect.getmembers(verbs, callable):
        if name.startswith("_"):
            continue
        rule: Rule | None = getattr(method, _RULE, None)
        if rule is None and not getattr(method, _NO_VERB, False):
            raise TypeError(f"{verbs.__name__}.{name} says nothing about who may call it")
        found[name] = rule
    return found


def about(given: Mapping[str, Any]) -> dict[str, Json]:
    """Say what a call is about, from those of its arguments that tell it."""
    told: dict[str, Json] = {}
    for name, value in given.items():
        if name in {"keep", "order"} and is_dataclass(value) and not isinstance(value, type):
            order = {one.name: getattr(value, one.name) for one in fields(value)}
            told |= {key: plain for key, plain in about(order).items() if key not in told}
        elif name == "url" and isinstance(value, str):
            told[name] = told_url(value)
        elif name in _TELLING and isinstance(value, str):
            told[name] = str(value)
        elif name in _TELLING and isinstance(value, int):
            told[name] = value
        elif isinstance(value, Schedule):
            told[name] = value.in_words()
        elif name in _TELLING and isinstance(value, tuple):
            told[name] = [str(one) for one in value]
    return told
