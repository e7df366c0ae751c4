"""The canvas of a modern page, in its two forms.

A list item keeps it as HTML, each control a ``div`` with its JSON in an attribute; the pages' own
interface reads and writes the same controls as one JSON array.

Source:
    https://github.com/pnp/pnpcore (recorded pages, MIT licence)
"""

from __future__ import annotations

import json
from html import escape
from typing import Any

from lxml import etree, html

Control = dict[str, Any]

_DATA_VERSION = "1.0"
_CHARACTERS_MAX = 4 << 20


class NotACanvas(Exception):
    """This is neither HTML nor JSON of a canvas."""


def to_html(text: str) -> str:
    """Write a JSON array of controls as an item keeps it.

    Raises:
        NotACanvas: it is no such array.
    """
    if not text:
        return ""
    return f"<div>{''.join(_control_html(one) for one in controls_of_json(text))}</div>"


def to_json(text: str) -> str:
    """Write what an item keeps as a JSON array of controls.

    Raises:
        NotACanvas: it is no such HTML.
    """
    if not text:
        return ""
    return json.dumps(controls_of_html(text), ensure_ascii=False, separators=(",", ":"))


def controls_of_json(text: str) -> list[Control]:
    """Read a JSON array of controls.

    Raises:
        NotACanvas: it is no such array.
    """
    try:
        found = json.loads(text) if len(text) <= _CHARACTERS_MAX else None
    except ValueError:
        found = None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise NotACanvas("The canvas is no array of controls.")
    return found


def controls_of_html(text: str) -> list[Control]:
    """Read the controls out of what an item keeps.

    Raises:
        NotACanvas: it is no such HTML.
    """
    if len(text) > _CHARACTERS_MAX:
        raise NotACanvas("The canvas is too long.")
    try:
        root = html.fragment_fromstring(text, create_parent="div")
    except (etree.ParserError, ValueError):
        raise NotACanvas("The canvas is no HTML.") from None
    rows = root.xpath(".//div[@data-sp-canvascontrol]")
    return [_control(one) for one in rows if isinstance(one, html.HtmlElement)]


def text_control(number: str, inner_html: str, *, zone: int = 1, section: int = 1) -> Control:
    """Give a text control."""
    return {
        "controlType": 4,
        "id": number,
        "position": {
            "zoneIndex": zone,
            "sectionIndex": section,
            "controlIndex": 1,
            "sectionFactor": 12,
            "layoutIndex": 1,
        },
        "editorType": "CKEditor",
        "innerHTML": inner_html,
    }


def part_control(
    number: str, part_id: str, title: str, properties: Control, *, zone: int = 1
) -> Control:
    """Give a control that shows a client-side web part."""
    return {
        "controlType": 3,
        "id": number,
        "webPartId": part_id,
        "position": {
            "zoneIndex": zone,
            "sectionIndex": 1,
            "controlIndex": 1,
            "sectionFactor": 12,
            "layoutIndex": 1,
        },
        "webPartData": {
            "id": part_id,
            "instanceId": number,
            "title": title,
            "description": "",
            "dataVersion": "1.0",
            "properties": properties,
            "serverProcessedContent": {
                "htmlStrings": {},
                "searchablePlainTexts": {},
                "imageSources": {},
                "links": {},
            },
        },
    }


def _control_html(control: Control) -> str:
    rest = {key: one for key, one in control.items() if key not in {"innerHTML", "webPartData"}}
    inner = ""
    if "innerHTML" in control:
        inner = f'<div data-sp-rte="">{control["innerHTML"]}</div>'
    if "webPartData" in control:
        data = control["webPartData"]
        version = escape(str(data.get("dataVersion", _DATA_VERSION)))
        inner = (
            f'<div data-sp-webpart="" data-sp-webpartdataversion="{version}" '
            f'data-sp-webpartdata="{_attribute(data)}"><div data-sp-componentid="">'
            f'{escape(str(data.get("id", "")))}</div><div data-sp-htmlproperties=""></div></div>'
        )
    return (
        f'<div data-sp-canvascontrol="" data-sp-canvasdataversion="{_DATA_VERSION}" '
        f'data-sp-controldata="{_attribute(rest)}">{inner}</div>'
    )


def _control(element: html.HtmlElement) -> Control:
    try:
        found = json.loads(element.get("data-sp-controldata") or "{}")
        for one in element.iterchildren("div"):
            if one.get("data-sp-rte") is not None:
                found["innerHTML"] = _inner_html(one)
            if one.get("data-sp-webpartdata") is not None:
                found["webPartData"] = json.loads(one.get("data-sp-webpartdata") or "{}")
    except (ValueError, TypeError):
        raise NotACanvas("A control's data is no JSON.") from None
    return dict(found)


def _inner_html(element: html.HtmlElement) -> str:
    return (element.text or "") + "".join(
        html.tostring(one, encoding="unicode") for one in element.iterchildren()
    )


def _attribute(data: Control) -> str:
    """Write JSON into an attribute as SharePoint does: braces and colons as references too."""
    text = escape(json.dumps(data, ensure_ascii=False, separators=(",", ":")))
    return text.replace("{", "&#123;").replace("}", "&#125;").replace(":", "&#58;")
