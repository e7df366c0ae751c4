"""Rows of drafts: what an account has answered to a wizard so far. Inside the caller's transaction.

One for each account: whoever begins another one has given the first one up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from strongroom.control import rows
from strongroom.control.schema import DRAFTS
from strongroom.control.upserts import insert

_ADD = insert(DRAFTS)
SAVE = _ADD.on_conflict_do_update(
    index_elements=["account"],
    set_={
        "sealed": _ADD.excluded.sealed,
        "wrapped_key": _ADD.excluded.wrapped_key,
        "saved": _ADD.excluded.saved,
    },
)
ALL = sa.select(DRAFTS).order_by(DRAFTS.c.account)
OF_ACCOUNT = sa.select(DRAFTS).where(DRAFTS.c.account == sa.bindparam("wanted"))
FORGET = sa.delete(DRAFTS).where(DRAFTS.c.account == sa.bindparam("wanted"))
REWRAP = (
    sa.update(DRAFTS)
    .where(DRAFTS.c.account == sa.bindparam("wanted"))
    .values(wrapped_key=sa.bindparam("key_box"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A draft, in boxes (see ``vault.sealing``).

    Attributes:
        account: Stable id of whose it is.
        saved: When it was kept last.
    """

    account: str
    sealed: bytes
    wrapped_key: bytes
    saved: datetime


def save(db: sa.Connection, draft: Draft) -> None:
    """Keep a draft in place of the account's earlier one."""
    db.execute(
        SAVE,
        {
            "account": draft.account,
            "sealed": draft.sealed,
            "wrapped_key": draft.wrapped_key,
            "saved": rows.time_text(draft.saved),
        },
    )


def everything(db: sa.Connection) -> list[Draft]:
    """List all drafts by account."""
    return [_record(row) for row in db.execute(ALL).mappings()]


def of_account(db: sa.Connection, account: str) -> Draft | None:
    """Find an account's draft."""
    row = db.execute(OF_ACCOUNT, {"wanted": account}).mappings().one_or_none()
    return None if row is None else _record(row)


def forget(db: sa.Connection, account: str) -> None:
    """Keep no draft of an account."""
    db.execute(FORGET, {"wanted": account})


def rewrap(db: sa.Connection, account: str, wrapped_key: bytes) -> None:
    """Put the key of a draft under another service key."""
    db.execute(REWRAP, {"wanted": account, "key_box": wrapped_key})


def _record(row: sa.RowMapping) -> Draft:
    fields: dict[str, Any] = dict(row)
    return Draft(**{**fields, "saved": rows.time_of(fields["saved"])})
