"""The fields of appointments and meetings."""

from __future__ import annotations

from strongroom.lab.exchange.shapes.field import Field

CALENDAR_FIELDS: tuple[Field, ...] = ()
