"""Progress bars on a terminal: items, bytes, rate, time left, one bar per resource in hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.text import Text

from strongroom.cli import progress_text
from strongroom.cli.output import printable
from strongroom.cli.pace_text import drawn, figures


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
        self,
        resources: Mapping[str, Mapping[str, Any]],
        pace: Mapping[str, Any] | None,
        run: Mapping[str, Any] | None,
    ) -> None:
        """See ``Meter``."""
        shown = dict(progress_text.shown_first(resources))
        for reference in [known for known in self._known if known not in shown]:
            self._bars.remove_task(self._known.pop(reference))
        for reference, counts in shown.items():
            if reference not in self._known:
                self._known[reference] = self._bars.add_task(
                    progress_text.name(reference), total=None, figures=""
                )
            self._bars.update(
                self._known[reference],
                completed=counts["items"],
                total=counts["items_expected"] or None,
                figures=progress_text.of_resource(counts),
            )
        self._bars.below = self._below(resources, pace, run)
        self._bars.refresh()

    def _below(
        self,
        resources: Mapping[str, Mapping[str, Any]],
        pace: Mapping[str, Any] | None,
        run: Mapping[str, Any] | None,
    ) -> tuple[str, ...]:
        """Write the lines below the bars."""
        lines = [progress_text.others(resources)]
        if run is not None:
            lines.append(f"Together: {progress_text.of_run(run)}")
        if pace is not None:
            slots = drawn(pace, encoding=self._bars.console.encoding)
            lines += [figures(pace), f"Slots: {slots}"]
        lines.append(printable(progress_text.limited(run, pace)))
        return tuple(line for line in lines if line)

    def close(self) -> None:
        """See ``Meter``."""
        self._bars.stop()
