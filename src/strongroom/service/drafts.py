"""Verbs of drafts: what somebody has answered to the connection wizard so far.

Everybody sees their own alone, by their stable id. Nothing secret is ever in one: answers that hold
a secret are refused here too, whoever sends them. It is sealed all the same, because it says which
servers there are.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from strongroom.control import drafts as rows
from strongroom.errors import IntegrityError, OperatorError
from strongroom.service.details import SECRETS
from strongroom.service.keys import draft_identity
from strongroom.service.rights import Right
from strongroom.service.verbs import Verbs, verb
from strongroom.vault.sealing import Sealed, seal, unseal

NEVER_KEPT = frozenset({*SECRETS, "guard_password"})
"""Names of answers that are secret."""

_BYTES_MAX = 256 * 1024


class Drafts(Verbs):
    """The verbs. Safe in many threads.

    They leave no record in the audit log: they change and reach nothing but one's own notes.
    """

    noun = "drafts"

    @verb(Right.MANAGE)
    def save(self, answers: Mapping[str, str]) -> None:
        """Keep answers in place of one's earlier ones.

        Args:
            answers: By the names of their questions.

        Raises:
            OperatorError: a secret is among them, or they are very long.
        """
        if answers.keys() & NEVER_KEPT:
            raise OperatorError("Answers that are secret are kept in no draft.")
        content = json.dumps(dict(answers), sort_keys=True).encode()
        if len(content) > _BYTES_MAX:
            raise OperatorError("The answers are too long to be kept.")
        shared, account = self._shared, self._account
        with shared.database.write() as db:
            boxes = seal(content, draft_identity(account), service_key=shared.keys.to_seal())
            draft = rows.Draft(
                account=account,
                sealed=boxes.record,
                wrapped_key=boxes.wrapped_key,
                saved=shared.ports.clock.now(),
            )
            rows.save(db, draft)

    @verb(Right.MANAGE)
    def load(self) -> Mapping[str, str] | None:
        """Give one's own answers; None if there are none that open."""
        account = self._account
        with self._shared.database.read() as db:
            draft = rows.of_account(db, account)
        if draft is None:
            return None
        boxes = Sealed(record=draft.sealed, wrapped_key=draft.wrapped_key)
        try:
            content = self._shared.keys.opened(
                lambda key: unseal(boxes, draft_identity(account), service_key=key)
            )
        except IntegrityError:
            return None  # notes that somebody tampered with are worth no more than none
        answers: dict[str, str] = json.loads(content)
        return answers

    @verb(Right.MANAGE)
    def forget(self) -> None:
        """Keep no answers of one's own."""
        with self._shared.database.write() as db:
            rows.forget(db, self._account)

    @property
    def _account(self) -> str:
        return self._shared.session.caller.ids[0]
