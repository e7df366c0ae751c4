"""Files of a seeded site: real documents out of a zip, contracts with drafts, made-up ones."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from random import Random

from strongroom.lab.seed import files, prose
from strongroom.lab.sharepoint.content.items import ListItem
from strongroom.lab.sharepoint.content.list_files import MINOR_CHECK_IN
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.content.permissions import CONTRIBUTE, READ
from strongroom.lab.sharepoint.content.seed_columns import DEPARTMENTS, Shapes
from strongroom.lab.sharepoint.content.seed_people import Crew
from strongroom.lab.sharepoint.content.traits import Traits
from strongroom.lab.sharepoint.content.values import Value

_BYTES_MAX = 64 << 20
_FILES_IN_FOLDER = 200
_SIZES = (300, 2_000, 9_000, 40_000, 40_000, 120_000, 400_000)
_BLOCK = 64 << 10
_VERSIONS_EVERY, _OWN_EVERY, _BARE_EVERY = 10, 40, 4
_CONTRACTS = 6


def fill_documents(
    shapes: Shapes, rng: Random, crew: Crew, archive: Path | None, count: int
) -> None:
    """Upload documents, a folder for each kind, and made-up files, so many in a folder."""
    library = shapes.documents
    topics = library.collection.terms.set_by_name("Topics")
    assert topics is not None
    terms = [one.value for one in topics.walk()]
    clients = tuple(shapes.customers.items)
    for number, (name, content) in enumerate(_documents(archive, rng, library.collection.traits)):
        folder = _folder(library, ("Archive", PurePosixPath(name).suffix[1:].upper() or "X"), crew)
        values: dict[str, Value] = {
            "Department": rng.choice(DEPARTMENTS),
            "Client": rng.choice(clients),
            "Reviewers": tuple(one.id for one in rng.sample(crew.users, rng.randrange(3))),
            "Topic": rng.choice(terms),
            "Reviewed": crew.now.replace(hour=0, minute=0, second=0),
        }
        given = {} if number % _BARE_EVERY == 0 else values
        stamp = crew.stamp(rng)
        made = library.upload(
            name, content, by=crew.boss.id, folder=folder, values=given, stamp=stamp
        )
        if number % _VERSIONS_EVERY == 1:
            _change(made, content, rng, crew)
        if number % _OWN_EVERY == 2:
            made.break_inheritance(by=crew.boss.id, is_copied=False)
            made.add_assignment(crew.auditors.id, READ, by=crew.boss.id)
    _fill_made_up(library, rng, crew, count)
    _keep_one_out(library, rng, crew)


def fill_contracts(shapes: Shapes, rng: Random, crew: Crew) -> None:
    """Upload contracts: published, drafts over published ones, and such as wait for approval."""
    library, by = shapes.contracts, crew.boss.id
    fitting = library.collection.traits.fitting
    kind = library.content_type_order[0]
    folder = library.add_folder(fitting("Signed, sealed & 100%"), by=by)
    for number in range(_CONTRACTS):
        values: dict[str, Value] = {
            "Title": prose.subject(rng),
            "ContractNumber": f"C/{number:03}",
            "ContractValue": rng.randrange(10**7) / 100,
        }
        made = library.upload(
            f"Contract {number}.docx",
            files.docx(prose.paragraphs(rng, 3)),
            by=by,
            folder=folder if number % 2 else None,
            values=values,
            content_type_id=kind,
            stamp=crew.stamp(rng),
        )
        if number != 0:
            library.publish(made, by=by, comment="Ready.")
        if number not in {0, 1}:
            library.approve(made, by=by, comment="Fine.")
        if number in {3, 4}:
            library.check_out(made, by=by)
            library.save_content(made, files.docx(prose.paragraphs(rng, 4)), by=by)
            library.check_in(made, by=by, comment="Page two is new.", kind=MINOR_CHECK_IN)
    library.break_inheritance(by=by)
    library.add_assignment(crew.users[2].id, CONTRIBUTE, by=by)


def _documents(archive: Path | None, rng: Random, traits: Traits) -> Iterator[tuple[str, bytes]]:
    if archive is None:
        for number in range(3):
            yield f"Minutes {number}.docx", files.docx(prose.paragraphs(rng, 3))
            yield f"Prices {number}.csv", files.csv(rng, 30)
            yield f"Plan {number}.pdf", files.pdf(prose.paragraphs(rng, 1))
        return
    with zipfile.ZipFile(archive) as opened:
        taken: set[str] = set()
        for one in opened.infolist():
            if one.is_dir() or one.file_size > _BYTES_MAX:
                continue
            name = traits.fitting(PurePosixPath(one.filename).name)
            while name.casefold() in taken:
                name = f"_{name}"
            taken.add(name.casefold())
            yield name, opened.read(one)


def _fill_made_up(library: SpList, rng: Random, crew: Crew, count: int) -> None:
    """Upload files of mixed size that no compression shrinks, cut from one block."""
    block = rng.randbytes(_BLOCK)
    for number in range(count):
        folder = _folder(library, ("Scans", f"{number // _FILES_IN_FOLDER:03}"), crew)
        size = rng.choice(_SIZES) + rng.randrange(199)
        content = number.to_bytes(8, "big") + (block * (size // _BLOCK + 1))[: size - 8]
        library.upload(
            f"scan {number:05}.bin", content, by=crew.boss.id, folder=folder, stamp=crew.stamp(rng)
        )


def _change(made: ListItem, content: bytes, rng: Random, crew: Crew) -> None:
    """Upload it again with something behind it, and change a value: two more versions."""
    library = made.parent_list
    is_package = content[:2] == b"PK"
    newer = content if is_package else content + rng.randbytes(16)
    library.save_content(made, newer, by=crew.boss.id, stamp=crew.later(crew.stamp(rng), rng, 30))
    library.update_item(made, {"Title": prose.subject(rng)}, by=crew.users[1].id)


def _keep_one_out(library: SpList, rng: Random, crew: Crew) -> None:
    """Leave one file checked out with a working copy, by somebody who has not left."""
    made = library.upload("Being edited.csv", files.csv(rng, 5), by=crew.boss.id)
    library.check_out(made, by=crew.users[1].id)
    library.save_content(made, files.csv(rng, 6), by=crew.users[1].id)


def _folder(library: SpList, names: tuple[str, ...], crew: Crew) -> ListItem:
    found: ListItem | None = None
    for depth in range(1, len(names) + 1):
        there = library.at(names[:depth])
        found = there or library.add_folder(names[depth - 1], by=crew.boss.id, folder=found)
    assert found is not None
    return found
