"""Which steps make which kind of connection."""

from __future__ import annotations

from collections.abc import Mapping

from strongroom.service.details import EXCHANGE_ONPREM
from strongroom.service.wizard import exchange_onprem
from strongroom.service.wizard.beginning import BEGINNING
from strongroom.service.wizard.steps import Step

FLOWS: Mapping[str, tuple[Step, ...]] = {
    EXCHANGE_ONPREM: exchange_onprem.FLOW,
}


def steps_of(kind: str) -> tuple[Step, ...]:
    """Give all steps of a kind, in order; of no kind yet: those that say which."""
    return (*BEGINNING, *FLOWS.get(kind, ()))
