"""Rows, folders, versions, attachments, approval."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from strongroom.lab.sharepoint.content.collection import SiteCollection
from strongroom.lab.sharepoint.content.item_values import lookup_text, value_of
from strongroom.lab.sharepoint.content.items import APPROVED, DENIED, PENDING
from strongroom.lab.sharepoint.content.list_placing import How
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.content.principals import User
from strongroom.lab.sharepoint.content.refusals import (
    AlreadyExists,
    NotAllowed,
    NotFound,
    SaveConflict,
    ThresholdExceeded,
    ValueRefused,
)
from strongroom.lab.sharepoint.content.seed_columns import column_xml
from strongroom.lab.sharepoint.content.values import Stamp, TermValue, UrlValue, Value
from tests.fakes.hand_clock import HandClock

LONG_AGO = datetime(2011, 2, 3, 4, 5, 6, tzinfo=UTC)


def test_a_row_is_numbered_once_and_for_all(planks: SpList, ann: User) -> None:
    first = planks.add_item({"Title": "oak"}, by=ann.id)
    planks.delete_item(first, by=ann.id)
    second = planks.add_item({"Title": "ash"}, by=ann.id)
    assert (first.id, second.id) == (1, 2)
    assert second.path == "/sites/yard/Lists/Planks/2_.000"
    with pytest.raises(NotFound):
        planks.item(1)


def test_every_change_makes_a_version_where_the_list_keeps_them(
    planks: SpList, ann: User, ben: User, clock: HandClock
) -> None:
    item = planks.add_item({"Title": "oak"}, by=ann.id)
    created = item.created
    clock.move(hours=1)
    planks.update_item(item, {"Title": "ash"}, by=ben.id)
    assert [(one.label, one.values["Title"], one.editor_id) for one in item.versions] == [
        ("1.0", "oak", ann.id),
        ("2.0", "ash", ben.id),
    ]
    assert item.created == created
    assert item.modified == created + timedelta(hours=1)
    planks.change_settings(by=ann.id, has_versioning=False)
    planks.update_item(item, {"Title": "elm"}, by=ann.id)
    assert [one.values["Title"] for one in item.versions] == ["oak", "elm"]
    assert item.ui_version == 1024


def test_a_system_update_makes_no_version_and_says_nobody(
    planks: SpList, ann: User, ben: User, clock: HandClock
) -> None:
    item = planks.add_item({"Title": "oak"}, by=ann.id)
    before = (item.modified, item.editor_id, item.ui_version)
    clock.move(hours=1)
    planks.update_item(item, {"Title": "ash"}, by=ben.id, how=How.SYSTEM)
    assert (item.modified, item.editor_id, item.ui_version) == before
    assert item.hidden_version == 2


def test_a_privileged_writer_says_who_and_when(planks: SpList, ann: User, ben: User) -> None:
    stamp = Stamp(created=LONG_AGO, modified=LONG_AGO, author_id=ben.id, editor_id=ben.id)
    item = planks.add_item({"Title": "oak"}, by=ann.id)
    planks.update_item(item, {}, by=ann.id, how=How.OVERWRITE, stamp=stamp)
    assert (item.created, item.modified) == (LONG_AGO, LONG_AGO)
    assert (item.author_id, item.editor_id, item.label) == (ben.id, ben.id, "1.0")


def test_the_oldest_versions_go_when_there_are_too_many(planks: SpList, ann: User) -> None:
    planks.change_settings(by=ann.id, major_limit=3)
    item = planks.add_item({"Title": "0"}, by=ann.id)
    for number in range(1, 6):
        planks.update_item(item, {"Title": str(number)}, by=ann.id)
    assert [one.label for one in item.versions] == ["4.0", "5.0", "6.0"]


def test_a_writer_with_an_old_etag_is_refused(planks: SpList, ann: User) -> None:
    item = planks.add_item({"Title": "oak"}, by=ann.id)
    etag = item.etag
    planks.update_item(item, {"Title": "ash"}, by=ann.id, etag=etag)
    with pytest.raises(SaveConflict):
        planks.update_item(item, {"Title": "elm"}, by=ann.id, etag=etag)
    assert item.title == "ash"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Nothing", "x"),
        ("Created", LONG_AGO),
        ("ID", 7),
        ("Title", 7),
        ("Title", "x" * 256),
        ("Size", "large"),
        ("Size", True),
        ("Owner", 4711),
        ("Double", 1.0),
        ("Kinds", "oak"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(
    planks: SpList, ann: User, name: str, value: Value
) -> None:
    planks.parse_field(column_xml("Number", "Size"), by=ann.id)
    planks.parse_field(column_xml("User", "Owner"), by=ann.id)
    planks.parse_field(column_xml("MultiChoice", "Kinds"), by=ann.id)
    formula = "<Formula>=[Size]*2</Formula>"
    planks.parse_field(column_xml("Calculated", "Double", inner=formula), by=ann.id)
    with pytest.raises(ValueRefused):
        planks.add_item({name: value}, by=ann.id)
    assert planks.items == {}


def test_a_form_checks_more_than_a_program(planks: SpList, ann: User) -> None:
    inner = "<CHOICES><CHOICE>oak</CHOICE></CHOICES>"
    planks.parse_field(column_xml("Choice", "Wood", inner=inner), by=ann.id)
    planks.add_item({"Wood": "steel"}, by=ann.id)
    with pytest.raises(ValueRefused, match="choice"):
        planks.add_item({"Title": "x", "Wood": "steel"}, by=ann.id, checks_form=True)
    with pytest.raises(ValueRefused, match="blank"):
        planks.add_item({"Wood": "oak"}, by=ann.id, checks_form=True)


def test_the_lists_validation_holds_for_everybody(planks: SpList, ann: User) -> None:
    planks.parse_field(column_xml("Number", "Size"), by=ann.id)
    planks.change_settings(by=ann.id, validation_formula="=[Size]>=0", validation_message="No!")
    with pytest.raises(ValueRefused, match="No!"):
        planks.add_item({"Size": -1}, by=ann.id)
    item = planks.add_item({"Size": 1}, by=ann.id)
    with pytest.raises(ValueRefused, match="No!"):
        planks.update_item(item, {"Size": -1}, by=ann.id)
    assert item.values["Size"] == 1


def test_defaults_fill_what_nobody_said(planks: SpList, ann: User, clock: HandClock) -> None:
    planks.parse_field(column_xml("Boolean", "Dry", inner="<Default>1</Default>"), by=ann.id)
    planks.parse_field(column_xml("DateTime", "Cut", inner="<Default>[today]</Default>"), by=ann.id)
    item = planks.add_item({"Title": "oak"}, by=ann.id)
    assert (item.values["Dry"], item.values["Cut"]) == (True, clock.now())


def test_a_unique_column_takes_a_value_once(planks: SpList, ann: User) -> None:
    planks.parse_field(
        column_xml("Text", "Code", EnforceUniqueValues="TRUE", Indexed="TRUE"), by=ann.id
    )
    planks.add_item({"Code": "a"}, by=ann.id)
    other = planks.add_item({"Code": "b"}, by=ann.id)
    with pytest.raises(ValueRefused):
        planks.add_item({"Code": "a"}, by=ann.id)
    with pytest.raises(ValueRefused):
        planks.update_item(other, {"Code": "a"}, by=ann.id)
    planks.update_item(other, {"Code": "b", "Title": "same"}, by=ann.id)


def test_lookups_look_into_the_other_list(site: SiteCollection, planks: SpList, ann: User) -> None:
    saws = site.root.add_list("Saws", by=ann.id)
    saws.parse_field(column_xml("Text", "Blade"), by=ann.id)
    saw = saws.add_item({"Title": "big", "Blade": "80"}, by=ann.id)
    column = planks.parse_field(column_xml("Lookup", "Saw", List=f"{{{saws.id}}}"), by=ann.id)
    planks.parse_field(
        column_xml(
            "Lookup",
            "SawBlade",
            List=f"{{{saws.id}}}",
            ShowField="Blade",
            FieldRef=column.id,
            ReadOnly="TRUE",
        ),
        by=ann.id,
    )
    item = planks.add_item({"Saw": saw.id}, by=ann.id)
    assert lookup_text(planks, column, saw.id) == "big"
    assert value_of(item, "SawBlade") == "80"
    with pytest.raises(ValueRefused):
        planks.add_item({"Saw": 99}, by=ann.id)
    saws.delete_item(saw, by=ann.id)
    assert lookup_text(planks, column, saw.id) is None


def test_a_term_gets_its_label_and_its_number_in_the_site(
    site: SiteCollection, planks: SpList, ann: User
) -> None:
    woods = site.terms.add_set("Woods", "Oak", "Ash")
    planks.parse_field(column_xml("TaxonomyFieldTypeMulti", "Woods", Mult="TRUE"), by=ann.id)
    oak, ash = woods.terms
    given = (TermValue(label="oaken", guid=oak.id), TermValue(label="", guid=ash.id))
    item = planks.add_item({"Woods": given}, by=ann.id)
    assert item.values["Woods"] == (
        TermValue(label="Oak", guid=oak.id, wss_id=1),
        TermValue(label="Ash", guid=ash.id, wss_id=2),
    )
    note = planks.note_of(planks.fields["Woods"])
    assert note is not None
    assert item.values[note.name] == f"Oak|{oak.id};Ash|{ash.id}"
    planks.update_item(item, {"Woods": None}, by=ann.id)
    assert item.values[note.name] is None
    site.terms.delete_term(ash.id)
    with pytest.raises(ValueRefused):
        planks.add_item({"Woods": given}, by=ann.id)


def test_addresses_and_system_columns_are_values_too(planks: SpList, ann: User) -> None:
    planks.parse_field(column_xml("URL", "Site"), by=ann.id)
    item = planks.add_item({"Site": UrlValue(url="https://a.example", description="A")}, by=ann.id)
    assert value_of(item, "FileRef") == "/sites/yard/Lists/Planks/1_.000"
    assert value_of(item, "Author") == ann.id
    assert value_of(item, "_UIVersionString") == "1.0"
    assert value_of(item, "ContentType") == "Item"
    assert value_of(item, "Site") == UrlValue(url="https://a.example", description="A")


def test_attachments_change_the_item_and_make_no_version(
    planks: SpList, ann: User, clock: HandClock
) -> None:
    item = planks.add_item({"Title": "oak"}, by=ann.id)
    clock.move(minutes=1)
    planks.add_attachment(item, "Bill.pdf", b"bill", by=ann.id)
    assert (item.label, item.hidden_version, item.modified) == ("1.0", 2, clock.now())
    with pytest.raises(AlreadyExists):
        planks.add_attachment(item, "bill.PDF", b"bill", by=ann.id)
    planks.delete_attachment(item, "bill.pdf", by=ann.id)
    assert not item.attachments
    planks.change_settings(by=ann.id, has_attachments=False)
    with pytest.raises(NotAllowed):
        planks.add_attachment(item, "Bill.pdf", b"bill", by=ann.id)


def test_where_approval_is_needed_every_change_waits_for_it(planks: SpList, ann: User) -> None:
    planks.change_settings(by=ann.id, has_moderation=True)
    item = planks.add_item({"Title": "oak"}, by=ann.id)
    assert item.moderation_status == PENDING
    planks.set_moderation(item, APPROVED, by=ann.id)
    planks.update_item(item, {"Title": "ash"}, by=ann.id)
    assert item.moderation_status == PENDING
    planks.set_moderation(item, DENIED, by=ann.id, comment="No.")
    assert (item.moderation_status, item.moderation_comment) == (DENIED, "No.")


def test_an_older_version_can_come_back_or_go(planks: SpList, ann: User) -> None:
    item = planks.add_item({"Title": "oak"}, by=ann.id)
    planks.update_item(item, {"Title": "ash"}, by=ann.id)
    planks.restore_version(item, 512, by=ann.id)
    assert (item.title, item.label) == ("oak", "3.0")
    planks.delete_version(item, 1024, by=ann.id)
    assert [one.label for one in item.versions] == ["1.0", "3.0"]
    with pytest.raises(NotAllowed):
        planks.delete_version(item, item.ui_version, by=ann.id)


def test_a_folder_that_moves_takes_along_what_lies_in_it(planks: SpList, ann: User) -> None:
    outer = planks.add_folder("Outer", by=ann.id)
    inner = planks.add_folder("Inner", by=ann.id, folder=outer)
    item = planks.add_item({"Title": "oak"}, by=ann.id, folder=inner)
    before = planks.collection.log.last_number
    planks.move_item(outer, by=ann.id, name="Renamed")
    assert item.inner_path == ("Renamed", "Inner", f"{item.id}_.000")
    assert planks.at(("renamed", "INNER")) is inner
    assert planks.collection.log.last_number == before + 1
    with pytest.raises(NotAllowed):
        planks.move_item(outer, by=ann.id, folder=inner)
    with pytest.raises(AlreadyExists):
        planks.add_folder("RENAMED", by=ann.id)


def test_a_recycled_folder_comes_back_with_all_that_was_in_it(planks: SpList, ann: User) -> None:
    outer = planks.add_folder("Outer", by=ann.id)
    item = planks.add_item({"Title": "oak"}, by=ann.id, folder=outer)
    entry = planks.recycle_item(outer, by=ann.id)
    assert planks.items == {}
    planks.add_folder("Outer", by=ann.id)
    with pytest.raises(AlreadyExists):
        planks.collection.recycle_bin.restore(entry.id)
    there = planks.at(("Outer",))
    assert there is not None
    planks.delete_item(there, by=ann.id)
    planks.collection.recycle_bin.restore(entry.id)
    assert planks.items[item.id] is item
    assert item.path == f"/sites/yard/Lists/Planks/Outer/{item.id}_.000"


def test_the_bin_has_two_stages_and_an_end(planks: SpList, ann: User, clock: HandClock) -> None:
    bin_ = planks.collection.recycle_bin
    item = planks.add_item({"Title": "oak"}, by=ann.id)
    entry = planks.recycle_item(item, by=ann.id)
    bin_.move_to_second_stage(entry.id)
    assert [one.id for one in bin_.entries(1)] == []
    assert [one.id for one in bin_.entries(2)] == [entry.id]
    clock.move(days=94)
    assert bin_.entries() == []
    with pytest.raises(NotFound):
        bin_.restore(entry.id)


def test_labels_records_and_holds_forbid_deleting(planks: SpList, ann: User) -> None:
    item = planks.add_item({"Title": "oak"}, by=ann.id)
    item.compliance_tag = "Seven years"
    with pytest.raises(NotAllowed):
        planks.delete_item(item, by=ann.id)
    item.compliance_tag, item.is_record = "", True
    with pytest.raises(NotAllowed):
        planks.update_item(item, {"Title": "ash"}, by=ann.id)
    item.is_record, planks.collection.is_on_hold = False, True
    with pytest.raises(NotAllowed):
        planks.recycle_item(item, by=ann.id)


def test_past_the_threshold_only_indexed_columns_may_be_asked_for(
    planks: SpList, ann: User
) -> None:
    planks.collection.view_threshold = 3
    planks.parse_field(column_xml("Text", "Code", Indexed="TRUE"), by=ann.id)
    for number in range(3):
        planks.add_item({"Title": str(number)}, by=ann.id)
    planks.check_threshold(["Title"])
    planks.add_item({"Title": "one more"}, by=ann.id)
    planks.check_threshold(["Code", "Title"])
    planks.check_threshold([])
    with pytest.raises(ThresholdExceeded):
        planks.check_threshold(["Title"])


def test_attachments_and_versions_go_through_the_bin_too(planks: SpList, ann: User) -> None:
    item = planks.add_item({"Title": "oak"}, by=ann.id)
    planks.add_attachment(item, "Bill.pdf", b"bill", by=ann.id)
    planks.update_item(item, {"Title": "ash"}, by=ann.id)
    hanging = planks.recycle_attachment(item, "bill.pdf", by=ann.id)
    older = planks.recycle_version(item, 512, by=ann.id)
    assert (item.attachments, item.history) == ({}, [])
    assert [one.kind.name for one in planks.collection.recycle_bin] == [
        "LIST_ITEM_VERSION",
        "ATTACHMENT",
    ]
    planks.collection.recycle_bin.restore(hanging.id)
    planks.collection.recycle_bin.restore(older.id)
    assert [one.name for one in item.attachments.values()] == ["Bill.pdf"]
    assert [one.label for one in item.versions] == ["1.0", "2.0"]


def test_what_came_back_stands_in_its_place(planks: SpList, ann: User) -> None:
    folder = planks.add_folder("F", by=ann.id)
    for name in "abc":
        planks.add_item({"Title": name}, by=ann.id, folder=folder if name == "b" else None)
    entry = planks.recycle_item(folder, by=ann.id)
    assert list(planks.items) == [2, 4]
    planks.collection.recycle_bin.restore(entry.id)
    assert list(planks.items) == [1, 2, 3, 4]


def test_what_we_cannot_work_out_breaks_nothing(planks: SpList, ann: User) -> None:
    inner = "<Formula>=SOUNDEX([Title])</Formula>"
    planks.parse_field(column_xml("Calculated", "Sound", inner=inner), by=ann.id)
    for kind in ("Number", "DateTime"):
        default = "<Default>soon</Default>"
        planks.parse_field(column_xml(kind, f"Odd{kind}", inner=default), by=ann.id)
    planks.change_settings(by=ann.id, validation_formula="=SOUNDEX([Title])>1")
    item = planks.add_item({"Title": "oak"}, by=ann.id)
    assert value_of(item, "Sound") == "#NAME?"
    assert (item.values["OddNumber"], item.values["OddDateTime"]) == (None, None)


@pytest.mark.parametrize("name", ["", "a/b", "a:b"])
def test_attachments_have_names_too(planks: SpList, ann: User, name: str) -> None:
    item = planks.add_item({"Title": "oak"}, by=ann.id)
    with pytest.raises(ValueRefused):
        planks.add_attachment(item, name, b"", by=ann.id)


def test_a_list_needs_an_address(site: SiteCollection, ann: User) -> None:
    with pytest.raises(ValueRefused):
        site.root.add_list("???", by=ann.id)
