"""What a job keeps: the options that say so, and how it is shown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from strongroom.cli import output
from strongroom.errors import OperatorError

if TYPE_CHECKING:
    from strongroom.service.retention import KeepRules, RetentionView
    from strongroom.words.json import Json

KeepOption = Annotated[
    list[str] | None,
    typer.Option(
        "--keep",
        metavar="RULE...",
        help="Which restore points stay: last:30 hourly:24 daily:14 weekly:8 monthly:12 yearly:7 "
        "within:90d, one or several; 'all': every one, which is so where nothing is said.",
    ),
]
PruneEveryOption = Annotated[
    str | None,
    typer.Option(
        "--prune-every",
        metavar="DURATION",
        help="How often what no rule keeps is forgotten, after a backup: 1d, 2w; or 'never'. "
        "Else once a week.",
    ),
]
AtOnceOption = Annotated[
    bool,
    typer.Option(
        "--at-once", help="Do not wait seven days; another administrator has to approve it."
    ),
]
_ALL = "all"
_RULE = re.compile(r"[a-z]+:[0-9]+[a-z]?|all", re.ASCII | re.IGNORECASE)


class KeepingCommand(TyperCommand):
    """A command that takes several rules behind one ``--keep``, as people write them."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - the parser's
        """Put a ``--keep`` before each further rule."""
        return super().parse_args(ctx, list(_spread(args)))


def _spread(args: list[str]) -> list[str]:
    spread: list[str] = []
    is_first = is_keeping = False
    for one in args:
        if is_keeping and not is_first and _RULE.fullmatch(one):
            spread.append("--keep")
        elif not is_first:
            is_keeping = False
        is_first = one == "--keep"
        is_keeping = is_keeping or is_first or one.startswith("--keep=")
        spread.append(one)
    return spread


def words(keep: list[str] | None) -> str | None:
    """Give the rules as one text; empty: everything; None: nothing was said.

    Raises:
        OperatorError: both all and rules were given.
    """
    if keep is None:
        return None
    given = [word for one in keep for word in one.replace(",", " ").split()]
    if _ALL not in given:
        return " ".join(given)
    if len(given) > 1:
        raise OperatorError("'all' keeps everything, so no rule can stand beside it.")
    return ""


def seconds(prune_every: str | None) -> int | None:
    """Read how often a prune comes; 0: never; None: nothing was said."""
    if prune_every is None:
        return None
    if prune_every.lower() == "never":
        return 0
    from strongroom.words.durations import read_duration  # noqa: PLC0415 - see Settings

    return int(read_duration(prune_every).total_seconds())


def of_new(keep: list[str] | None, prune_every: str | None) -> KeepRules | None:
    """Turn the options of a new job into what it keeps; None: everything."""
    rules, every_s = words(keep), seconds(prune_every)
    if not rules:
        if every_s is not None:
            raise OperatorError(
                "There is nothing to forget where everything is kept.",
                hint="Give --keep as well, or leave --prune-every out.",
            )
        return None
    from strongroom.service.retention import EVERY_S, KeepRules  # noqa: PLC0415 - see Settings

    return KeepRules(keep=rules, prune_every_s=EVERY_S if every_s is None else every_s)


def lines(view: RetentionView) -> None:
    """Print what a job keeps."""
    output.text(f"keeps: {view.keep or 'every restore point'}")
    for one in view.former:
        output.text(
            f"  until {output.when(one.until)} also what was kept before: "
            f"{one.keep or 'every restore point'}"
        )
    if view.keep:
        every = "never by itself" if view.prune_every_s is None else _every(view.prune_every_s)
        unknown = f"; this machine does not know {view.unknown_zone}" if view.unknown_zone else ""
        output.text(f"prunes: {every} (days as in {view.time_zone}{unknown})")


def document(view: RetentionView) -> dict[str, Json]:
    """Write what a job keeps as part of its document."""
    return {
        "keep": view.keep or None,
        "keep_former": [
            {"keep": one.keep or None, "until": output.when(one.until)} for one in view.former
        ],
        "prune_every_s": view.prune_every_s if view.keep else None,
    }


def _every(every_s: int) -> str:
    from strongroom.words.durations import duration  # noqa: PLC0415 - see Settings

    days, rest = divmod(every_s, 86_400)
    return f"every {days} d after a backup" if not rest else f"every {duration(every_s)} after one"
