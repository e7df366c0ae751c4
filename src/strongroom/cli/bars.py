"""Progress bars on a terminal: items, bytes, rate, time left, one bar per resource in hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.text import Text

from strongroom.cli.output import printable
from strongroom.cli.pace_text import drawn, figures
from strongroom.cli.watching import progress_text


class _Bars(Progress):
    """The bars, and lines below them."""

    below: tuple[str, ...] = ()

    def get_renderables(self) -> Iterable[RenderableType]:
        """Give what is drawn: a table of bars, and the lines, in which nothing is markup."""
        yield self.make_tasks_table(self.tasks)
        yield from (Text(line) for line in self.below)


class BarMeter:
    """Draws the bars; what is drawn is refreshed by ``update`` alone, without a thread."""

    def __init__(self, console: Console | None = None) -> None:
        # Markup off: a mailbox's name must not be able to give orders to the terminal.
        self._bars = _Bars(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[figures]}", markup=False),
            console=console or Console(stderr=True),
            auto_refresh=False,
            transient=True,
        )
        self._known: dict[str, TaskID] = {}
        self._bars.start()

    def update(
        self, resources: Mapping[str, Mapping[str, Any]], pace: Mapping[str, Any] | None
    ) -> None:
        """See ``Meter``."""
        for reference in [known for known in self._known if known not in resources]:
            self._bars.remove_task(self._known.pop(reference))
        for reference, counts in resources.items():
            if reference not in self._known:
                self._known[reference] = self._bars.add_task(
                    printable(reference), total=None, figures=""
                )
            self._bars.update(
                self._known[reference],
                completed=counts["items"],
                total=counts["items_expected"] or None,
                figures=progress_text(counts),
            )
        if pace is not None:
            slots = drawn(pace, encoding=self._bars.console.encoding)
            self._bars.below = (figures(pace), f"Slots: {slots}", printable(pace["told"]))
        self._bars.refresh()

    def close(self) -> None:
        """See ``Meter``."""
        self._bars.stop()
