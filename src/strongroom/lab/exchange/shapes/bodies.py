"""Bodies: which one a client gets, and a plain conversion where the wanted one is not there."""

from __future__ import annotations

import codecs
from html import escape as html_escape
from html.parser import HTMLParser

from strongroom.content import tags
from strongroom.lab.exchange.shapes.field import Draft, Reading
from strongroom.lab.exchange.shapes.view import View
from strongroom.lab.exchange.xml import Element, escape

_CODE_PAGES = {
    65001: "utf-8",
    20127: "ascii",
    28591: "latin-1",
    1200: "utf-16-le",
    50220: "iso2022_jp",
}
_SILENT = frozenset({"script", "style", "head", "title"})
_BREAKS = frozenset({"br", "p", "div", "tr", "li", "h1", "h2", "h3", "h4"})
_UTF8 = 65001


def body_xml(view: View, reading: Reading, name: str = "Body") -> str:
    """Write the body in the form that the client wants."""
    html = html_of(view)
    wants_html = reading.body_type == "HTML" or (reading.body_type == "Best" and html is not None)
    if wants_html:
        text = html if html is not None else _as_html(view.text(tags.PidTagBody))
        return f'<t:{name} BodyType="HTML">{escape(text)}</t:{name}>'
    return f'<t:{name} BodyType="Text">{escape(text_of_body(view))}</t:{name}>'


def text_of_body(view: View) -> str:
    """Give the body as text."""
    plain = view.text(tags.PidTagBody)
    if plain:
        return plain
    html = html_of(view)
    return "" if html is None else _as_text(html)


def html_of(view: View) -> str | None:
    """Give the HTML body decoded by its code page, or None."""
    data = view.get(tags.PidTagHtml)
    if not isinstance(data, bytes):
        return None
    page = view.get(tags.PidTagInternetCodepage)
    return data.decode(_codec(page if isinstance(page, int) else _UTF8), "replace")


def write_body(draft: Draft, node: Element | None) -> None:
    """Take a Body element; the other form of the body goes."""
    draft.properties[tags.PidTagRtfCompressed] = None
    draft.properties[tags.PidTagBody] = None
    draft.properties[tags.PidTagHtml] = None
    if node is None:
        return
    text = node.text or ""
    if node.get("BodyType") == "HTML":
        draft.properties[tags.PidTagHtml] = text.encode("utf-8", "replace")
        draft.properties[tags.PidTagInternetCodepage] = _UTF8
        draft.properties[tags.PidTagNativeBody] = tags.NATIVE_HTML
    else:
        draft.properties[tags.PidTagBody] = text
        draft.properties[tags.PidTagNativeBody] = tags.NATIVE_TEXT


def _codec(page: int) -> str:
    name = _CODE_PAGES.get(page, f"cp{page}")
    try:
        codecs.lookup(name)
    except LookupError:
        return "utf-8"
    return name


def _as_html(text: str) -> str:
    lines = html_escape(text).replace("\r\n", "\n").replace("\n", "<br>\r\n")
    return f"<html><body>{lines}</body></html>"


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        # (the base class names the arguments)
        if tag in _SILENT:
            self._silent += 1
        elif tag in _BREAKS:
            self.pieces.append("\r\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT and self._silent:
            self._silent -= 1

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.pieces.append(data)


def _as_text(html: str) -> str:
    parser = _Text()
    parser.feed(html)
    parser.close()
    return "".join(parser.pieces).strip()
