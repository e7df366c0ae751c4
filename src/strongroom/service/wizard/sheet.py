"""The sheet that a conversation fills in: what was answered, and the one rule of what stays.

What was answered stays while it fits. Two things never do: an answer that the questions before it
rule out now, and any secret once the place that it goes to has changed (see
``ConnectionDetails.destination``): it was given for the other place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from strongroom.errors import OperatorError
from strongroom.service.drafts import NEVER_KEPT
from strongroom.service.wizard.answers import OPENED, Answers, Given, Setting, is_secret
from strongroom.service.wizard.flows import OPTIONAL, steps_of
from strongroom.service.wizard.steps import Step

_SHOWN = ".shown"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    value: object
    basis: object


class Sheet:
    """What was answered so far. Not for several threads."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._given: dict[str, Given] = {}
        self._outcomes: dict[str, _Outcome] = {}
        self._opened: set[str] = set()

    @property
    def steps(self) -> list[Step]:
        """All steps that are asked as things stand, in order."""
        return [step for step, _ in self._walk()]

    def answers(self) -> Answers:
        """Give what stands: answers to questions that are asked, and outcomes that rest on them."""
        *_, (_, answers) = self._walk()
        return answers

    def given(self, key: str) -> Given | None:
        """Give what was answered, whether it is asked for now or not."""
        return self._given.get(key)

    def answer(self, step: Step, given: Given) -> bool:
        """Take an answer to a step that is asked, and drop what does not fit any more.

        Returns:
            Whether secrets were dropped, because they were given for another place.
        """
        place = self._place()
        if self._given.get(step.key) != given:
            self._given.pop(step.key + OPENED, None)
        self._given[step.key] = given
        self._drop_unfit()
        is_other_place = self._place() != place
        lost = [
            key
            for key, one in self._given.items()
            if is_secret(one) and key != step.key and (is_other_place or not self._is_asked(key))
        ]
        for key in lost:
            del self._given[key]
        self._drop_outdated()
        return bool(lost)

    def open(self, key: str) -> None:
        """Have an optional step asked."""
        self._opened.add(key)

    def close(self, key: str) -> None:
        """Have an optional step that nobody answered not asked any more."""
        self._opened.discard(key)

    def keep_outcome(self, step: Step, value: object) -> None:
        """Keep what a step's work came to, for as long as what it rests on stays."""
        basis = None if step.work is None else step.work.basis(self.answers())
        self._outcomes[step.key] = _Outcome(value=value, basis=basis)

    def forget_outcome(self, key: str) -> None:
        """Forget what a step's work came to."""
        self._outcomes.pop(key, None)

    def has_outcome(self, key: str) -> bool:
        """Say whether what a step's work came to is known."""
        return key in self._outcomes

    def to_draft(self) -> dict[str, str]:
        """Give what may be kept for another time: no secret, and nothing that was done."""
        answers = self.answers()
        draft: dict[str, str] = {}
        for step in self.steps:
            given = answers.given.get(step.key)
            if given is None or step.key in NEVER_KEPT or not isinstance(given.value, str):
                continue
            draft[step.key] = given.value
            if given.shown:
                draft[step.key + _SHOWN] = given.shown
        return draft

    def from_draft(self, draft: Mapping[str, str]) -> None:
        """Take what ``to_draft`` gave, as far as it still fits."""
        for key, value in draft.items():
            if not key.endswith(_SHOWN) and key not in NEVER_KEPT:
                self._given[key] = Given(value=value, shown=draft.get(key + _SHOWN, ""))
        self._opened |= OPTIONAL & self._given.keys()
        self._drop_unfit()

    def _walk(self) -> Iterator[tuple[Step, Answers]]:
        """Go through the steps that are asked, with the answers up to and with each."""
        given: dict[str, Given] = {}
        outcomes = {key: one.value for key, one in self._outcomes.items()}
        answers = Answers(
            given={}, outcomes=outcomes, opened=frozenset(self._opened), setting=self._setting
        )
        for step in self._table():
            if not step.is_asked(answers):
                continue
            if step.key in self._given:
                given = {**given, step.key: self._given[step.key]}
                answers = replace(answers, given=given)
            yield step, answers

    def _table(self) -> tuple[Step, ...]:
        kind = self._given.get("kind")
        return steps_of(kind.value if kind is not None and isinstance(kind.value, str) else "")

    def _is_asked(self, key: str) -> bool:
        return any(step.key == key for step in self.steps)

    def _drop_unfit(self) -> None:
        """Drop each answer that its step would not take as things stand now."""
        for step, answers in list(self._walk()):
            given = answers.given.get(step.key)
            if given is None or is_secret(given) or given.shown or step.work is not None:
                continue
            try:
                step.check(answers, given.value)
            except OperatorError:
                del self._given[step.key]

    def _drop_outdated(self) -> None:
        answers = self.answers()
        by_key = {step.key: step for step in self.steps}
        for key, outcome in list(self._outcomes.items()):
            step = by_key.get(key)
            basis = None if step is None or step.work is None else step.work.basis(answers)
            if step is None or step.work is None or basis != outcome.basis:
                del self._outcomes[key]

    def _place(self) -> tuple[Any, ...]:
        try:
            return self.answers().details().destination
        except OperatorError:
            return (object(),)  # like no other place
