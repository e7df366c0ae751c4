"""Making a new index from what the packs say about themselves."""

from __future__ import annotations

from collections.abc import Callable

from strongroom.errors import IntegrityError
from strongroom.store import index
from strongroom.store.backend import BlobBackend
from strongroom.store.crypto import Tools
from strongroom.store.documents import Documents
from strongroom.store.index import Contents
from strongroom.store.pack import list_packs, read_header


def rebuild_index(
    backend: BlobBackend, documents: Documents, tools: Tools, may_write: Callable[[], None]
) -> list[str]:
    """Replace all index files by new ones; the old go only when the new are durable.

    Returns:
        Packs that could not be read and are left out, each in a sentence.
    """
    old = documents.ids(index.FOLDER)
    found: list[Contents] = []
    problems: list[str] = []
    for pack, size in sorted(list_packs(backend).items()):
        try:
            found.append(Contents(pack, tuple(read_header(backend, pack, size, tools.sealer))))
        except IntegrityError as error:
            problems.append(str(error))
    may_write()
    saved = index.save_index(documents, found)
    for file_id in set(old) - set(saved):
        may_write()
        documents.delete(index.FOLDER, file_id)
    return problems
