"""The fields of tasks."""

from __future__ import annotations

from strongroom.content import tags
from strongroom.lab.exchange.errors import EwsError
from strongroom.lab.exchange.shapes import recurrence
from strongroom.lab.exchange.shapes.field import (
    Draft,
    Field,
    Reading,
    boolean_field,
    choice_field,
    computed_field,
    number_field,
    strings_field,
    text_field,
    time_field,
)
from strongroom.lab.exchange.shapes.view import View
from strongroom.lab.exchange.xml import Element, element

_STATES = {
    0: "NotStarted",
    1: "InProgress",
    2: "Completed",
    3: "WaitingOnOthers",
    4: "Deferred",
}
_WORDS = {
    0: "Not Started",
    1: "In Progress",
    2: "Completed",
    3: "Waiting on someone else",
    4: "Deferred",
}
_STATUS = choice_field("task:Status", tags.PidLidTaskStatus, _STATES, default=0)


def _percent(view: View, _reading: Reading) -> str:
    value = view.get(tags.PidLidPercentComplete)
    share = value if isinstance(value, float) else 0.0
    return element("PercentComplete", f"{share * 100:g}")


def _write_percent(draft: Draft, node: Element | None) -> None:
    share = None if node is None else float(node.text or "0") / 100
    draft.properties[tags.PidLidPercentComplete] = share
    draft.properties[tags.PidLidTaskComplete] = share == 1.0


def _write_status(draft: Draft, node: Element | None) -> None:
    assert _STATUS.write is not None
    _STATUS.write(draft, node)
    if node is not None and node.text == "Completed":
        draft.properties[tags.PidLidPercentComplete] = 1.0
        draft.properties[tags.PidLidTaskComplete] = True


def _status_words(view: View, _reading: Reading) -> str:
    value = view.get(tags.PidLidTaskStatus)
    return element("StatusDescription", _WORDS.get(value if isinstance(value, int) else 0, ""))


def _recurrence(view: View, _reading: Reading) -> str:
    data = view.get(tags.PidLidTaskRecurrence)
    if not isinstance(data, bytes):
        return ""
    try:
        return recurrence.xml(recurrence.parse(data))
    except ValueError:
        return ""


def _write_recurrence(draft: Draft, node: Element | None) -> None:
    draft.properties[tags.PidLidTaskFRecurring] = node is not None
    if node is None:
        draft.properties[tags.PidLidTaskRecurrence] = None
        return
    try:
        pattern = recurrence.read(node)
    except ValueError as error:
        raise EwsError("ErrorCalendarInvalidRecurrence") from error
    draft.properties[tags.PidLidTaskRecurrence] = recurrence.build(pattern, is_task=True)


TASK_FIELDS: tuple[Field, ...] = (
    number_field("task:ActualWork", tags.PidLidTaskActualEffort),
    text_field("task:BillingInformation", tags.PidLidBilling),
    strings_field("task:Companies", tags.PidLidCompanies),
    time_field("task:CompleteDate", tags.PidLidTaskDateCompleted),
    strings_field("task:Contacts", tags.PidLidContacts),
    time_field("task:DueDate", tags.PidLidTaskDueDate, tags.PidLidCommonEnd),
    Field(
        uri="task:IsComplete",
        element="IsComplete",
        read=boolean_field("task:IsComplete", tags.PidLidTaskComplete, default=False).read,
        key=tags.PidLidTaskComplete,
    ),
    Field(
        uri="task:IsRecurring",
        element="IsRecurring",
        read=boolean_field("task:IsRecurring", tags.PidLidTaskFRecurring, default=False).read,
        key=tags.PidLidTaskFRecurring,
    ),
    text_field("task:Mileage", tags.PidLidMileage),
    text_field("task:Owner", tags.PidLidTaskOwner),
    Field(
        uri="task:PercentComplete",
        element="PercentComplete",
        read=_percent,
        write=_write_percent,
        key=tags.PidLidPercentComplete,
    ),
    computed_field("task:Recurrence", _recurrence, _write_recurrence),
    time_field("task:StartDate", tags.PidLidTaskStartDate, tags.PidLidCommonStart),
    Field(
        uri="task:Status",
        element="Status",
        read=_STATUS.read,
        write=_write_status,
        key=tags.PidLidTaskStatus,
    ),
    computed_field("task:StatusDescription", _status_words),
    number_field("task:TotalWork", tags.PidLidTaskEstimatedEffort),
)
