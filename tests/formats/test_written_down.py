"""The examples in docs/formats/repository.md are of the kind that is really written."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import orjson

from strongroom.store import nodes
from strongroom.store.trees import FileNode, walk
from tests.operations.support import ADA, World

PAGE = Path(__file__).parents[2] / "docs" / "formats" / "repository.md"


def shape(document: Any) -> Any:
    """Say which fields a document has, all the way down; of lists, the fields of all members."""
    if isinstance(document, dict):
        return {key: shape(value) for key, value in document.items()}
    if isinstance(document, list):
        members = [shape(one) for one in document if isinstance(one, dict)]
        return {key: one[key] for one in members for key in one} or None
    return None


def really_written() -> dict[str, Any]:
    """Make a repository, and give one document of each kind."""
    world = World()
    inbox = world.mailbox.add_folder("Inbox", role="inbox")
    for number in range(3):
        world.mailbox.add_item(inbox, f"Letter {number}")
    world.back_up()
    world.mailbox.add_item(inbox, "One more")
    world.back_up()
    repository = world.repository()
    documents = repository._documents
    snapshot = repository.snapshots()[-1]
    reader, home = repository.reader(), f"repositories/{ADA.kind}/{ADA.id}/"
    found = {
        "snapshot": documents.load("snapshots", snapshot.id),
        "index": documents.load("index", documents.ids("index")[0]),
        "config": orjson.loads(repository.config.to_json()),
        "tree": orjson.loads(reader.load("tree", snapshot.tree)),
    }
    with repository.lock():
        found["lock"] = documents.load("locks", documents.ids("locks")[0])
    (key,) = (name for name in world.backend.files if name.startswith(f"{home}keys/"))
    found["key"] = orjson.loads(world.backend.files[key])
    names = {"items.jsonl": "row", "state.jsonl": "state", "cursor.json": "cursor",
             "folder.json": "folder"}  # fmt: skip
    for path, node in walk(reader, snapshot.tree):
        if isinstance(node, FileNode) and path[-1] in names and "Inbox" in path:
            text = b"".join(reader.load_file(node.content))
            found[names[path[-1]]] = orjson.loads(text.splitlines()[0])
    return found


def test_every_example_has_the_fields_that_are_really_written() -> None:
    blocks = re.findall(r"```json\n(.*?)```", PAGE.read_text(), re.DOTALL)
    told = [orjson.loads(block) for block in blocks]
    by_fields = {frozenset(one): shape(one) for one in told}
    really = really_written()
    assert len(really) == 10
    for kind, document in really.items():
        assert by_fields.get(frozenset(document)) == shape(document), kind


def test_the_fields_of_a_node_stand_there_in_their_order() -> None:
    page = PAGE.read_text()
    table = page[page.index("| `name`, `type` |") : page.index("| `error` |") + 20]
    named = [
        field
        for line in table.splitlines()
        if (cell := re.match(r"\| ([^|]*) \|", line))
        for field in re.findall(r"`([a-z_]+)`", cell[1])
    ]
    assert named == list(nodes._FIELDS)
