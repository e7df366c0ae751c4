"""The verbs through the socket: what they take and give is what it is in the home's process."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from strongroom.service import calling
from strongroom.service.application import Application
from strongroom.service.calling import remote_verbs
from strongroom.service.locks import Locked
from strongroom.service.remote.callbacks import callbacks_of
from strongroom.service.remote.proxy import RemoteApplication, nouns
from strongroom.service.remote.values import rebuilt
from strongroom.service.selections import BackupSelection
from strongroom.service.verbs import rules
from strongroom.vault.password import WrongPassword
from tests.fakes.mail_server import World, details
from tests.fakes.marked import caged
from tests.service.support import back_up
from tests.service_remote.examples import example, through_json


def test_all_nouns_of_the_application_can_be_called(application: Application) -> None:
    assert nouns() == {noun: type(one) for noun, one in application.nouns.items()}


def test_what_is_given_through_the_socket_is_what_the_verb_gives(
    application: Application, remote: RemoteApplication, world: World
) -> None:
    far, near = remote.as_verbs(), application
    world.estate.add("ann@example")
    assert far.connections.show("office") == near.connections.show("office")
    assert far.connections.all() == near.connections.all()
    assert far.connections.test("office") == near.connections.test("office")
    selection = BackupSelection(resources=("ann@example",))
    added = far.jobs.add_backup("nightly", connection="office", storage="disk", selection=selection)
    assert added == near.jobs.show("nightly")
    report = back_up(application)
    assert far.runs.show(report["id"]) == report
    assert far.runs.find(report["id"]) == near.runs.find(report["id"])
    assert far.kept.points("disk") == near.kept.points("disk")
    there, here = (one.kept.browse("disk", "ann@example", "Inbox") for one in (far, near))
    assert list(there.items) == list(here.items)
    assert (there.point, there.folder) == (here.point, here.folder)
    assert list(far.audit.records())[:3] == list(near.audit.records())[:3]
    assert far.definitions.give_out() == near.definitions.give_out()


def test_secrets_go_in_and_never_come_back(
    application: Application, remote: RemoteApplication
) -> None:
    far = remote.as_verbs()
    view = far.connections.add("guarded", details(), password=caged("what guards it"))
    assert (view.secrets, view.is_guarded) == (("password",), True)
    with pytest.raises(Locked):
        far.connections.show("guarded")
    with pytest.raises(WrongPassword):
        far.connections.unlock("guarded", caged("another"))
    far.connections.unlock("guarded", caged("what guards it"))
    assert far.connections.show("guarded").server == "mail.example"
    with pytest.raises(Locked):
        application.connections.show("guarded")


def remote_methods() -> dict[str, Callable[..., Any]]:
    return {
        f"{noun}.{name}": getattr(kind, name)
        for noun, kind in nouns().items()
        for name, rule in rules(kind).items()
        if rule is not None and rule.is_remote
    }


def test_the_verbs_that_are_tried_are_all_that_can_be_called(application: Application) -> None:
    assert remote_methods().keys() == remote_verbs(application.nouns).keys()


@pytest.mark.parametrize("name", sorted(remote_methods()))
def test_every_verb_has_arguments_and_results_that_can_be_carried(name: str) -> None:
    method = remote_methods()[name]
    hints = typing.get_type_hints(inspect.unwrap(method))
    result = hints.pop("return")
    if typing.get_origin(result) is Iterator:
        (result,) = typing.get_args(result)
    asked = callbacks_of(method)
    for parameter, hint in hints.items():
        if parameter not in asked:
            given = example(hint)
            assert calling.from_json(through_json(given), hint) == given
    for callback in asked.values():
        for hint in (*callback.arguments, *callback.named.values()):
            told = example(hint)
            assert rebuilt(through_json(told), hint) == told
        answer = example(callback.result)
        assert calling.from_json(through_json(answer), callback.result) == answer
    told = through_json(example(result))
    back = rebuilt(told, result)
    if name != "kept.browse":  # whose items can be gone through once
        assert back == example(result)
    assert through_json(back) == told
