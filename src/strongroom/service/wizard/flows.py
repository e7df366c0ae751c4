"""Which steps make which kind of connection."""

from __future__ import annotations

from collections.abc import Mapping

from strongroom.service.details import (
    EXCHANGE_ONLINE,
    EXCHANGE_ONPREM,
    SHAREPOINT_ONLINE,
    SHAREPOINT_ONPREM,
)
from strongroom.service.wizard import (
    exchange_online,
    exchange_onprem,
    sharepoint_online,
    sharepoint_onprem,
)
from strongroom.service.wizard.beginning import BEGINNING
from strongroom.service.wizard.steps import Step

FLOWS: Mapping[str, tuple[Step, ...]] = {
    EXCHANGE_ONPREM: exchange_onprem.FLOW,
    EXCHANGE_ONLINE: exchange_online.FLOW,
    SHAREPOINT_ONPREM: sharepoint_onprem.FLOW,
    SHAREPOINT_ONLINE: sharepoint_online.FLOW,
}

OPTIONAL = frozenset({"trust"})
"""Steps that are asked only of whoever wants them."""


def steps_of(kind: str) -> tuple[Step, ...]:
    """Give all steps of a kind, in order; of no kind yet: those that say which."""
    return (*BEGINNING, *FLOWS.get(kind, ()))
