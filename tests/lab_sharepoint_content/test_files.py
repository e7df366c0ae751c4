"""Files: versions with and without drafts, check-out, publishing, moving, Office properties."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest

from strongroom.lab.seed import files
from strongroom.lab.sharepoint.content import office
from strongroom.lab.sharepoint.content.collection import SiteCollection
from strongroom.lab.sharepoint.content.items import APPROVED, DRAFT, PENDING
from strongroom.lab.sharepoint.content.list_files import (
    MAJOR_CHECK_IN,
    MINOR_CHECK_IN,
    OVERWRITE_CHECK_IN,
)
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.content.principals import User
from strongroom.lab.sharepoint.content.refusals import (
    AlreadyExists,
    FileLocked,
    NotAllowed,
    NotCheckedOut,
    ValueRefused,
)
from strongroom.lab.sharepoint.content.seed_columns import column_xml
from strongroom.lab.sharepoint.content.values import TermValue, Value


def _parts(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return {name: package.read(name) for name in package.namelist()}


def test_an_upload_over_a_file_is_its_next_version(documents: SpList, ann: User, ben: User) -> None:
    item = documents.upload("a.txt", b"one", by=ann.id)
    with pytest.raises(AlreadyExists):
        documents.upload("A.TXT", b"two", by=ben.id)
    assert documents.upload("A.txt", b"two", by=ben.id, overwrite=True) is item
    assert [(one.id, one.content, one.editor_id) for one in item.versions] == [
        (512, b"one", ann.id),
        (1024, b"two", ben.id),
    ]
    assert item.etag.endswith(',2"')


@pytest.mark.parametrize("name", ["", " a", "a/b", "a:b", 'a"', "x" * 256])
def test_some_names_are_no_names(documents: SpList, ann: User, name: str) -> None:
    with pytest.raises(ValueRefused):
        documents.upload(name, b"", by=ann.id)
    documents.upload("100% #1 & söme's.txt", b"", by=ann.id)


def test_the_size_of_all_is_counted(site: SiteCollection, documents: SpList, ann: User) -> None:
    before = site.used_bytes
    item = documents.upload("a.txt", b"12345", by=ann.id)
    documents.save_content(item, b"123", by=ann.id)
    assert site.used_bytes - before == 8
    documents.delete_version(item, 512, by=ann.id)
    assert site.used_bytes - before == 3
    entry = documents.recycle_item(item, by=ann.id)
    assert (site.used_bytes, entry.size) == (before, 3)
    site.recycle_bin.restore(entry.id)
    assert site.used_bytes - before == 3


def test_a_file_that_is_out_is_seen_as_it_was(documents: SpList, ann: User, ben: User) -> None:
    item = documents.upload("a.txt", b"one", by=ann.id)
    documents.check_out(item, by=ann.id)
    documents.save_content(item, b"two", by=ann.id)
    documents.update_item(item, {"Title": "mine"}, by=ann.id)
    assert (item.content_for(ann.id), item.content_for(ben.id)) == (b"two", b"one")
    assert (item.values_for(ann.id)["Title"], item.title) == ("mine", "")
    attempts: tuple[Callable[[], object], ...] = (
        lambda: documents.save_content(item, b"three", by=ben.id),
        lambda: documents.update_item(item, {"Title": "x"}, by=ben.id),
        lambda: documents.check_out(item, by=ben.id),
        lambda: documents.check_in(item, by=ben.id),
        lambda: documents.delete_item(item, by=ben.id),
        lambda: documents.move_item(item, by=ben.id, name="b.txt"),
    )
    for wanted in attempts:
        with pytest.raises(FileLocked, match=r"ann@lab\.example"):
            wanted()
    documents.check_in(item, by=ann.id, comment="Done.")
    assert (item.label, item.comment, item.title) == ("2.0", "Done.", "mine")
    assert item.content_for(ben.id) == b"two"


def test_undoing_a_check_out_drops_the_working_copy(documents: SpList, ann: User) -> None:
    item = documents.upload("a.txt", b"one", by=ann.id)
    documents.check_out(item, by=ann.id)
    documents.save_content(item, b"two", by=ann.id)
    documents.undo_check_out(item, by=ann.id)
    assert (item.content_for(ann.id), item.label) == (b"one", "1.0")
    with pytest.raises(NotCheckedOut):
        documents.check_in(item, by=ann.id)


def test_where_files_must_be_out_a_new_one_is_its_makers_alone(
    documents: SpList, ann: User, ben: User
) -> None:
    documents.change_settings(by=ann.id, needs_check_out=True)
    item = documents.upload("a.txt", b"one", by=ann.id)
    assert (item.is_visible_to(ann.id), item.is_visible_to(ben.id), item.level) == (
        True,
        False,
        255,
    )
    documents.check_in(item, by=ann.id)
    assert (item.is_visible_to(ben.id), item.label) == (True, "1.0")
    with pytest.raises(NotCheckedOut):
        documents.save_content(item, b"two", by=ann.id)
    other = documents.upload("b.txt", b"one", by=ann.id)
    documents.undo_check_out(other, by=ben.id, is_forced=True)
    assert other.id not in documents.items


def test_drafts_count_by_one_and_publishing_goes_to_the_next_whole_number(
    documents: SpList, ann: User
) -> None:
    documents.change_settings(by=ann.id, has_minor_versions=True)
    item = documents.upload("a.txt", b"one", by=ann.id)
    documents.save_content(item, b"two", by=ann.id)
    assert (item.label, item.ui_version, item.level) == ("0.2", 2, 2)
    documents.publish(item, by=ann.id, comment="First.")
    assert (item.label, item.ui_version, item.level) == ("1.0", 512, 1)
    documents.save_content(item, b"three", by=ann.id)
    assert item.label == "1.1"
    documents.unpublish(item, by=ann.id)
    documents.change_settings(by=ann.id, has_minor_versions=False)
    with pytest.raises(NotAllowed):
        documents.publish(item, by=ann.id)


@pytest.mark.parametrize(
    ("kind", "label"),
    [(MINOR_CHECK_IN, "1.1"), (MAJOR_CHECK_IN, "2.0"), (OVERWRITE_CHECK_IN, "1.0")],
)
def test_who_checks_in_says_what_version_it_is(
    documents: SpList, ann: User, kind: int, label: str
) -> None:
    documents.change_settings(by=ann.id, has_minor_versions=True)
    item = documents.upload("a.txt", b"one", by=ann.id)
    documents.publish(item, by=ann.id)
    documents.check_out(item, by=ann.id)
    documents.save_content(item, b"two", by=ann.id)
    documents.check_in(item, by=ann.id, kind=kind)
    assert (item.label, item.content_for(0)) == (label, b"two")


def test_old_drafts_go_before_old_versions(documents: SpList, ann: User) -> None:
    documents.change_settings(by=ann.id, has_minor_versions=True, minor_limit=1)
    item = documents.upload("a.txt", b"one", by=ann.id)
    documents.publish(item, by=ann.id)
    for _ in range(2):
        documents.save_content(item, b"two", by=ann.id)
    documents.publish(item, by=ann.id)
    documents.save_content(item, b"three", by=ann.id)
    assert [one.label for one in item.versions] == ["1.0", "2.0", "2.1"]


def test_approval_of_a_draft_publishes_it(documents: SpList, ann: User) -> None:
    documents.change_settings(by=ann.id, has_minor_versions=True, has_moderation=True)
    item = documents.upload("a.txt", b"one", by=ann.id)
    assert item.moderation_status == DRAFT
    documents.publish(item, by=ann.id)
    assert (item.moderation_status, item.label) == (PENDING, "0.1")
    documents.approve(item, by=ann.id)
    assert (item.moderation_status, item.label) == (APPROVED, "1.0")


def test_a_file_moved_to_another_library_keeps_its_unique_id_and_its_versions(
    site: SiteCollection, documents: SpList, ann: User
) -> None:
    assets = site.root.list_by_title("Site Assets")
    assert assets is not None
    documents.parse_field(column_xml("Text", "Wood"), by=ann.id)
    folder = documents.add_folder("F", by=ann.id)
    item = documents.upload("a.txt", b"one", by=ann.id, folder=folder, values={"Wood": "oak"})
    documents.save_content(item, b"two", by=ann.id)
    unique_id = item.unique_id
    documents.move_to(folder, assets, by=ann.id)
    assert documents.items == {}
    assert site.find_item(unique_id) is item
    assert item.path == "/sites/yard/SiteAssets/F/a.txt"
    assert ([one.label for one in item.versions], item.values) == (["1.0", "2.0"], {})
    copy = assets.copy_to(item, documents, by=ann.id)
    assert (copy.unique_id != unique_id, copy.label) == (True, "1.0")


def test_an_office_file_comes_back_with_other_bytes_and_the_same_document(
    documents: SpList, ann: User
) -> None:
    documents.parse_field(column_xml("Text", "Wood"), by=ann.id)
    sent = files.docx(["Oak is heavy."])
    item = documents.upload("a.docx", sent, by=ann.id, values={"Title": "T & t", "Wood": "oak"})
    assert item.file is not None
    kept = item.file.content
    assert kept != sent
    assert _parts(kept)["word/document.xml"] == _parts(sent)["word/document.xml"]
    assert office.promoted(kept) == {"Title": "T & t"}
    assert office.custom_properties(kept) == {"ContentTypeId": item.content_type_id, "Wood": "oak"}
    again = documents.upload("b.docx", sent, by=ann.id, values={"Title": "T & t", "Wood": "oak"})
    assert again.file is not None
    assert again.file.content == kept
    documents.update_item(item, {"Wood": "ash"}, by=ann.id)
    assert office.custom_properties(item.file.content)["Wood"] == "ash"
    assert item.file.content != kept


def test_the_title_of_an_office_file_becomes_the_items(documents: SpList, ann: User) -> None:
    first = documents.upload("a.docx", files.docx(["x"]), by=ann.id, values={"Title": "Its own"})
    assert first.file is not None
    second = documents.upload("b.docx", first.file.content, by=ann.id)
    assert second.title == "Its own"


def test_a_library_without_a_parser_leaves_office_files_alone(documents: SpList, ann: User) -> None:
    documents.change_settings(by=ann.id, is_parser_disabled=True)
    sent = files.docx(["x"])
    item = documents.upload("a.docx", sent, by=ann.id, values={"Title": "T"})
    assert item.content_for(0) == sent


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04 and nothing more",
        files.zipped({"a.txt": b"no office"}),
        files.zipped({"word/document.xml": b"<a/>"}),
        files.zipped(
            {
                "word/document.xml": b"<a/>",
                "_rels/.rels": b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
                "[Content_Types].xml": b"<Types/>",
            }
        ),
        files.docx(["x"])[:-30],
    ],
)
def test_what_is_no_office_file_is_kept_as_it_came(
    documents: SpList, ann: User, content: bytes
) -> None:
    item = documents.upload("a.docx", content, by=ann.id, values={"Title": "T"})
    assert item.content_for(0) == content


def test_values_of_every_kind_are_written_into_a_file() -> None:
    values: dict[str, Value] = {
        "Topic": TermValue(label="Oak", guid="g", wss_id=3),
        "Kinds": ("a", "b"),
    }
    kept = office.demoted(files.docx(["x"]), values, content_type_id="0x0101")
    assert office.custom_properties(kept) == {
        "ContentTypeId": "0x0101",
        "Kinds": "a;#b",
        "Topic": "3;#Oak|g",
    }
