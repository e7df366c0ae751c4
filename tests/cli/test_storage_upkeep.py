"""``storage check``, ``repair`` and ``salvage`` as a person sees them."""

from __future__ import annotations

from strongroom.store.index import load_index
from strongroom.store.pack import pack_name
from strongroom.store.storage import Storage
from tests.cli.conftest import Cli
from tests.fakes.mail_server import STORAGE_URL, World
from tests.fakes.memory_backend import MemoryBackend
from tests.fakes.storages import PASSWORD


def damage_an_item(world: World) -> str:
    """Flip a bit in the content of an item; say its subject."""
    backend = world.backends[STORAGE_URL]
    assert isinstance(backend, MemoryBackend)
    storage = Storage.open_with_password(backend, PASSWORD)
    ((kind, id_),) = storage.repositories()
    repository = storage.repository(kind, id_)
    documents = repository._documents
    for file_id in documents.ids("index"):
        for contents in load_index(documents, file_id):
            for entry in contents.entries:
                data = repository.reader().load(entry.kind, entry.id)
                if entry.kind == "data" and b"message 2" in data and b'"id"' not in data:
                    name = f"repositories/{kind}/{id_}/{pack_name(contents.pack)}"
                    at, raw = entry.offset + 17, backend.files[name]
                    backend.files[name] = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
                    return "message 2"
    raise AssertionError("there is no such item")


def test_a_part_is_read_and_the_share_is_told(kept: Cli) -> None:
    told = kept("storage", "check", "disk", "--read-data", expect=0).stdout
    assert "Read 2 of 2 packs (" in told
    assert "100.0 %)." in told
    assert "No problems were found in disk." in told
    part = kept("storage", "check", "disk", "--sample", "2/7", "--json", expect=0).document
    assert (part["part"], part["parts"], part["packs"]) == (2, 7, 2)
    assert "part 2 of 7" in kept("storage", "check", "disk", "--sample", "2/7").stdout
    assert "Read" not in kept("storage", "check", "disk", expect=0).stdout
    refused = kept("storage", "check", "disk", "--sample", "much", expect=2)
    assert "Not a part of a storage" in refused.stderr


def test_from_damage_to_a_storage_that_works(kept: Cli, world: World) -> None:
    subject = damage_an_item(world)
    assert kept("storage", "check", "disk", expect=0)
    found = kept("storage", "check", "disk", "--read-data", expect=4)
    assert "is damaged" in found.stderr
    assert "storage repair disk" in found.stderr

    salvaged = kept("storage", "salvage", "disk", "--read-data", expect=4)
    assert subject in salvaged.stderr
    ((point,),) = [one["points"] for one in kept("storage", "salvage", "disk", "--read-data",
                                                 "--json").document]  # fmt: skip
    assert (point["restorable"], point["lost"]) == (3, 1)
    assert point["damage"][0]["name"] == subject

    repaired = kept("storage", "repair", "disk", "--read-data", expect=4)
    assert "the next backup asks for 1 items again." in repaired.stdout
    assert "LOST: 1 blobs" in repaired.stdout
    assert "Nothing had to be repaired" in kept("storage", "repair", "disk", expect=0).stdout

    kept("job", "run", "nightly", "--wait", expect=0)
    newest, oldest = kept("storage", "salvage", "disk", "--json").document[0]["points"]
    assert (newest["restorable"], newest["lost"]) == (4, 0)
    assert (oldest["restorable"], oldest["lost"]) == (4, 0), "the same content heals old points"


def test_what_is_whole_is_said_to_be(kept: Cli) -> None:
    told = kept("storage", "salvage", "disk", "--resource", "ann@example", expect=0).stdout
    assert "ann@example" in told
    (one,) = kept("storage", "repair", "disk", "--json", expect=0).document
    assert (one["done"], one["lost"], one["problem"]) == ([], [], "")
