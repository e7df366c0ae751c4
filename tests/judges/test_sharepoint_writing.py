"""office365-rest-python-client writes to a site of the lab; the model has what it wrote."""

from __future__ import annotations

import io
import random
from typing import Any

import pytest
from office365.runtime.client_request_exception import ClientRequestException
from office365.runtime.http.request_options import RequestOptions
from office365.sharepoint.client_context import ClientContext
from office365.sharepoint.files.checkin_type import CheckinType
from office365.sharepoint.lists.creation_information import ListCreationInformation
from office365.sharepoint.navigation.nodes.creationinformation import (
    NavigationNodeCreationInformation,
)
from office365.sharepoint.sharing.role_type import RoleType
from office365.sharepoint.views.create_information import ViewCreationInformation
from office365.sharepoint.webs.creation_information import WebCreationInformation

from strongroom.lab.sharepoint.content.collection import SiteCollection
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.content.values import UrlValue
from tests.judges.sharepoint import SharePointJudge
from tests.judges.site_meaning import plain

PATH = "/sites/board"


@pytest.fixture
def site(sharepoint: SharePointJudge) -> ClientContext:
    return sharepoint.online(PATH)


@pytest.fixture
def collection(sharepoint: SharePointJudge) -> SiteCollection:
    return sharepoint.collection(PATH)


@pytest.fixture
def prepared(collection: SiteCollection, request: pytest.FixtureRequest) -> SpList:
    """A list of the test's own, with a few columns."""
    title = request.node.name[:60]
    with collection.lock:
        made = collection.root.add_list(title, by=collection.owner_id)
        for kind, name in (("Number", "Size"), ("DateTime", "Due"), ("URL", "Link")):
            xml = f'<Field Type="{kind}" Name="{name}" DisplayName="{name}" />'
            made.parse_field(xml, by=collection.owner_id)
        made.parse_field(
            '<Field Type="User" Name="Helper" DisplayName="Helper" />', by=collection.owner_id
        )
    return made


@pytest.fixture
def library(collection: SiteCollection, request: pytest.FixtureRequest) -> SpList:
    """A library of the test's own."""
    with collection.lock:
        return collection.root.add_list(
            request.node.name[:60], by=collection.owner_id, base_template=101
        )


def opened(site: ClientContext, of: SpList) -> Any:
    return site.web.lists.get_by_id(of.id)


def test_a_list_is_made_and_set_up(site: ClientContext, collection: SiteCollection) -> None:
    told = ListCreationInformation("Made & kept", "By hand", 100)
    made = site.web.lists.add(told).execute_query()
    made.set_property("EnableVersioning", True).set_property("MajorVersionLimit", 12)
    made.set_property("ValidationFormula", "=LEN([Title])>1").update().execute_query()
    found = collection.root.list_by_title("Made & kept")
    assert found is not None
    assert made.properties["Id"] == found.id
    assert found.settings.description == "By hand"
    assert (found.settings.has_versioning, found.settings.major_limit) == (True, 12)
    assert found.settings.validation_formula == "=LEN([Title])>1"
    with pytest.raises(ClientRequestException) as caught:
        site.web.lists.add(told).execute_query()
    assert caught.value.code == "-2130575342, Microsoft.SharePoint.SPException"


def test_columns_from_xml_and_by_hand(site: ClientContext, prepared: SpList) -> None:
    fields = opened(site, prepared).fields
    number = "{0c8f0a3e-8f1c-4f5a-9a0d-4d1c5a7e0001}"
    fields.create_field_as_xml(
        f'<Field ID="{number}" Type="Choice" Name="Mood" DisplayName="How it is">'
        "<CHOICES><CHOICE>fine</CHOICE><CHOICE>&lt;bad&gt;</CHOICE></CHOICES></Field>"
    ).execute_query()
    fields.add_text_field("Nick name").execute_query()
    made = {one.title: one for one in prepared.fields.values()}
    assert made["How it is"].id == number.strip("{}")
    assert made["How it is"].choices == ("fine", "<bad>")
    assert made["Nick name"].type == "Text"


def test_a_view_is_made(site: ClientContext, prepared: SpList) -> None:
    told = ViewCreationInformation(
        Title="Big ones", Query="<OrderBy><FieldRef Name='Size' /></OrderBy>", RowLimit=8
    )
    view = opened(site, prepared).views.add(told).execute_query()
    view.view_fields.add_view_field("Size").execute_query()
    (found,) = (one for one in prepared.views.values() if one.title == "Big ones")
    assert found.row_limit == 8
    assert found.query == "<OrderBy><FieldRef Name='Size' /></OrderBy>"
    assert found.fields[-1] == "Size"


def test_an_item_is_added_changed_and_deleted(
    site: ClientContext, collection: SiteCollection, prepared: SpList
) -> None:
    cleo = collection.principals.ensure_user(collection.login_of("cleo@lab.example"))
    told = {"Title": "one & <two>", "Size": 3.5, "Due": "2026-01-02T03:04:05Z", "HelperId": cleo.id}
    item = opened(site, prepared).add_item(told).execute_query()
    item.set_url_field_value("Link", "https://elsewhere.example/a,b", "there").execute_query()
    found = prepared.items[item.properties["Id"]]
    assert found.values["Title"] == "one & <two>"
    assert found.values["Size"] == 3.5
    assert found.values["Due"].isoformat() == "2026-01-02T03:04:05+00:00"  # type: ignore[union-attr]
    assert found.values["Helper"] == cleo.id
    assert found.values["Link"] == UrlValue(
        url="https://elsewhere.example/a,b", description="there"
    )
    item.set_property("Title", "three").update().execute_query()
    assert found.values["Title"] == "three"
    assert found.values["Size"] == 3.5
    assert found.label == "3.0"
    item.delete_object().execute_query()
    assert prepared.items == {}


def test_author_and_times_are_written_as_a_form_would(
    site: ClientContext, collection: SiteCollection, prepared: SpList
) -> None:
    with collection.lock:
        made = prepared.add_item({"Title": "old"}, by=collection.owner_id)
    dora = collection.login_of("dora@lab.example")
    item = opened(site, prepared).get_item_by_id(made.id)
    told = {
        "Title": "older",
        "Created": "2/29/2024 8:00 AM",
        "Modified": "3/1/2025 5:45 PM",
        "Author": f"[{{'Key':'{dora}'}}]",
        "Editor": f"[{{'Key':'{dora}'}}]",
    }
    result = item.validate_update_list_item(told, new_document_update=True, dates_in_utc=True)
    rows = plain(result.execute_query().value)
    assert isinstance(rows, list)
    assert [row["HasException"] for row in rows] == [False] * 5
    user = collection.principals.by_login(dora)
    assert user is not None
    assert (made.author_id, made.editor_id) == (user.id, user.id)
    assert made.created.isoformat() == "2024-02-29T08:00:00+00:00"
    assert made.modified.isoformat() == "2025-03-01T17:45:00+00:00"
    assert made.label == "1.0"


def test_a_form_value_that_does_not_fit_is_told_in_an_answer_of_200(
    site: ClientContext, collection: SiteCollection, prepared: SpList
) -> None:
    with collection.lock:
        made = prepared.add_item({"Title": "a"}, by=collection.owner_id)
    item = opened(site, prepared).get_item_by_id(made.id)
    told = {"Size": "many", "Created": "2024-02-29T08:00:00Z", "Title": "b"}
    rows = plain(item.validate_update_list_item(told).execute_query().value)
    assert {row["FieldName"]: row["HasException"] for row in rows} == {
        "Size": True, "Created": True, "Title": False,
    }  # fmt: skip


def test_attachments_come_and_go(
    site: ClientContext, collection: SiteCollection, prepared: SpList
) -> None:
    with collection.lock:
        made = prepared.add_item({"Title": "a"}, by=collection.owner_id)
    files = opened(site, prepared).get_item_by_id(made.id).attachment_files
    stream = io.BytesIO(b"\x00\x01 bytes")
    stream.name = "a & b.bin"
    files.upload(stream).execute_query()
    (hanging,) = made.attachments.values()
    assert (hanging.name, hanging.content) == ("a & b.bin", b"\x00\x01 bytes")
    (one,) = files.get().execute_query()
    one.delete_object().execute_query()
    assert made.attachments == {}


def test_folders_and_small_files(site: ClientContext, library: SpList) -> None:
    root = opened(site, library).root_folder
    inner = root.folders.add("In & out").execute_query()
    inner.files.add("a.txt", b"one", overwrite=False).execute_query()
    with pytest.raises(ClientRequestException):
        inner.files.add("a.txt", b"two", overwrite=False).execute_query()
    file = inner.files.add("a.txt", b"three", overwrite=True).execute_query()
    found = library.at(["In & out", "a.txt"])
    assert found is not None
    assert found.file is not None
    assert found.file.content == b"three"
    assert file.properties["UniqueId"] == found.unique_id
    assert [one.content for one in found.history] == [b"one"]


def test_a_large_file_goes_up_in_pieces(site: ClientContext, library: SpList) -> None:
    content = random.Random(7).randbytes(300_001)
    seen: list[int] = []
    root = opened(site, library).root_folder
    root.files.create_upload_session(
        io.BytesIO(content), 65536, chunk_uploaded=seen.append, file_name="large.bin"
    ).execute_query()
    found = library.at(["large.bin"])
    assert found is not None
    assert found.file is not None
    assert found.file.content == content
    assert len(seen) >= 5


def test_a_file_is_checked_out_changed_and_published(
    site: ClientContext, collection: SiteCollection, library: SpList
) -> None:
    with collection.lock:
        library.change_settings(by=collection.owner_id, has_minor_versions=True)
        made = library.upload("draft.txt", b"one", by=collection.owner_id)
    file = site.web.get_file_by_server_relative_path(made.path)
    file.checkout().execute_query()
    assert made.file is not None
    assert made.file.check_out is not None
    file.save_binary_stream(b"two").execute_query()
    file.checkin("better", CheckinType.MinorCheckIn).execute_query()
    assert made.file.content == b"two"
    assert (made.label, made.comment) == ("0.2", "better")
    file.publish("out").execute_query()
    assert made.label == "1.0"
    assert [one.label for one in made.history] == ["0.1", "0.2"]


def test_an_older_version_comes_back_or_goes(
    site: ClientContext, collection: SiteCollection, library: SpList
) -> None:
    with collection.lock:
        made = library.upload("v.txt", b"one", by=collection.owner_id)
        for content in (b"two", b"three"):
            library.save_content(made, content, by=collection.owner_id)
    versions = site.web.get_file_by_server_relative_path(made.path).versions
    versions.restore_by_label("1.0").execute_query()
    assert made.file is not None
    assert made.file.content == b"one"
    versions.delete_by_label("2.0").execute_query()
    assert [one.label for one in made.history] == ["1.0", "3.0"]


def test_permissions_of_an_item(
    site: ClientContext, collection: SiteCollection, prepared: SpList
) -> None:
    with collection.lock:
        made = prepared.add_item({"Title": "a"}, by=collection.owner_id)
    user = site.web.ensure_user(collection.login_of("emil@lab.example")).execute_query()
    item = opened(site, prepared).get_item_by_id(made.id)
    item.break_role_inheritance(copy_role_assignments=False).execute_query()
    item.add_role_assignment(user, RoleType.Reader).execute_query()
    assert made.permissions is not None
    assert 1073741826 in made.permissions.assignments[user.properties["Id"]]
    item.remove_role_assignment(user, RoleType.Reader).execute_query()
    assert user.properties["Id"] not in made.permissions.assignments
    item.reset_role_inheritance().execute_query()
    assert made.permissions is None


def test_groups(site: ClientContext, collection: SiteCollection) -> None:
    group = site.web.site_groups.add("Readers of minutes", "Quietly").execute_query()
    login = collection.login_of("fay@lab.example")
    group.users.add_user(login).execute_query()
    found = collection.principals.group_by_name("Readers of minutes")
    user = collection.principals.by_login(login)
    assert found is not None
    assert user is not None
    assert (found.id, found.description) == (group.properties["Id"], "Quietly")
    assert found.members == [user.id]
    site.web.site_groups.remove_by_id(found.id).execute_query()
    assert collection.principals.group_by_name("Readers of minutes") is None


def test_what_is_thrown_away_lies_in_the_bin_and_comes_back(
    site: ClientContext, collection: SiteCollection, prepared: SpList
) -> None:
    with collection.lock:
        made = prepared.add_item({"Title": "a"}, by=collection.owner_id)
    item = opened(site, prepared).get_item_by_id(made.id)
    number = item.recycle().execute_query().value
    assert prepared.items == {}
    (entry,) = (
        one for one in site.web.recycle_bin.get().execute_query() if one.properties["Id"] == number
    )
    assert entry.properties["Title"] == "a"
    entry.restore().execute_query()
    assert prepared.items == {made.id: made}


def test_a_save_that_comes_too_late_is_refused(
    site: ClientContext, collection: SiteCollection, prepared: SpList
) -> None:
    with collection.lock:
        made = prepared.add_item({"Title": "a"}, by=collection.owner_id)
    item = opened(site, prepared).get_item_by_id(made.id)
    item.set_property("Title", "b").update()
    site.pending_request().beforeExecute += _name_an_old_version
    with pytest.raises(ClientRequestException) as caught:
        site.execute_query()
    assert caught.value.response is not None
    assert caught.value.response.status_code == 412
    assert made.title == "a"


def _name_an_old_version(request: RequestOptions) -> None:
    if request.headers.get("X-HTTP-Method") == "MERGE":
        request.set_header("IF-MATCH", '"00000000-0000-0000-0000-000000000000,0"')


def test_many_items_in_one_batch(
    site: ClientContext, collection: SiteCollection, prepared: SpList
) -> None:
    of = opened(site, prepared)
    for number in range(7):
        of.add_item({"Title": f"item {number}"})
    site.execute_batch()
    assert [one.title for one in prepared.items.values()] == [f"item {n}" for n in range(7)]


def test_a_web_is_changed_and_gets_one_below(
    site: ClientContext, collection: SiteCollection
) -> None:
    site.web.set_property("Description", "Changed & kept").update().execute_query()
    assert collection.root.description == "Changed & kept"
    told = WebCreationInformation(Title="Below", Url="below")
    made = site.web.webs.add(told).execute_query()
    (found,) = (one for one in collection.root.webs.values() if one.title == "Below")
    assert (found.id, found.path) == (made.properties["Id"], f"{PATH}/below")


def test_the_menu_gets_an_entry(site: ClientContext, collection: SiteCollection) -> None:
    told = NavigationNodeCreationInformation("Minutes", "/sites/board/minutes", True)
    site.web.navigation.quick_launch.add(told).execute_query()
    last = collection.root.navigation.quick_launch[-1]
    assert (last.title, last.url) == ("Minutes", "/sites/board/minutes")
