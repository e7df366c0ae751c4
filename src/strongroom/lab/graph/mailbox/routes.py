"""Which question about mailboxes is answered by what."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from strongroom.lab.graph.call import Call
from strongroom.lab.graph.mailbox import (
    categories,
    delta,
    exporting,
    folders,
    items,
    rules,
    settings,
    translating,
)
from strongroom.lab.graph.mailbox.importing import Importer

Handler = Callable[[Call], object]

_HOME = r"admin/exchange/mailboxes/([^/]+)"
_FOLDER = rf"{_HOME}/folders/([^/]+)"
_RULES = "users/([^/]+)/mailFolders/inbox/messageRules"
_CATEGORIES = "users/([^/]+)/outlook/masterCategories"
_KEY = re.compile(r"/?\('([^']*)'\)")


@dataclass(frozen=True, slots=True)
class Route:
    """One kind of request.

    Attributes:
        name: What plans of faults and counters call it.
        status: Of the answer, if it has a body.
    """

    method: str
    pattern: re.Pattern[str]
    name: str
    handler: Handler
    status: int = 200


def routes(importer: Importer) -> tuple[Route, ...]:
    """Give all routes; what stands in the place of an id comes last."""
    told: tuple[tuple[str, str, str, Handler], ...] = (
        ("GET", f"{_HOME}/folders", "folders", folders.list_folders),
        ("POST", f"{_HOME}/folders", "create folder", folders.create),
        ("GET", rf"{_HOME}/folders/delta(?:\(\))?", "folders/delta", delta.folders_delta),
        ("GET", _FOLDER, "folder", folders.get),
        ("PATCH", _FOLDER, "change folder", folders.change),
        ("DELETE", _FOLDER, "delete folder", folders.delete),
        ("GET", f"{_FOLDER}/childFolders", "childFolders", folders.list_children),
        ("POST", f"{_FOLDER}/childFolders", "create folder", folders.create_child),
        (
            "GET",
            rf"{_FOLDER}/childFolders/delta(?:\(\))?",
            "childFolders/delta",
            delta.folders_delta,
        ),
        ("GET", f"{_FOLDER}/items", "items", items.list_items),
        ("GET", rf"{_FOLDER}/items/delta(?:\(\))?", "items/delta", delta.items_delta),
        ("GET", f"{_FOLDER}/items/([^/]+)", "item", items.get),
        ("DELETE", f"{_FOLDER}/items/([^/]+)", "delete item", items.delete),
        ("POST", f"{_HOME}/exportItems", "exportItems", exporting.export_items),
        ("POST", f"{_HOME}/createImportSession", "createImportSession", importer.open),
        ("GET", "users/([^/]+)/settings/exchange", "settings", settings.exchange_settings),
        ("GET", "users/([^/]+)/mailFolders/inbox", "mailFolder", settings.mail_folder),
        ("GET", "users/([^/]+)/mailboxSettings", "mailboxSettings", settings.mailbox_settings),
        (
            "PATCH",
            "users/([^/]+)/mailboxSettings",
            "change mailboxSettings",
            settings.change_mailbox_settings,
        ),
        ("GET", _RULES, "messageRules", rules.list_rules),
        ("POST", _RULES, "create messageRule", rules.create),
        ("GET", f"{_RULES}/([^/]+)", "messageRule", rules.get),
        ("PATCH", f"{_RULES}/([^/]+)", "change messageRule", rules.change),
        ("DELETE", f"{_RULES}/([^/]+)", "delete messageRule", rules.delete),
        ("GET", _CATEGORIES, "masterCategories", categories.list_all),
        ("POST", _CATEGORIES, "create masterCategory", categories.create),
        ("GET", f"{_CATEGORIES}/([^/]+)", "masterCategory", categories.get),
        ("PATCH", f"{_CATEGORIES}/([^/]+)", "change masterCategory", categories.change),
        ("DELETE", f"{_CATEGORIES}/([^/]+)", "delete masterCategory", categories.delete),
        (
            "POST",
            "users/([^/]+)/translateExchangeIds",
            "translateExchangeIds",
            translating.translate,
        ),
    )
    return tuple(
        Route(
            method, re.compile(pattern), name, handler, 201 if name.startswith("create ") else 200
        )
        for method, pattern, name, handler in told
    )


def with_slashes(path: str) -> str:
    """Write keys as segments: ``folders('x')`` is ``folders/x``."""
    return _KEY.sub(r"/\1", path) if path.startswith("admin/") else path
