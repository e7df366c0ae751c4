"""Storages, connections and what is in them, as `role` and `approval` name and show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from strongroom.service.application import Application

ALL = "*"


def names_of_places(application: Application) -> dict[str, str]:
    """Give the names of all connections and storages by their ids, by which rights are kept."""
    names = {one.id: one.name for one in application.connections.all()}
    return names | {one.id: one.name for one in application.storages.all()}


def read(given: Sequence[str] | None) -> list[tuple[str, str]]:
    """Read ``PLACE/RESOURCE``; names of places hold no slash, resources may (a site's URL)."""
    parts = (one.partition("/") for one in given or ())
    return [(place, resource or ALL) for place, _, resource in parts]


def place_of(thing: str, names: Mapping[str, str]) -> str:
    """Say which connection or storage a thing belongs to; a dash where it is gone."""
    return names.get(thing.partition("/")[0], "-")


def shown(thing: str, names: Mapping[str, str]) -> str:
    """Write a thing with its place's name; with the id where that is gone."""
    place, slash, resource = thing.partition("/")
    return names.get(place, place) + slash + resource
