"""The real program at a terminal, one lab for all conversations, and people who sign in to it."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import urllib3

from strongroom.lab.entra.words import User
from strongroom.lab.lab import Lab, Wishes
from tests.fakes import marked
from tests.fakes.terminal import Terminal, strongroom
from tests.lab_entra.browser import Browser
from tests.lab_entra.screen import Screen

NO_BROWSER: dict[str, str | None] = {"BROWSER": None, "DISPLAY": None, "WAYLAND_DISPLAY": None}


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    with Lab(Wishes(seed=1)) as running:
        yield running
        assert running.outgoing == []


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@dataclass(frozen=True)
class Desk:
    """Somebody's place: a terminal for the wizard, and files that they have.

    Attributes:
        folder: Where their files are.
        home: The program's home.
    """

    lab: Lab
    folder: Path
    home: Path

    def file(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text)
        return path

    def secret(self, name: str, text: str) -> Path:
        """Keep a file that holds a secret, as people do; no search is to be surprised by it."""
        return marked.secret_file(self.folder / name, text)

    def sit_down(self, *words: object, browser: Path | None = None) -> Terminal:
        """Start the wizard, which trusts the lab's authority and knows its addresses.

        Args:
            words: More of the command.
            browser: A program to open pages with; without one none is opened.
        """
        environment = NO_BROWSER if browser is None else {**NO_BROWSER, "BROWSER": str(browser)}
        ca_file = self.file("ca.pem", self.lab.ca_pem.decode())
        endpoints = self.file("endpoints.json", json.dumps(self.lab.cloud.endpoints))
        return strongroom(
            self.home, "connection", "wizard", *words,
            "--ca-file", ca_file, "--endpoints", endpoints, environment=environment,
        )  # fmt: skip


@pytest.fixture
def desk(lab: Lab, tmp_path: Path, home: Path) -> Desk:
    return Desk(lab, tmp_path, home)


@dataclass
class People:
    """People of the tenant who follow what the program shows, second factor and all."""

    lab: Lab
    browser: Browser
    screens: list[Screen]

    @property
    def administrator(self) -> User:
        return self.lab.cloud.admin

    def owner(self, address: str) -> User:
        user = self.lab.cloud.tenant.user(address)
        assert user is not None
        return user

    def at(self, user: User) -> Screen:
        screen = Screen(self.browser, user, self.lab.cloud.directory)
        self.screens.append(screen)
        return screen


@pytest.fixture
def people(lab: Lab) -> Iterator[People]:
    context = ssl.create_default_context(cadata=lab.ca_pem.decode())
    with urllib3.PoolManager(ssl_context=context, retries=False) as pool:
        made = People(lab, Browser(pool, lab.cloud.url), [])
        yield made
        for screen in made.screens:
            screen.close()
