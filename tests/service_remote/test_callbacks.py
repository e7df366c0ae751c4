"""What verbs ask and tell their caller meanwhile, and how a caller stops them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from strongroom.errors import (
    AccessDenied,
    IntegrityError,
    Interrupted,
    ItemError,
    OperatorError,
    ServerUnreachable,
    StrongroomError,
    TransientError,
)
from strongroom.operations.interfaces import Stop
from strongroom.service.application import Application, SessionVerbs
from strongroom.service.locks import Locked, TryLater
from strongroom.service.ports import Confirm, FoundServer, Prompt, SignInPrompt
from strongroom.service.progress import Tell
from strongroom.service.remote.conversation import House
from strongroom.service.remote.faults import to_error, to_fault
from strongroom.service.remote.messages import Call, say
from strongroom.service.remote.proxy import RemoteApplication, RemoteVerbs
from strongroom.service.rights import Right
from strongroom.service.session import Session
from strongroom.service.verbs import Verbs, verb
from strongroom.vault.password import WrongPassword
from tests.fakes.mail_server import World, details
from tests.service.support import add_job, back_up
from tests.service_remote.support import Service


class Trials(Verbs):
    """Verbs that need their caller."""

    noun = "trials"
    is_at_work = threading.Event()
    was_stopped = threading.Event()

    @verb(Right.LIST)
    def ask(self, confirm: Confirm) -> list[bool]:
        return [confirm("Really?", ["It is far.", "\x1b[2J"]), confirm("Again?", [])]

    @verb(Right.LIST)
    def show(self, prompt: Prompt | None = None) -> str:
        if prompt is None:
            return "nobody to show it to"
        prompt(SignInPrompt(way="browser", url="https://e.example", code="", lasts_s=60))
        return "shown"

    @verb(Right.LIST)
    def many(self, tell: Tell) -> Iterator[int]:
        for number in range(3):
            tell({"number": number}, is_urgent=bool(number))
            yield number

    @verb(Right.LIST)
    def breaking(self) -> Iterator[int]:
        yield 0
        raise IntegrityError("It broke after the first.")

    @verb(Right.LIST)
    def work(self, *, stop: Stop) -> str:
        self.is_at_work.set()
        for _ in range(100_000):
            if stop():
                self.was_stopped.set()
                raise Interrupted("It was asked to stop.")
            threading.Event().wait(0.001)
        return "never asked to stop"

    @verb(Right.LIST)
    def endless(self, tell: Tell) -> None:
        try:
            while True:
                tell({"text": "x" * 10_000})
        finally:
            self.was_stopped.set()


class TrialVerbs(SessionVerbs):
    """The verbs of a session, and those on trial."""

    trials: Trials

    @classmethod
    def of(cls, verbs: SessionVerbs) -> SessionVerbs:
        verbs.trials = Trials(verbs._shared)  # type: ignore[attr-defined]
        return verbs


@pytest.fixture
def house(house: House, application: Application) -> House:
    def verbs(session: Session) -> SessionVerbs:
        return TrialVerbs.of(application.for_session(session))

    Trials.is_at_work.clear()
    Trials.was_stopped.clear()
    return replace(house, verbs=verbs)


@pytest.fixture
def trials(remote: RemoteApplication) -> Any:
    return RemoteVerbs(remote.client, Trials)


def test_a_question_is_asked_where_the_caller_is_and_answered_there(trials: Any) -> None:
    asked: list[tuple[str, Sequence[str]]] = []

    def confirm(question: str, cautions: Sequence[str]) -> bool:
        asked.append((question, list(cautions)))
        return question == "Again?"

    assert trials.ask(confirm) == [False, True]
    assert asked == [("Really?", ["It is far.", "\x1b[2J"]), ("Again?", [])]


def test_what_is_told_comes_in_its_own_type_and_may_be_left_out(trials: Any) -> None:
    shown: list[SignInPrompt] = []
    assert trials.show(shown.append) == "shown"
    assert shown == [SignInPrompt(way="browser", url="https://e.example", code="", lasts_s=60)]
    assert trials.show() == "nobody to show it to"


def test_many_results_come_one_by_one_between_what_is_told(trials: Any) -> None:
    seen: list[object] = []
    many = trials.many(lambda told, is_urgent=False: seen.append((told, is_urgent)))
    seen.extend(many)
    assert seen == [
        ({"number": 0}, False), 0, ({"number": 1}, True), 1, ({"number": 2}, True), 2,
    ]  # fmt: skip


def test_what_was_not_read_yet_is_kept_for_later_when_something_else_is_asked(
    trials: Any,
) -> None:
    seen: list[object] = []
    many = trials.many(lambda told, is_urgent=False: seen.append(told))
    assert next(many) == 0
    assert trials.show() == "nobody to show it to"
    assert len(seen) == 3
    assert list(many) == [1, 2]
    assert list(many) == []


def test_many_results_may_end_in_an_error(trials: Any) -> None:
    many = trials.breaking()
    assert next(many) == 0
    assert trials.show()
    with pytest.raises(IntegrityError, match="after the first"):
        next(many)
    assert list(many) == []


def test_a_question_of_a_verb_is_not_answered_by_asking_another_verb(
    trials: Any, service: Service
) -> None:
    with pytest.raises(RuntimeError):
        trials.ask(lambda *_: trials.show())
    with service.caller() as verbs:
        assert verbs.as_verbs().connections.all()


def test_an_answer_that_is_none_ends_the_call_and_not_the_service(
    trials: Any, service: Service, bugs: list[BaseException]
) -> None:
    with pytest.raises(OperatorError, match="ended before it answered"):
        trials.ask(lambda *_: {"not": "a yes"})
    assert bugs == []
    with service.caller() as verbs:
        assert verbs.as_verbs().connections.all()


def test_an_error_of_the_caller_itself_is_its_own(trials: Any, service: Service) -> None:
    def fail(*_: object) -> bool:
        raise LookupError("no terminal")

    with pytest.raises(LookupError):
        trials.ask(fail)
    with service.caller() as verbs:
        assert verbs.as_verbs().connections.all()


def test_the_callers_own_stop_reaches_the_verb(trials: Any) -> None:
    with pytest.raises(Interrupted, match="asked to stop"):
        trials.work(stop=Trials.is_at_work.is_set)


def test_an_interrupt_at_the_caller_reaches_the_verb(
    trials: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted() -> bool:
        assert Trials.is_at_work.wait(10)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trials.work(stop=interrupted)
    assert Trials.was_stopped.wait(10)


def test_a_caller_that_vanishes_is_as_good_as_stopping(service: Service) -> None:
    vanishing = service.client()
    trials: Any = RemoteVerbs(vanishing, Trials)

    def work() -> None:
        with pytest.raises(OperatorError):
            trials.work(stop=never)

    thread = threading.Thread(target=work)
    thread.start()
    assert Trials.is_at_work.wait(10)
    vanishing._channel.hang_up()
    assert Trials.was_stopped.wait(10)
    thread.join()
    vanishing.close()


def never() -> bool:
    return False


def test_a_caller_that_does_not_listen_is_left_and_the_verb_ends(service: Service) -> None:
    deaf = service.client()
    say(deaf._channel, Call(verb="trials.endless", arguments={}, callbacks=["tell"]))
    assert Trials.was_stopped.wait(10)
    deaf.close()


def test_a_service_that_ends_stops_what_its_callers_asked_for(service: Service) -> None:
    caller = service.client()
    trials: Any = RemoteVerbs(caller, Trials)
    ended: list[BaseException] = []

    def work() -> None:
        with pytest.raises(OperatorError, match="ended before it answered") as caught:
            trials.work(stop=never)
        ended.append(caught.value)

    thread = threading.Thread(target=work)
    thread.start()
    assert Trials.is_at_work.wait(10)
    service.server.close()
    assert Trials.was_stopped.is_set()
    thread.join()
    caller.close()
    assert ended


def test_verify_tells_how_far_it_is(
    remote: RemoteApplication, application: Application, world: World
) -> None:
    world.estate.add("ann@example")
    add_job(application)
    back_up(application)
    told: list[Any] = []
    (found,) = remote.as_verbs().kept.verify(
        "disk", None, sample=None, tell=lambda document, is_urgent=False: told.append(document)
    )
    assert (found.resource, found.report.items) == ("ann@example", 3)
    assert told[-1]["resources"]["ann@example"]["items"] == 3


def test_a_server_is_looked_up_with_the_callers_consent(
    remote: RemoteApplication, application: Application
) -> None:
    def find_server(_details: object, confirm: Callable[..., bool]) -> FoundServer:
        assert confirm("Is it this one?", ["It is far."])
        return FoundServer(server="https://mail.example/EWS", attempts=["asked"])

    object.__setattr__(application._shared.ports, "find_server", find_server)
    found = remote.as_verbs().connections.find(details(), lambda *_: True)
    assert found == FoundServer(server="https://mail.example/EWS", attempts=["asked"])


@pytest.mark.parametrize(
    "error",
    [
        OperatorError("What", why="Why.", hint="Hint."),
        AccessDenied("What"),
        Locked("What", hint="Give it."),
        TryLater("What"),
        WrongPassword("What"),
        IntegrityError("What", why="Why."),
        ServerUnreachable("What"),
        Interrupted("What"),
        TransientError("What", retry_after_s=3.5, is_throttle=True),
        ItemError("What", code="too-large", is_permanent=True),
    ],
)
def test_errors_are_the_same_at_the_caller(error: StrongroomError) -> None:
    again = to_error(to_fault(error))
    assert type(again) is type(error)
    assert vars(again) == vars(error)
    assert (str(again), again.exit_code) == (str(error), error.exit_code)


def test_an_error_that_only_the_service_knows_comes_as_the_branch_it_is_of() -> None:
    fault = to_fault(IntegrityError("What"))
    narrower = to_error(
        type(fault)(branches=["Unheard", *fault.branches], exit_code=fault.exit_code, what="What")
    )
    assert type(narrower) is IntegrityError
