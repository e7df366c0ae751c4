"""The conversation itself: what to ask now, an answer, a step back.

    wizard = Wizard(connections, drafts, setting)
    while isinstance(question := wizard.now(), Question):
        wizard.answer(…)    # or wizard.back()

After every answer what was said so far is kept as a draft, without secrets; so whoever is torn away
goes on another time. The connection is made at one moment, whole, by the last answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from strongroom.errors import OperatorError, StrongroomError
from strongroom.service.ports import Prompt, SignInPrompt
from strongroom.service.wizard.answers import Given, Setting
from strongroom.service.wizard.checks import connection_name
from strongroom.service.wizard.sheet import Sheet
from strongroom.service.wizard.steps import Crew, Move, Step, chosen
from strongroom.service.wizard.verbs import ConnectionVerbs, DraftVerbs
from strongroom.service.wizard.words import (
    Choice,
    Done,
    Notice,
    NoticeKind,
    Question,
    QuestionKind,
    Raw,
)

RESUME = "resume"
_DROPPED = Notice(
    kind=NoticeKind.NOTE,
    text="What was secret is asked again: it was given for another place, or another proof of it.",
)


def _nobody_watches(_: Notice) -> None: ...


def _nobody_signs_in(_: SignInPrompt) -> None: ...


class Wizard:
    """One conversation. Not for several threads.

    Args:
        connections: The verbs of connections.
        drafts: The verbs of drafts.
        setting: What holds for the whole conversation; names that are taken are looked up here.
        tell: Told what takes a while, as it begins.
        prompt: Shows a person where to sign in, and returns at once.

    Raises:
        OperatorError: the name that was given already cannot be used.
    """

    def __init__(
        self,
        connections: ConnectionVerbs,
        drafts: DraftVerbs,
        setting: Setting,
        *,
        tell: Callable[[Notice], None] = _nobody_watches,
        prompt: Prompt = _nobody_signs_in,
    ) -> None:
        taken = frozenset(one.name for one in connections.all())
        setting = replace(setting, taken=taken)
        self._crew = Crew(connections=connections, tell=tell, prompt=prompt)
        self._drafts = drafts
        self._sheet = Sheet(setting)
        if setting.name:
            connection_name(self._sheet.answers(), setting.name)
        self._draft: Mapping[str, str] | None = drafts.load() or None
        self._trail: list[str] = []
        self._at = self._sheet.steps[0].key
        self._is_catching_up = False
        self._told: tuple[Notice, ...] = ()
        self._done: Done | None = None

    def now(self) -> Question | Done:
        """Say what to ask now, or that the connection is there. Asking again changes nothing."""
        if self._done is not None:
            return self._done
        if self._draft is not None:
            return _resume_question(self._draft)
        step = self._step()
        question = step.ask(self._sheet.answers())
        question = replace(question, told=(*self._told, *question.told))
        given = None if step.work is not None or step.end else self._sheet.given(step.key)
        if given is None:
            return question
        return replace(question, current=given.display, has_current=True)

    def answer(self, raw: Raw) -> None:
        """Take an answer to the question of now, and do what follows from it.

        An empty one keeps what was answered before, or means the default.

        Raises:
            OperatorError: it is no answer; nothing has changed.
        """
        if self._done is not None:
            raise OperatorError("There is nothing more to answer.")
        if self._draft is not None:
            self._resume(raw)
            return
        step = self._step()
        answers = self._sheet.answers()
        given = self._kept(step, raw) or step.check(answers, self._or_default(step, raw))
        self._told = ()
        if step.work is None and step.end is None and self._sheet.answer(step, given):
            self._told = (_DROPPED,)
        self._drafts.save(self._sheet.to_draft())
        self._move(step, step.decide(answers, given))

    def back(self) -> bool:
        """Go back to the question before; answers stay.

        Returns:
            Whether there was one.
        """
        if self._done is not None or self._draft is not None:
            return False
        self._told = ()
        self._is_catching_up = False
        if self._sheet.given(self._at) is None:
            self._sheet.close(self._at)
        asked = {step.key for step in self._sheet.steps}
        while self._trail:
            key = self._trail.pop()
            if key in asked:
                self._arrive(key)
                return True
        return False

    def _step(self) -> Step:
        return next(step for step in self._sheet.steps if step.key == self._at)

    def _kept(self, step: Step, raw: Raw) -> Given | None:
        """Give what was answered before, if the answer is empty."""
        if raw != "" or step.work is not None or step.end is not None:
            return None
        return self._sheet.given(step.key)

    def _or_default(self, step: Step, raw: Raw) -> Raw:
        return step.ask(self._sheet.answers()).default if raw == "" else raw

    def _move(self, step: Step, move: Move) -> None:
        if move.is_end:
            self._end(step)
        elif move.is_again:
            self._sheet.forget_outcome(step.key)
            self._arrive(step.key, move.memory)
        else:
            if move.to:
                self._sheet.open(move.to)
                self._is_catching_up = False
            self._trail.append(step.key)
            self._arrive(move.to or self._after(step.key))

    def _after(self, key: str) -> str:
        """Say what is asked next; whoever goes on from a draft is asked only what is missing."""
        keys = [step.key for step in self._sheet.steps]
        rest = keys[keys.index(key) + 1 :]
        if not self._is_catching_up:
            return rest[0]
        return next(key for key in rest if self._sheet.given(key) is None)

    def _arrive(self, key: str, memory: object = None) -> None:
        self._at = key
        step = self._step()
        if step.work is None or self._sheet.has_outcome(key):
            return
        try:
            outcome = step.work.do(self._sheet.answers(), self._crew, memory)
        except StrongroomError as error:
            outcome = error
        self._sheet.keep_outcome(step, outcome)

    def _end(self, step: Step) -> None:
        assert step.end is not None
        answers = self._sheet.answers()
        try:
            self._done = done = step.end(answers, self._crew)
        except StrongroomError as error:
            self._sheet.keep_outcome(step, error)
            return
        # From here on it is made: whatever breaks now, nobody may be told otherwise.
        self._sheet = Sheet(Setting(now=answers.setting.now))
        self._drafts.forget()
        self._done = replace(done, told=(*done.told, *step.afterwards(answers, self._crew)))

    def _resume(self, raw: Raw) -> None:
        given = chosen(_RESUME_CHOICES, raw or _RESUME_CHOICES[0].value)
        draft, self._draft = self._draft, None
        if given.value == "anew" or draft is None:
            self._drafts.forget()
            return
        self._sheet.from_draft(draft)
        self._is_catching_up = True
        for step in self._sheet.steps:
            if self._sheet.given(step.key) is None:
                self._arrive(step.key)
                return
            self._trail.append(step.key)


_RESUME_CHOICES = (
    Choice(value="go-on", label="go on where I was"),
    Choice(value="anew", label="begin anew, and forget what I answered"),
)


def _resume_question(draft: Mapping[str, str]) -> Question:
    about = [draft[key] for key in ("kind", "name") if draft.get(key)]
    return Question(
        key=RESUME,
        text="You did not finish last time. Go on?",
        help="Your answers were kept, sealed and without passwords: those are asked again. Nothing "
        "else was kept or changed.",
        kind=QuestionKind.CHOICE,
        choices=_RESUME_CHOICES,
        default=_RESUME_CHOICES[0].value,
        told=(Notice(kind=NoticeKind.NOTE, text=f"Begun: {', '.join(about)}."),) if about else (),
    )
