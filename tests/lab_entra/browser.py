"""A browser without a screen.

It fills in forms, and stops where it would leave the lab for the application's own address.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import lxml.html
import urllib3


def _document(text: str) -> Any:
    return lxml.html.fromstring(text)


@dataclass(slots=True)
class Shown:
    """A page that is shown, or the address and fields that the application was sent."""

    status: int
    url: str
    text: str
    sent: Mapping[str, str] = field(default_factory=dict)
    sent_to: str = ""

    @property
    def title(self) -> str:
        return str(_document(self.text).findtext(".//h1"))

    @property
    def error(self) -> str:
        found = _document(self.text).get_element_by_id("error", None)
        return "" if found is None else str(found.text_content())

    @property
    def fields(self) -> list[str]:
        form = _document(self.text).forms[0]
        return [str(name) for name in form.fields]


class Browser:
    def __init__(self, pool: urllib3.PoolManager, home: str) -> None:
        self._pool = pool
        self._home = home

    def open(self, url: str) -> Shown:
        return self._show("GET", url, {})

    def submit(self, page: Shown, **fields: str) -> Shown:
        form = _document(page.text).forms[0]
        filled = {str(name): str(value or "") for name, value in form.fields.items()}
        address = urljoin(page.url, str(form.action))
        return self._show("POST", address, {**filled, **fields})

    def sign_in(self, page: Shown, user: str, password: str, code: str = "") -> Shown:
        shown = self.submit(page, login=user, passwd=password, go="next")
        return self.submit(shown, otc=code, go="next") if code else shown

    def accept(self, page: Shown, **fields: str) -> Shown:
        return self.submit(page, go="accept", **fields)

    def _show(self, method: str, url: str, fields: Mapping[str, str]) -> Shown:
        answer = self._pool.request(
            method,
            url,
            body=urlencode(fields) if method == "POST" else None,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            redirect=False,
        )
        text = answer.data.decode()
        if answer.status == 302:
            address = answer.headers["Location"]
            place = urlsplit(address)
            sent = dict(parse_qsl(place.query or place.fragment))
            return Shown(302, url, text, sent, f"{place.scheme}://{place.netloc}{place.path}")
        if "hiddenform" in text:
            form = _document(text).forms[0]
            sent = {str(name): str(value) for name, value in form.fields.items()}
            return Shown(answer.status, url, text, sent, str(form.action))
        return Shown(answer.status, url, text)
