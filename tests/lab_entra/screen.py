"""Somebody at a screen: a browser, a password, an authenticator, and a mind to accept or not."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Thread
from typing import Protocol
from urllib.parse import urlencode

import urllib3

from strongroom.lab.entra.directory import Directory
from strongroom.lab.entra.words import User
from tests.lab_entra.browser import Browser

FORM = "application/x-www-form-urlencoded"


class Shown(Protocol):
    """What a program shows for a device code."""

    @property
    def url(self) -> str: ...

    @property
    def code(self) -> str: ...


class Screen:
    """Somebody at a browser: signs in, and lets the browser come back to the listener."""

    def __init__(self, browser: Browser, user: User, directory: Directory) -> None:
        self.browser, self.user, self.directory = browser, user, directory
        self.presses = "accept"
        self.sent: Mapping[str, str] = {}
        self.threads: list[Thread] = []
        self.status = 0

    def open(self, address: str) -> None:
        user, code = self.user, self.directory.factor_code(self.user)
        page = self.browser.open(address)
        if page.status != 200:
            return  # a page that leads nowhere: the program hears nothing
        shown = self.browser.sign_in(page, user.upn, user.password, code)
        if not shown.sent:
            # From a page that only says no, there is one way on: back to the program.
            shown = self.browser.submit(shown, go="cancel" if shown.error else self.presses)
        assert shown.sent_to.startswith("http://localhost:")
        self.sent = shown.sent
        self.come_back(shown.sent_to, shown.sent)

    def come_back(self, address: str, fields: Mapping[str, str]) -> None:
        def post() -> None:
            answer = urllib3.request(
                "POST", address, body=urlencode(fields), headers={"Content-Type": FORM}
            )
            self.status = answer.status

        self.threads.append(Thread(target=post))
        self.threads[-1].start()

    def enter(self, code: Shown) -> None:
        user = self.user
        page = self.browser.submit(self.browser.open(code.url), otc=code.code, go="next")
        page = self.browser.submit(page, go="next")
        factor = self.directory.factor_code(user)
        shown = self.browser.sign_in(page, user.upn, user.password, factor)
        if "<form" in shown.text:  # the end, where consent was given before
            self.browser.submit(shown, go=self.presses)

    def close(self) -> None:
        for thread in self.threads:
            thread.join(timeout=10)
