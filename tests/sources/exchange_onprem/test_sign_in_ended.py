"""A sign-in that ends is never taken for something else: a setting, a mailbox, a note."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from strongroom.errors import SignInEnded
from strongroom.lab.estate.settings import Delegate, InboxRule
from strongroom.sources.exchange_onprem.server import ExchangeServer
from strongroom.words.restoring import Selection
from tests.fakes.exchange import ADMIN, PASSWORD, TARGET, Site
from tests.fakes.marked import canary
from tests.fakes.watched_exchange import WatchedExchange

CHANGED = canary("a password that was changed")
Work = Callable[[ExchangeServer], object]


def read_settings(server: ExchangeServer) -> object:
    return server.source(server.resolve(TARGET)).settings()


def put_settings_back(server: ExchangeServer) -> object:
    resource = server.resolve(TARGET)
    settings: Any = server.source(resource).settings()
    target = server.target(resource)
    hierarchy = server.source(resource).hierarchy(None)
    folders = [folder for folder in hierarchy.folders if folder.role in {"inbox", "calendar"}]
    selection = Selection(
        folders=tuple(folders), counts={one.id: 0 for one in folders}, ways={}, settings=settings
    )
    target.plan(selection)
    for folder in folders:
        target.folder(folder, None)
    return list(target.settle(settings))


def put_rules_back(server: ExchangeServer) -> object:
    resource = server.resolve(TARGET)
    rules = server.source(resource).settings()["rules"]
    return list(server.target(resource).settle({"rules": rules}))


def list_everything(server: ExchangeServer) -> object:
    return list(server.resources())


def tell_facts(server: ExchangeServer) -> object:
    return server.facts()


@pytest.mark.parametrize(
    "work", [read_settings, put_settings_back, put_rules_back, list_everything, tell_facts]
)
def test_wherever_it_ends_that_is_what_is_told(quiet: Site, work: Work) -> None:
    quiet.estate.add_mailbox("ann@lab.example", "Ann", password=PASSWORD)
    settings = quiet.mailbox(TARGET).settings
    settings.rules.append(InboxRule(id="1", name="Tidy up", sequence=1))
    settings.delegates.append(
        Delegate(address="ann@lab.example", name="Ann", levels=(("calendar", "Editor"),))
    )
    watched = WatchedExchange(quiet.lab)
    requests = quiet.count(lambda: work(quiet.open()))
    assert requests
    for number in range(2, requests + 1):
        seen: list[str] = []

        def change_at(name: str, _: int, number: int = number, seen: list[str] = seen) -> None:
            seen.append(name)
            if len(seen) == number:
                quiet.estate.set_password(ADMIN, CHANGED)

        server = quiet.open()
        watched.before = change_at
        with pytest.raises(SignInEnded):
            work(server)
        watched.before = lambda _name, _number: None
        quiet.estate.set_password(ADMIN, PASSWORD)
