from __future__ import annotations

from datetime import UTC, datetime

import pytest

from strongroom.content import tags
from strongroom.content.message import Message
from strongroom.sources.exchange_onprem import disarm
from strongroom.words.item import Item
from strongroom.words.json import Json


def item(
    kind: str = "IPM.Note",
    *,
    state: dict[str, Json] | None = None,
    facts: dict[str, Json] | None = None,
) -> Item:
    when = datetime(2026, 3, 5, tzinfo=UTC)
    return Item(
        id="1", change_key="", kind=kind, name="", when=when, state=state or {}, facts=facts or {}
    )


SUBMITTED: dict[str, Json] = {"message_flags": tags.FLAG_SUBMITTED | tags.FLAG_READ}


def test_mail_that_waited_to_be_sent_becomes_a_draft() -> None:
    message = Message(
        {
            tags.PidTagMessageFlags: tags.FLAG_SUBMITTED | tags.FLAG_READ,
            tags.PidTagDeferredSendTime: 5,
            tags.PidTagSubject: "Offer",
        }
    )
    harmless = disarm.disarmed(message, item(state=SUBMITTED))
    assert harmless.properties == {
        tags.PidTagMessageFlags: tags.FLAG_UNSENT | tags.FLAG_READ,
        tags.PidTagSubject: "Offer",
    }
    assert message.properties[tags.PidTagMessageFlags] == tags.FLAG_SUBMITTED | tags.FLAG_READ


def test_mail_in_the_outbox_becomes_a_draft_whatever_its_flags_say() -> None:
    waiting = item(facts={disarm.IN_OUTBOX: True})
    assert disarm.needs_disarming(waiting)
    assert disarm.disarmed(Message(), waiting).properties == {
        tags.PidTagMessageFlags: tags.FLAG_UNSENT
    }


@pytest.mark.parametrize(
    "kind", ["IPM.Rule.Version2.Message", "IPM.Rule.Message", "IPM.ExtendedRule.Message"]
)
def test_a_rule_comes_back_switched_off(kind: str) -> None:
    rule = Message({disarm.PidTagRuleMessageState: 0x01 | 0x04 | 0x10})
    assert disarm.needs_disarming(item(kind))
    assert disarm.disarmed(rule, item(kind)).properties == {disarm.PidTagRuleMessageState: 0x10}


def test_everything_else_is_left_alone() -> None:
    message = Message({tags.PidTagMessageFlags: tags.FLAG_READ})
    assert not disarm.needs_disarming(item(state={"message_flags": tags.FLAG_READ}))
    assert disarm.disarmed(message, item()).properties == message.properties
