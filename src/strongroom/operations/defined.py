"""What a restore point says of its resource as a whole: how a site's top web is defined."""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from strongroom.operations.points import choose
from strongroom.operations.saved import SavedTree, contents
from strongroom.store.repository import Repository
from strongroom.words.json import Json

_TOP, _WEB = ("_web",), "web"


def defined(repository: Repository, at: str | None = None) -> Mapping[str, Json]:
    """Give the definition of a site's top web; empty if none is kept.

    Args:
        repository: Where it lies.
        at: See ``points.choose``.

    Raises:
        OperatorError: no such point.
        IntegrityError: it cannot be read.
    """
    tree = SavedTree(repository.reader(), choose(repository, at).tree)
    folder = next((one for one in tree.folders() if one.folder.path == _TOP), None)
    if folder is None:
        return {}
    found = [one for one in tree.items(folder) if one.item.kind == _WEB]
    for _, content in contents(tree.reader, found[:1]):
        for part in content.parts:
            data = part.content if isinstance(part.content, bytes) else b"".join(part.content)
            document = orjson.loads(data)
            return document if isinstance(document, dict) else {}
    return {}
