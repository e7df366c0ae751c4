"""Importing: a session is opened through Graph, and items are brought to another origin.

The address that a session gives carries its own token; whoever brings a bearer token there as well
shows it to a server that it was not made for.

Source:
    https://learn.microsoft.com/graph/api/mailbox-createimportsession
    https://learn.microsoft.com/graph/import-exchange-mailbox-item
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import orjson

from strongroom.content import fts
from strongroom.lab.estate.estate import Estate
from strongroom.lab.estate.folder import Folder
from strongroom.lab.estate.item import StoredItem
from strongroom.lab.estate.source import WholeMessage
from strongroom.lab.exchange.operations.sending import note_arrival
from strongroom.lab.exchange.streams import message_in
from strongroom.lab.graph.call import Call
from strongroom.lab.graph.errors import GraphError
from strongroom.lab.graph.mailbox import ids
from strongroom.lab.graph.mailbox.errors import (
    invalid,
    no_such_object,
    refusing,
    stale_key,
)
from strongroom.lab.graph.mailbox.places import MailStore, Reached, mailbox_id
from strongroom.lab.graph.mailbox.reaching import IMPORT, reach
from strongroom.lab.https import Request

_PATH = re.compile(r"/api/(gv1\.0|gbeta)/Mailboxes\('([^']+)'\)/importItem", re.IGNORECASE)
_PATHS = {"v1.0": "gv1.0", "beta": "gbeta"}
_KEYS = frozenset({"FolderId", "Mode", "Data", "ItemId", "ChangeKey"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Leave to import into one mailbox for a while.

    Attributes:
        app_id: To whom it was given.
    """

    app_id: str
    reached: Reached
    ends: datetime


@dataclass(slots=True)
class Importer:
    """Where items are brought to.

    Attributes:
        origin: Says its address, ``https://HOST:PORT``.
        draw: Gives an unguessable text at every call.
        sessions: Those that were opened, by their tokens.
    """

    store: MailStore
    origin: Callable[[], str]
    draw: Callable[[], str]
    sessions: dict[str, Session] = field(default_factory=dict, repr=False)

    def open(self, call: Call) -> object:
        """Answer ``createImportSession``."""
        reached = reach(call, IMPORT)
        minutes = timedelta(minutes=self.store.habits.session_minutes)
        ends = call.directory.clock.now() + minutes
        token = f"eyJ{self.draw()}"
        self.sessions[token] = Session(app_id=call.claims.app_id, reached=reached, ends=ends)
        place = f"/api/{_PATHS[call.version]}/Mailboxes('{reached.id}')/importItem"
        return {
            "@odata.context": f"{call.base}/$metadata#microsoft.graph.mailboxItemImportSession",
            "importUrl": f"{self.origin()}{place}?authtoken={token}",
            "expirationDateTime": f"{ends:%Y-%m-%dT%H:%M:%S.%f}0Z",
        }

    def session_of(self, request: Request, now: datetime) -> Session:
        """Give the session that a request is for.

        Raises:
            GraphError: 401, 404.
        """
        place = urlsplit(request.path)
        match = _PATH.fullmatch(unquote(place.path))
        if match is None or request.method != "POST":
            raise GraphError(404, "ResourceNotFound", "Resource not found.")
        token = parse_qs(place.query).get("authtoken", [""])[0]
        session = self.sessions.get(token)
        if session is None or session.ends <= now:
            raise _not_let_in("The import session is not valid or has expired.")
        if match[2].casefold() != session.reached.id.casefold():
            raise _not_let_in("The import session is for another mailbox.")
        if "authorization" in request.headers and self.store.habits.refuses_authorization:
            raise _not_let_in("The Authorization header must not be sent to an import session.")
        return session

    def take(self, request: Request, session: Session) -> object:
        """Store one item, just as EWS's UploadItems would.

        Raises:
            GraphError: it cannot be stored.
        """
        body = _body(request)
        reached = session.reached
        folder = ids.find_folder(reached.mailbox, str(body.get("FolderId", "")))
        home = self.store.home_of(folder)
        if home != reached.guid:
            raise WrongPart(mailbox_id(home, reached.tenant_id))
        item = _store(self.store.estate, folder, body)
        kind = "gbeta" if "/gbeta/" in request.path else "gv1.0"
        context = f"{self.origin()}/api/{kind}/$metadata#microsoft.graph.importMailboxItemResponse"
        return {
            "@odata.context": context,
            "itemId": ids.item_id(item),
            "changeKey": ids.item_change_key(item),
        }


class WrongPart(GraphError):
    """The folder lies in an auxiliary archive, and a session for that one is wanted."""

    def __init__(self, right: str) -> None:
        super().__init__(
            409,
            "Conflict",
            f"Invalid import session. The target session is expected in mailbox {right}.",
        )


def _not_let_in(message: str) -> GraphError:
    return GraphError(401, "InvalidAuthenticationToken", message)


def _body(request: Request) -> Mapping[str, object]:
    try:
        body = orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        raise invalid("Unable to read JSON request payload.") from error
    if not isinstance(body, dict) or not body.keys() <= _KEYS:
        raise invalid("The body must name FolderId, Mode and Data, and may name ItemId, ChangeKey.")
    return body


def _store(estate: Estate, folder: Folder, body: Mapping[str, object]) -> StoredItem:
    mode = body.get("Mode")
    has_item = "ItemId" in body or "ChangeKey" in body
    if mode not in {"create", "update"} or has_item != (mode == "update"):
        raise invalid("ItemId and ChangeKey belong to the mode update, and to no other.")
    try:
        message = message_in(b64decode(str(body.get("Data", "")), validate=True))
    except (binascii.Error, fts.FtsError) as error:
        raise GraphError(400, "ErrorCorruptData", "The data is corrupt.") from error
    with refusing():
        if mode == "update":
            existing = _existing(folder, body)
            folder.change_item(existing, source=WholeMessage(message))
            return existing
        item = folder.add_item(message)
    note_arrival(estate, item)
    return item


def _existing(folder: Folder, body: Mapping[str, object]) -> StoredItem:
    item = ids.find_item(folder.mailbox, str(body.get("ItemId", "")))
    if item.folder is not folder:
        raise no_such_object()
    if body.get("ChangeKey") != ids.item_change_key(item):
        raise stale_key()
    return item
