"""What a web defines and holds beside its lists."""

from __future__ import annotations

import pytest

from strongroom.lab.sharepoint.content.change_log import Scope
from strongroom.lab.sharepoint.content.collection import SiteCollection
from strongroom.lab.sharepoint.content.content_database import ContentDatabase
from strongroom.lab.sharepoint.content.content_types import ITEM, ContentType, child_id, parent_of
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.content.permissions import READ
from strongroom.lab.sharepoint.content.principals import User
from strongroom.lab.sharepoint.content.refusals import AlreadyExists, NotAllowed, NotFound
from strongroom.lab.sharepoint.content.seed_columns import column_xml

GUID = "0b1c2d3e-4f50-4a6b-8c7d-9e0f1a2b3c4d"


def test_site_columns_come_change_and_go(site: SiteCollection, planks: SpList, ann: User) -> None:
    root = site.root
    column = root.add_field(column_xml("Text", "Wood", ID=f"{{{GUID}}}"), by=ann.id)
    planks.add_field(column.copy(), by=ann.id)
    with pytest.raises(AlreadyExists):
        root.add_field(column_xml("Text", "Wood"), by=ann.id)
    with pytest.raises(AlreadyExists):
        root.webs["hr"].add_field(column_xml("Text", "Other", ID=f"{{{GUID}}}"), by=ann.id)
    root.update_field(column, by=ann.id, xml=column_xml("Text", "Wood", "Timber"))
    assert (column.name, column.title) == ("Wood", "Timber")
    assert planks.fields["Wood"].title == "Wood"
    root.delete_field(column, by=ann.id)
    assert root.field_by_id(GUID) is None
    assert "Wood" in planks.fields


def test_content_types_are_known_in_all_webs_below(site: SiteCollection, ann: User) -> None:
    kind = ContentType(id=child_id(ITEM, GUID), name="Plank", parent_id=ITEM)
    site.root.add_content_type(kind, by=ann.id)
    below = site.root.webs["hr"]
    assert below.available_content_types()[kind.id] is kind
    with pytest.raises(AlreadyExists):
        below.add_content_type(ContentType(id="0x0199", name="Plank"), by=ann.id)
    site.root.update_content_type(kind, by=ann.id)
    with pytest.raises(NotAllowed):
        site.root.delete_content_type(site.root.content_types[ITEM], by=ann.id)


@pytest.mark.parametrize(
    ("number", "above"),
    [
        ("0x01", "0x"),
        ("0x0101", "0x01"),
        ("0x", ""),
        (f"0x0101{'00'}{'AB' * 16}", "0x0101"),
        (f"0x0101{'00'}{'AB' * 16}01", f"0x0101{'00'}{'AB' * 16}"),
    ],
)
def test_the_id_of_a_content_type_says_what_it_is_made_from(number: str, above: str) -> None:
    assert parent_of(number) == above


def test_every_content_type_but_the_first_is_made_from_another(site: SiteCollection) -> None:
    kinds = site.root.content_types
    assert kinds["0x"].parent_id == ""
    assert all(one.parent_id in kinds for one in kinds.values() if one.id != "0x")
    assert kinds["0x0120D520"].parent_id == "0x0120"


def test_navigation_has_entries_below_entries(site: SiteCollection, ann: User) -> None:
    root = site.root
    above = root.add_node("Mills", "/mills", by=ann.id)
    below = root.add_node("Old mill", "/mills/old", by=ann.id, above=above)
    assert [one.title for one in above.walk()] == ["Mills", "Old mill"]
    found = root.navigation.find(below.id)
    assert found is not None
    assert found[1] is below
    root.delete_node(above.id, by=ann.id)
    assert root.navigation.find(below.id) is None
    with pytest.raises(NotFound):
        root.delete_node(below.id, by=ann.id)


def test_features_and_properties_are_set_and_taken_away(site: SiteCollection, ann: User) -> None:
    root = site.root
    root.switch_feature(GUID, is_on=True, by=ann.id)
    assert GUID in root.features
    root.switch_feature(GUID, is_on=False, by=ann.id)
    root.switch_feature(GUID, is_on=False, by=ann.id)
    assert GUID not in root.features
    root.set_properties({"a": "1", "b": "2"}, by=ann.id)
    root.set_properties({"a": None, "c": None}, by=ann.id)
    assert (root.properties.get("a"), root.properties["b"]) == (None, "2")


def test_a_file_of_the_web_itself_is_told_of_as_a_file(site: SiteCollection, ann: User) -> None:
    token = site.current_token
    made = site.root.put_file("default.aspx", b"one", by=ann.id)
    again = site.root.put_file("Default.aspx", b"two", by=ann.id)
    assert again is made
    assert (made.file.content, made.file.revision) == (b"two", 2)
    told = list(site.log.since(Scope.SITE, site.id, start=token))
    assert [(one.thing.value, one.type.name) for one in told] == [
        ("File", "ADD"),
        ("File", "UPDATE"),
    ]
    assert told[0].path == "/sites/yard/default.aspx"


def test_a_web_with_webs_below_cannot_be_deleted(site: SiteCollection, ann: User) -> None:
    hr = site.root.webs["hr"]
    inner = hr.add_web("pay", "Pay", by=ann.id, inherits=False)
    assert inner.has_unique_permissions
    with pytest.raises(NotAllowed):
        site.root.delete_web(hr, by=ann.id)
    with pytest.raises(AlreadyExists):
        hr.add_web("PAY", "Pay", by=ann.id)
    hr.delete_web(inner, by=ann.id)
    hr.add_web("pay", "Pay again", by=ann.id)
    (entry,) = site.recycle_bin.entries()
    with pytest.raises(AlreadyExists):
        site.recycle_bin.restore(entry.id)


def test_emptying_the_bin_is_for_good(site: SiteCollection, planks: SpList, ann: User) -> None:
    items = [planks.add_item({"Title": name}, by=ann.id) for name in "abc"]
    entries = [planks.recycle_item(one, by=ann.id) for one in items]
    site.recycle_bin.move_to_second_stage(entries[0].id)
    site.recycle_bin.delete(entries[1].id)
    site.recycle_bin.clear(stage=1)
    assert [one.id for one in site.recycle_bin] == [entries[0].id]
    site.recycle_bin.clear()
    assert site.recycle_bin.entries(web_id=site.root.id) == []


def test_inheriting_again_clears_the_way_for_a_folder(planks: SpList, ann: User) -> None:
    folder = planks.add_folder("F", by=ann.id)
    item = planks.add_item({"Title": "oak"}, by=ann.id, folder=folder)
    folder.break_inheritance(by=ann.id)
    item.break_inheritance(by=ann.id)
    planks.collection.root.break_inheritance(by=ann.id, clears_below=True)
    assert (folder.permissions, item.permissions) == (None, None)
    with pytest.raises(NotAllowed):
        folder.add_assignment(ann.id, READ, by=ann.id)


def test_going_through_the_database_makes_every_site(database: ContentDatabase) -> None:
    assert [one.path for one in database] == ["/", "/sites/yard"]
