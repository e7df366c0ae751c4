"""Which layout a kind of resource has."""

from __future__ import annotations

from strongroom.operations.layout import DatedLayout, Layout
from strongroom.operations.site_layout import SiteLayout
from strongroom.words.resource import ResourceKind

_SITES = frozenset({ResourceKind.SITE, ResourceKind.DRIVE})


def layout_for(kind: ResourceKind) -> Layout:
    """Choose the layout of a kind of resource."""
    return SiteLayout(f"{kind}.json") if kind in _SITES else DatedLayout("mailbox.json")


def layout_of(about: str) -> Layout:
    """Choose the layout of a snapshot by its file that tells of the resource."""
    return DatedLayout(about) if about == "mailbox.json" else SiteLayout(about)
