"""The fields of tasks."""

from __future__ import annotations

from strongroom.lab.exchange.shapes.field import Field

TASK_FIELDS: tuple[Field, ...] = ()
