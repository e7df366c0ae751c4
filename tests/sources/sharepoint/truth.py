"""What is in a site of the lab, beside what was kept of it."""

from __future__ import annotations

from datetime import UTC

import orjson

from strongroom.lab.sharepoint.content.collection import SiteCollection
from strongroom.lab.sharepoint.content.items import ListItem
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.words.item import Item
from tests.sources.sharepoint.lab_site import Keeper


def assert_kept(
    keeper: Keeper, collection: SiteCollection, *, has_item_versions: bool = True
) -> None:
    """Compare all lists and items of a site with what is kept, item by item."""
    assert not keeper.missed, keeper.missed[:3]
    assert not keeper.problems, keeper.problems
    lists = [one for web in collection.webs() for one in web.lists.values()]
    assert keeper.hierarchy is not None
    told = {one.id for one in keeper.hierarchy.folders if one.kind in {"list", "library"}}
    assert told == {one.id for one in lists}
    for one in lists:
        _assert_list(keeper, one, has_item_versions=has_item_versions)


def _assert_list(keeper: Keeper, of: SpList, *, has_item_versions: bool) -> None:
    kept = {int(one.id.rpartition("/")[2]): one for one in keeper.of(of.id)}
    assert sorted(kept) == sorted(of.items), of.title
    for number, item in of.items.items():
        _assert_item(keeper, of, item, kept[number])
        if len(item.versions) > 1 and has_item_versions:
            versions = orjson.loads(keeper.parts[kept[number].id]["versions"])["versions"]
            told = [(one["label"], one["fields"].get("Title")) for one in versions]
            there = [(one.label, one.values.get("Title") or None) for one in item.versions]
            assert told == there, (of.title, told, there)


def _assert_item(keeper: Keeper, of: SpList, item: ListItem, kept: Item) -> None:
    state, parts = kept.state, keeper.parts.get(kept.id, {})
    inner = item.path.removeprefix(of.root_path).strip("/").split("/")
    assert state["path"] == inner
    assert state["version"] == item.label
    if of.settings.has_moderation:
        assert state["moderation"] == item.moderation_status
    fields = state["fields"]
    assert isinstance(fields, dict)
    assert fields["Modified"] == f"{item.modified.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    assert fields["ContentTypeId"] == item.content_type_id
    title = item.values.get("Title")
    assert fields.get("Title") == (title or None)
    assert fields["Author"]["login"] == of.collection.principals.users[item.author_id].login
    if item.file is not None:
        assert parts["file"] == bytes(item.file.content)
        assert kept.size == len(item.file.content)
        assert bool(state["checked_out_by"]) == (item.file.check_out is not None)
        for one in item.history:
            if one.content is not None:
                assert parts[f"version-{one.id}"] == bytes(one.content)
    attached = [one.content for _, one in sorted(item.attachments.items())]
    assert sorted(parts[name] for name in parts if name.startswith("attachment-")) == sorted(
        attached
    )
    assert state["unique_permissions"] == item.has_unique_permissions
    if item.has_unique_permissions:
        told = orjson.loads(parts["permissions"])["assignments"]
        found = {one["principal"]["id"]: {role["id"] for role in one["roles"]} for one in told}
        assert found == {who: set(roles) for who, roles in item.assignments.items()}
