"""Metrics for Prometheus: the state of a home as numbers, in the text form that it reads.

A few lines for each job, storage and check, so that there are some hundreds whatever the home
holds; for each resource only where somebody asks for that who may see their names. Nothing names a
folder or an item. All is read from the control database when it is asked for: nothing is counted in
between, so a restart loses nothing, and every process would say the same.
"""

from __future__ import annotations

from strongroom.service.health_checks import all_checks
from strongroom.service.health_of_home import viewed
from strongroom.service.rights import Right
from strongroom.service.verbs import Verbs, verb


class Metrics(Verbs):
    """The verbs. Safe in many threads."""

    noun = "metrics"

    @verb(Right.LIST)
    def text(self) -> str:
        """Give the metrics of the home."""
        return self._text(is_per_resource=False)

    @verb(Right.WATCH)
    def text_with_resources(self) -> str:
        """Give the same, and two lines for each resource in each storage, with its name."""
        return self._text(is_per_resource=True)

    def _text(self, *, is_per_resource: bool) -> str:
        # Loaded here: every command has this verb, and hardly any calls it.
        from strongroom.service.metric_families import (  # noqa: PLC0415
            all_families,
            as_text,
            of_resources,
        )

        shared = self._shared
        with viewed(shared.database, shared.home, shared.ports.clock.now()) as view:
            found = list(all_families(view, all_checks(view)))
            if is_per_resource:
                found += of_resources(view)
        return as_text(found)
