"""The fields of contacts."""

from __future__ import annotations

from strongroom.lab.exchange.shapes.field import Field

CONTACT_FIELDS: tuple[Field, ...] = ()
