"""Where a saved folder goes: a known one by its role, any other by its name, else it is made."""

from __future__ import annotations

from strongroom.errors import ItemError, OperatorError
from strongroom.sources.exchange_online.reading.tree import ASKED, TOP, known
from strongroom.sources.exchange_onprem import roots
from strongroom.sources.exchange_onprem.folders import KnownFolder
from strongroom.wire.graph.mailbox.folders import get_folder, read_below
from strongroom.wire.graph.mailbox.line import MailboxLine
from strongroom.wire.graph.mailbox.make_folder import EXISTS, make_folder
from strongroom.wire.graph.mailbox.properties import Property
from strongroom.wire.graph.refusals import GraphRefused
from strongroom.words.item import Folder
from strongroom.words.resource import ResourceKind

_HIDDEN = Property("Boolean", 0x10F4)
_USUAL_KIND = "IPF.Note"
_NOT_UNDERSTOOD, _NOT_FOUND = 400, 404


class Places:
    """The folders of one mailbox or archive. Safe in many threads.

    Args:
        line: The mailbox's.
        kind: Where the resource begins.

    Attributes:
        remarks: What a person should know of folders that were made.
    """

    def __init__(self, line: MailboxLine, kind: ResourceKind) -> None:
        self._line = line
        self._kind = kind
        self.remarks: list[str] = []
        self._root: KnownFolder | None = None
        # Ids by parent and name: neighbours are listed once.
        self._below: dict[str, dict[str, str]] = {}

    def root(self) -> KnownFolder:
        """Give the folder that everything lies below.

        Raises:
            OperatorError: nothing tells where it is.
        """
        if self._root is None:
            self._root = self._read_root()
        return self._root

    def of(self, folder: Folder, parent_id: str | None) -> str:
        """Find or make a folder; give its id.

        Args:
            folder: As it was saved.
            parent_id: Below which one; None: below the root, where known folders go by their role.

        Raises:
            ItemError: Graph does not make it.
        """
        if parent_id is None and not folder.path:
            return self.root().id
        if parent_id is None and (found := self._by_role(folder)):
            return found
        parent = "" if parent_id in {None, self.root().id} else str(parent_id)
        name = folder.path[-1]
        known_here = self._below.get(parent)
        if known_here is None:
            known_here = self._below[parent] = self._listed(parent, name)
        found = known_here.get(name.casefold()) or self._make(parent, folder)
        known_here[name.casefold()] = found
        return found

    def _read_root(self) -> KnownFolder:
        if self._kind is ResourceKind.MAILBOX:
            return known(get_folder(self._line, roots.ROOTS[self._kind], ASKED))
        # An archive knows no names: its root is what the folders at the top lie in.
        [(_, below)] = read_below(self._line, (), (TOP,), ())
        if not isinstance(below, list):
            raise below
        if not below:
            raise OperatorError(
                "This archive has no folders yet, so Microsoft Graph tells no place in it.",
                hint="Open it once in Outlook; then start again.",
            )
        return KnownFolder(id=below[0].parent_id, parent_id="", name="")

    def _by_role(self, folder: Folder) -> str | None:
        """Find a known folder; None if it has no such role, or is an archive's."""
        if not folder.role or self._kind is not ResourceKind.MAILBOX:
            return None
        name = roots.name_of(folder.role, self._kind)
        if name is None:
            return None
        try:
            return get_folder(self._line, name).id
        except GraphRefused:
            # Not every mailbox has all of them, and Graph does not know each of EWS's names.
            return None

    def _listed(self, parent: str, name: str) -> dict[str, str]:
        """List what is below a folder, by names; servers tell them apart without regard to case."""
        [(_, found)] = read_below(self._line, (), (parent,), ASKED)
        if not isinstance(found, list):
            if isinstance(found, GraphRefused):
                raise _refused(name, found) from found
            raise found
        # Of two of one name the first one is meant.
        return {one.name.casefold(): one.id for one in reversed(found) if not known(one).is_search}

    def _make(self, parent: str, folder: Folder) -> str:
        name = folder.path[-1]
        try:
            return self._made(parent, folder)
        except GraphRefused as error:
            is_there = error.code == EXISTS or error.status == 409
            if is_there and (found := self._listed(parent, name).get(name.casefold())):
                return found
            raise _refused(name, error) from error

    def _made(self, parent: str, folder: Folder) -> str:
        """Make a folder, hidden as it was; if Graph does not take that, one that people see."""
        name, kind = folder.path[-1], folder.kind or _USUAL_KIND
        if folder.facts.get("hidden"):
            try:
                return make_folder(self._line, parent, name, kind, {_HIDDEN: "true"}).id
            except GraphRefused as error:
                if error.status != _NOT_UNDERSTOOD:
                    raise
            where = "/".join(folder.path)
            self.remarks.append(f"{where}: it was hidden, and Microsoft Graph made it visible.")
        return make_folder(self._line, parent, name, kind).id


def _refused(name: str, error: GraphRefused) -> ItemError:
    return ItemError(
        f"The folder {name!r} cannot be made.",
        code=error.code or f"http-{error.status}",
        is_permanent=error.status != _NOT_FOUND,
        why=str(error),
    )
