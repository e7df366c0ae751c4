"""The seeded site: everything that an owner would miss is in it, and it is the same every time."""

from __future__ import annotations

import uuid
import zipfile
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest

from strongroom.lab.seed import files
from strongroom.lab.sharepoint import Farm
from strongroom.lab.sharepoint.content import office
from strongroom.lab.sharepoint.content.collection import SiteCollection
from strongroom.lab.sharepoint.content.content_database import ContentDatabase
from strongroom.lab.sharepoint.content.item_values import value_of
from strongroom.lab.sharepoint.content.items import APPROVED, DENIED, PENDING
from strongroom.lab.sharepoint.content.seed import Amounts, Seeded, fill
from tests.fakes.hand_clock import HandClock

ARCHIVE = Path(__file__).parents[3] / "shared" / "corpus" / "documents.zip"
WHEN = datetime(2026, 11, 20, 9, tzinfo=UTC)


def _new() -> SiteCollection:
    farm = Farm(kind="online", clock=HandClock(WHEN))
    farm.add_site("/sites/yard", "Yard")
    database = ContentDatabase(
        farm, guid=lambda kind, path: str(uuid.uuid5(uuid.NAMESPACE_URL, f"{kind} {path}"))
    )
    made = database.collection("/sites/yard")
    assert made is not None
    return made


@pytest.fixture(scope="module")
def seeded() -> Seeded:
    return fill(_new(), Amounts(items=300, files=5), seed=7)


def _fingerprint(site: SiteCollection) -> str:
    told = sha256()
    for web in site.webs():
        for one in web.lists.values():
            for item in one.items.values():
                told.update(repr((item.path, item.unique_id, item.versions)).encode())
                told.update(repr((item.permissions, item.attachments)).encode())
    return told.hexdigest()


def test_the_same_seed_fills_the_same_site(seeded: Seeded) -> None:
    again, other = _new(), _new()
    fill(again, Amounts(items=300, files=5), seed=7)
    fill(other, Amounts(items=300, files=5), seed=8)
    assert _fingerprint(again) == _fingerprint(seeded.orders.collection)
    assert _fingerprint(other) != _fingerprint(again)


def test_as_many_rows_as_were_wished_for(seeded: Seeded) -> None:
    rows = sum(1 for of in seeded.lists for one in of.items.values() if not one.is_folder)
    assert rows == 300
    with pytest.raises(ValueError, match="Forty"):
        Amounts(items=39)


def test_orders_have_a_value_of_every_kind(seeded: Seeded) -> None:
    orders = list(seeded.orders.items.values())
    for name in seeded.orders.fields:
        column = seeded.orders.fields[name]
        if not column.is_from_base_type and not column.is_hidden:
            assert any(value_of(one, name) not in {None, ()} for one in orders), name
    kinds = {one.type for one in seeded.orders.fields.values() if not one.is_from_base_type}
    assert kinds >= {
        "Lookup",
        "LookupMulti",
        "User",
        "UserMulti",
        "Choice",
        "MultiChoice",
        "Currency",
        "Number",
        "Calculated",
        "TaxonomyFieldType",
        "TaxonomyFieldTypeMulti",
        "DateTime",
        "URL",
        "Note",
        "Boolean",
    }
    for one in orders:
        if not one.is_folder:
            amount, quantity = one.values["Amount"], one.values["Quantity"]
            assert isinstance(amount, float)
            assert isinstance(quantity, int)
            assert value_of(one, "Total") == pytest.approx(amount * quantity)


def test_some_rows_have_versions_attachments_folders_and_permissions(seeded: Seeded) -> None:
    orders = seeded.orders.items.values()
    assert any(one.history for one in orders)
    assert any(one.attachments for one in orders)
    assert any(one.permissions and not one.is_folder for one in orders)
    assert any(one.permissions and one.is_folder for one in orders)
    assert any(one.parent for one in orders)
    statuses = {one.moderation_status for one in seeded.news.items.values()}
    assert statuses == {APPROVED, DENIED, PENDING}


def test_somebody_has_left_whose_name_is_still_there(seeded: Seeded) -> None:
    site, gone = seeded.orders.collection, seeded.departed
    assert gone.login.casefold() in site.principals.gone
    assert any(one.author_id == gone.id for one in seeded.orders.items.values())


def test_contracts_are_drafts_and_published_and_waiting(seeded: Seeded) -> None:
    contracts = [one for one in seeded.contracts.items.values() if one.file]
    assert {one.label for one in contracts} >= {"0.1", "1.0", "1.1"}
    assert {one.content_type_id for one in contracts} == {seeded.contracts.content_type_order[0]}
    assert any(one.moderation_status == PENDING for one in contracts)


def test_a_file_is_out_and_others_have_versions_and_permissions(seeded: Seeded) -> None:
    documents = [one for one in seeded.documents.items.values() if one.file]
    assert any(one.file and one.file.check_out for one in documents)
    assert any(len(one.versions) == 3 for one in documents)
    assert any(one.permissions for one in documents)
    assert {len(one.inner_path) for one in documents} == {1, 3}


def test_there_are_modern_and_classic_pages(seeded: Seeded) -> None:
    pages = {one.leaf_name: one for one in seeded.pages.items.values() if one.file}
    assert pages["Handbook.aspx"].values["CanvasContent1"]
    board = pages["Board.aspx"].file
    assert board is not None
    assert board.is_customized
    assert [(one.zone_id, one.zone_index) for one in board.web_parts] == [
        ("LeftColumn", 0),
        ("LeftColumn", 1),
        ("Banner", 0),
    ]
    wiki = pages["How we work.aspx"]
    assert wiki.file is not None
    assert wiki.file.web_parts[0].id in str(wiki.values["WikiField"])


def test_documents_come_out_of_a_zip(tmp_path: Path) -> None:
    archive = tmp_path / "documents.zip"
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("a/Plan: north.txt", b"plan")
        made.writestr("b/plan_ north.TXT", b"other plan")
        made.writestr("c/letter.docx", files.docx(["x"]))
    found = fill(_new(), Amounts(items=40, files=0, documents=archive), seed=3).documents
    names = {one.inner_path for one in found.items.values() if one.file}
    assert names == {
        ("Archive", "TXT", "Plan_ north.txt"),
        ("Archive", "TXT", "_plan_ north.TXT"),
        ("Archive", "DOCX", "letter.docx"),
        ("Being edited.csv",),
    }


@pytest.mark.skipif(
    not ARCHIVE.exists(), reason="NOT SHOWN: the real documents do not lie beside the project"
)
def test_real_documents_are_kept_whole_but_for_their_properties() -> None:
    site = _new()
    library = site.root.list_by_title("Documents")
    assert library is not None
    changed = 0
    with zipfile.ZipFile(ARCHIVE) as archive:
        names = [one for one in archive.namelist() if one.endswith(("docx", "xlsx", "pptx"))][::4]
        for name in names:
            sent = archive.read(name)
            item = library.upload(name.replace("/", "_"), sent, by=6, values={"Title": "T"})
            assert item.file is not None
            changed += item.file.content != sent
            assert item.file.content == sent or office.promoted(item.file.content)
            _check_same_document(sent, item.file.content)
    assert changed > len(names) // 2


def _check_same_document(sent: bytes, kept: bytes) -> None:
    if sent == kept:
        return
    with zipfile.ZipFile(BytesIO(sent)) as before, zipfile.ZipFile(BytesIO(kept)) as after:
        for name in before.namelist():
            if not name.startswith(("docProps/", "_rels/", "[Content_Types]")):
                assert before.read(name) == after.read(name)
