"""Drafts: what somebody has answered so far is theirs alone, sealed, and holds no secret."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from strongroom.errors import AccessDenied, OperatorError
from strongroom.service.application import Application
from strongroom.service.details import SECRETS
from strongroom.service.rights import Role
from tests.fakes.canaries import found_below
from tests.service.support import acting, audited, caller

ANSWERS = {"kind": "exchange-onprem", "server": "canary-server.example"}


def test_what_was_kept_last_is_given_back(application: Application) -> None:
    assert application.drafts.load() is None
    application.drafts.save({"kind": "exchange-online"})
    application.drafts.save(ANSWERS)
    assert application.drafts.load() == ANSWERS
    application.drafts.forget()
    assert application.drafts.load() is None


def test_everybody_sees_their_own_alone(application: Application) -> None:
    ann = acting(application, caller(7001), Role.ADMINISTRATOR)
    bob = acting(application, caller(7002), Role.ADMINISTRATOR)
    ann.drafts.save(ANSWERS)
    assert bob.drafts.load() is None
    bob.drafts.forget()
    assert ann.drafts.load() == ANSWERS


def test_only_who_may_make_connections_has_one(application: Application) -> None:
    operator = acting(application, caller(7001), Role.OPERATOR)
    with pytest.raises(AccessDenied):
        operator.drafts.save(ANSWERS)


@pytest.mark.parametrize("key", [*SECRETS, "guard_password"])
def test_no_secret_is_taken_whoever_sends_it(application: Application, key: str) -> None:
    with pytest.raises(OperatorError, match="secret"):
        application.drafts.save({**ANSWERS, key: "canary"})
    assert application.drafts.load() is None


def test_answers_without_end_are_refused(application: Application) -> None:
    with pytest.raises(OperatorError, match="too long"):
        application.drafts.save({"server": "x" * 300_000})


def test_it_is_sealed(application: Application, tmp_path: Path) -> None:
    application.drafts.save(ANSWERS)
    assert found_below(tmp_path, ["canary-server.example"]) == []


def test_a_draft_that_was_copied_to_another_account_does_not_open(
    application: Application,
) -> None:
    ann = acting(application, caller(7001), Role.ADMINISTRATOR)
    bob = acting(application, caller(7002), Role.ADMINISTRATOR)
    ann.drafts.save(ANSWERS)
    with application._shared.database.write() as db:
        db.execute(sa.text("UPDATE drafts SET account = 'uid:7002'"))
    assert bob.drafts.load() is None
    bob.drafts.save({"kind": "exchange-online"})
    assert bob.drafts.load() == {"kind": "exchange-online"}


def test_another_service_key_opens_it_after_a_rotation(application: Application) -> None:
    application.drafts.save(ANSWERS)
    application.vault.rotate_key()
    assert application.drafts.load() == ANSWERS


def test_the_audit_log_is_not_filled_with_them(application: Application) -> None:
    application.drafts.save(ANSWERS)
    application.drafts.load()
    assert [one for one in audited(application) if one[1].startswith("drafts.")] == []
