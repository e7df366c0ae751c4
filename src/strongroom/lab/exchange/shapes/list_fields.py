"""The fields of distribution lists."""

from __future__ import annotations

from strongroom.lab.exchange.shapes.field import Field

LIST_FIELDS: tuple[Field, ...] = ()
