"""office365-rest-python-client reads a site of the lab: every value is the one that was put in."""

from __future__ import annotations

from typing import Any

import pytest
from office365.runtime.client_request_exception import ClientRequestException
from office365.sharepoint.client_context import ClientContext
from office365.sharepoint.listitems.caml.query import CamlQuery
from office365.sharepoint.lists.list import List

from strongroom.lab.sharepoint.content.items import Version
from tests.judges.sharepoint import SharePointJudge
from tests.judges.site_meaning import plain
from tests.judges.staged_site import INVOICE, SITE_COLUMN, Staged

PATH = "/sites/marketing"


@pytest.fixture
def site(sharepoint: SharePointJudge, staged: Staged) -> ClientContext:
    return sharepoint.online(PATH)


@pytest.fixture
def jobs(site: ClientContext) -> List:
    return site.web.lists.get_by_title("Jobs & chores")


def got(thing: Any) -> Any:
    """Ask, and give what was answered as plain JSON."""
    found = thing.get().execute_query()
    return [plain(one) for one in found] if hasattr(found, "__len__") else plain(found)


def test_a_web_and_its_site(site: ClientContext, staged: Staged) -> None:
    root = staged.collection.root
    web = got(site.web)
    assert web["Id"] == root.id
    assert web["Title"] == root.title
    assert web["Description"] == "Where we keep it"
    assert web["ServerRelativeUrl"] == PATH
    assert web["Url"] == site.base_url
    assert web["Language"] == 1033
    assert web["TreeViewEnabled"] is True
    assert got(site.site)["Id"] == staged.collection.id
    regional = plain(site.web.regional_settings.expand(["TimeZone"]).get().execute_query())
    assert regional["LocaleId"] == 1031
    assert regional["Time24"] is True
    assert regional["TimeZone"]["Id"] == 4
    assert got(site.web.all_properties)["Department"] == "Records & archives"
    assert "aebc918d-b20f-4a11-a1db-9ed84d79c87e" in [
        one["DefinitionId"] for one in got(site.web.features)
    ]


def test_webs_below(site: ClientContext, sharepoint: SharePointJudge) -> None:
    (below,) = got(site.web.webs)
    assert (below["Title"], below["ServerRelativeUrl"]) == ("People & pay", f"{PATH}/hr")
    inner = sharepoint.online(f"{PATH}/hr")
    items = got(inner.web.lists.get_by_title("Holidays").items)
    assert [one["Title"] for one in items] == ["New Year"]


def test_lists_with_their_settings(site: ClientContext, staged: Staged) -> None:
    found = {one["Title"]: one for one in got(site.web.lists)}
    assert set(found) == {one.title for one in staged.collection.root.lists.values()}
    jobs = found["Jobs & chores"]
    assert jobs["Id"] == staged.tasks.id
    assert jobs["ItemCount"] == len(staged.tasks.items)
    assert jobs["Description"] == "What is to be done"
    assert jobs["MajorVersionLimit"] == 7
    assert jobs["EnableFolderCreation"] is True
    assert jobs["EnableAttachments"] is True
    papers = found["Papers"]
    assert (papers["BaseTemplate"], papers["BaseType"]) == (101, 1)
    assert papers["EnableMinorVersions"] is True
    assert papers["ContentTypesEnabled"] is True
    asked = ["ValidationFormula", "ValidationMessage", "HasUniqueRoleAssignments"]
    more = plain(site.web.lists.get_by_title("Papers").select(asked).get().execute_query())
    assert more["HasUniqueRoleAssignments"] is True
    folder = site.web.lists.get_by_title("Papers").root_folder
    assert got(folder)["ServerRelativeUrl"] == f"{PATH}/Papers"


def test_columns_keep_their_xml(site: ClientContext, jobs: List, staged: Staged) -> None:
    found = {one["InternalName"]: one for one in got(jobs.fields)}
    assert set(found) >= set(staged.tasks.fields)
    for name, column in staged.tasks.fields.items():
        assert found[name]["Id"] == column.id
        assert found[name]["TypeAsString"] == column.type
        assert found[name]["Title"] == column.title
    assert found["State"]["Choices"] == ["new", "half done"]
    assert found["State"]["DefaultValue"] == "new"
    assert found["Colours"]["Choices"] == ["red", "blue", "grey"]
    assert found["Project"]["LookupList"].strip("{}") == staged.projects.id
    assert found["Project"]["LookupField"] == "Title"
    assert found["Twice"]["Formula"] == "=[Size]*2"
    assert found["Due"]["Indexed"] is True
    amount = got(site.web.fields.get_by_internal_name_or_title("Amount"))
    assert amount["Id"] == SITE_COLUMN
    assert amount["Group"] == "Accounts"


def test_content_types(site: ClientContext, staged: Staged) -> None:
    kinds = site.web.content_types.expand(["FieldLinks"]).get().execute_query()
    invoice = next(one for one in kinds if one.properties["StringId"] == INVOICE)
    assert invoice.properties["Name"] == "Invoice"
    assert invoice.properties["Description"] == "To be paid"
    (link,) = [plain(one) for one in invoice.field_links]
    assert (link["Name"], link["Required"]) == ("Amount", True)
    copies = got(site.web.lists.get_by_title("Papers").content_types)
    assert {one["StringId"] for one in copies} == set(staged.papers.content_types)


def test_views(jobs: List) -> None:
    views = {
        one.properties["Title"]: one
        for one in jobs.views.expand(["ViewFields"]).get().execute_query()
    }
    urgent = views["Urgent ones"]
    assert urgent.properties["RowLimit"] == 17
    assert '<Value Type="Boolean">1</Value>' in urgent.properties["ViewQuery"]
    assert urgent.properties["CustomFormatter"] == '{"additionalRowClass":"x"}'
    assert plain(urgent.view_fields)["Items"] == ["LinkTitle", "Due", "Project"]
    assert views["All Items"].properties["DefaultView"] is True


def test_an_item_has_the_values_that_were_put_in(jobs: List, staged: Staged) -> None:
    found = got(jobs.get_item_by_id(staged.task.id))
    assert found["Id"] == staged.task.id
    assert found["Title"] == "Paint the whole fence"
    assert found["Body"] == "Two coats\nof green; <b>not</b> blue & no drips"
    assert found["Size"] == 2.5
    assert found["Twice"] == 5
    assert found["Due"] == "2026-11-20T14:30:00Z"
    assert found["State"] == "half done"
    assert found["Colours"] == ["red", "grey"]
    assert found["Urgent"] is True
    assert found["HelperId"] == staged.bob.id
    assert found["WatchersId"] == [staged.ann.id, staged.bob.id]
    assert found["ProjectId"] == 2
    assert found["RelatedId"] == [1, 3]
    assert found["Link"]["Url"] == "https://elsewhere.example/?a=1,2"
    assert found["Link"]["Description"] == "Look, here"
    terms = {one.label: one.id for one in staged.collection.terms.set_by_name("Rooms").terms}  # type: ignore[union-attr]
    assert found["Room"]["TermGuid"] == terms["Cellar"]
    assert [one["TermGuid"] for one in found["Rooms"]] == [terms["Attic"], terms["Cellar"]]
    assert found["Created"] == "2024-02-29T08:00:05Z"
    assert found["Modified"] == "2025-03-01T17:45:00Z"
    assert found["AuthorId"] == staged.bob.id
    assert found["EditorId"] == staged.bob.id
    assert found["Attachments"] is True
    assert found["OData__UIVersionString"] == staged.task.label


def test_lookups_and_people_expand(jobs: List, staged: Staged) -> None:
    asked = ["Id", "Project/Title", "Related/Title", "Helper/Title", "Helper/EMail", "Author/Name"]
    one = jobs.get_item_by_id(staged.task.id).select(asked)
    found = plain(one.expand(["Project", "Related", "Helper", "Author"]).get().execute_query())
    assert found["Project"]["Title"] == "Gemini"
    assert [row["Title"] for row in found["Related"]] == ["Apollo", "Mercury"]
    assert found["Helper"]["Title"] == "Bob Brewer"
    assert found["Helper"]["EMail"] == "bob@lab.example"
    assert found["Author"]["Name"] == staged.bob.login


def test_items_page_by_page(jobs: List, staged: Staged) -> None:
    pages: list[int] = []
    items = jobs.items.get_all(3, page_loaded=lambda rows: pages.append(len(rows))).execute_query()
    assert [one.properties["Id"] for one in items] == sorted(staged.tasks.items)
    assert len(pages) == -(-len(staged.tasks.items) // 3)


def test_items_by_filter_and_order(jobs: List) -> None:
    items = jobs.items.filter("Size gt 1 and Size lt 4")
    # The client itself writes ``$order_by``, which no server knows.
    items.query_options.custom["$orderby"] = "Size desc"
    found = items.get().execute_query()
    assert [one.properties["Size"] for one in found] == [3, 2.5, 2, 2]


def test_items_by_caml(jobs: List, staged: Staged) -> None:
    query = CamlQuery.parse(
        '<OrderBy><FieldRef Name="Size" Ascending="FALSE" /></OrderBy><Where><And>'
        '<BeginsWith><FieldRef Name="Title" /><Value Type="Text">Chore</Value></BeginsWith>'
        '<Geq><FieldRef Name="Size" /><Value Type="Number">2</Value></Geq></And></Where>'
    )
    found = jobs.get_items(query, page_size=100).execute_query()
    assert [one.properties["Title"] for one in found] == ["Chore 4", "Chore 3", "Chore 2"]
    due = CamlQuery.parse(
        '<Where><Eq><FieldRef Name="Due" /><Value Type="DateTime" IncludeTimeValue="TRUE"'
        ' StorageTZ="TRUE">2026-11-20T14:30:00Z</Value></Eq></Where>'
    )
    (task,) = jobs.get_items(due, page_size=100).execute_query()
    assert task.properties["Id"] == staged.task.id
    ids = CamlQuery()
    ids.ViewXml = (
        '<View Scope="RecursiveAll"><Query><Where><In><FieldRef Name="ID" /><Values>'
        '<Value Type="Counter">1</Value><Value Type="Counter">3</Value></Values></In></Where>'
        "</Query></View>"
    )
    found = jobs.get_items(ids, page_size=100).execute_query()
    assert [one.properties["Id"] for one in found] == [1, 3]


def test_everything_by_caml_page_by_page(jobs: List, staged: Staged) -> None:
    query = CamlQuery()
    query.ViewXml = (
        "<View Scope='RecursiveAll'><Query><OrderBy Override='TRUE'><FieldRef Name='ID'/></OrderBy>"
        "</Query><RowLimit Paged='TRUE'>4</RowLimit></View>"
    )
    found = [one.properties["Id"] for one in jobs.get_items(query, page_size=4).execute_query()]
    assert found == sorted(staged.tasks.items)


def test_versions_of_an_item(jobs: List, staged: Staged) -> None:
    found = got(jobs.get_item_by_id(staged.task.id).versions)
    assert [one["VersionLabel"] for one in found] == ["2.0", "1.0"]
    assert [one["IsCurrentVersion"] for one in found] == [True, False]
    assert [one["Title"] for one in found] == ["Paint the whole fence", "Paint the fence"]
    assert [one["VersionId"] for one in found] == [1024, 512]


def test_attachments(jobs: List, staged: Staged) -> None:
    (one,) = jobs.get_item_by_id(staged.task.id).attachment_files.get().execute_query()
    assert one.properties["FileName"] == "colours & more.txt"
    assert one.get_content().execute_query().value == b"green #4a7"


def test_folders_of_a_list(jobs: List, staged: Staged) -> None:
    items = jobs.items.select(["Id", "FileRef", "FSObjType"]).get().execute_query()
    paths = {one.properties["FileRef"] for one in items}
    assert f"{PATH}/Lists/Jobs/Garden/Shed" in paths
    assert paths == {one.path for one in staged.tasks.items.values()}


def test_a_file_and_its_versions(site: ClientContext, staged: Staged) -> None:
    file = site.web.get_file_by_server_relative_path(staged.report.path)
    told = got(file)
    assert told["Name"] == "report 100%#1.txt"
    assert told["UniqueId"] == staged.report.unique_id
    assert int(told["Length"]) == len(b"second draft\r\n")
    assert told["UIVersionLabel"] == "1.1"
    assert (told["MajorVersion"], told["MinorVersion"]) == (1, 1)
    assert file.get_content().execute_query().value == b"second draft\r\n"
    older = file.versions.expand(["CreatedBy"]).get().execute_query()
    before: list[Version] = staged.report.history
    assert [one.properties["VersionLabel"] for one in older] == [one.label for one in before]
    assert [one.properties["CheckInComment"] for one in older] == [one.comment for one in before]
    assert {one.created_by.properties["LoginName"] for one in older} == {staged.ann.login}
    contents = [one.open_binary_stream().execute_query().value for one in older]
    assert contents == [one.content for one in before]
    item = plain(file.listItemAllFields.get().execute_query())
    assert item["Title"] == "The report"
    assert item["EditorId"] == staged.bob.id
    papers = site.web.lists.get_by_title("Papers")
    approval = papers.get_item_by_id(staged.report.id).select(["OData__ModerationStatus"])
    # A minor version is a draft, though nobody approves anything here.
    assert approval.get().execute_query().properties["OData__ModerationStatus"] == 3


def test_an_office_file_as_the_server_rewrote_it(site: ClientContext, staged: Staged) -> None:
    file = site.web.get_file_by_id(staged.office.unique_id)
    assert staged.office.file is not None
    assert file.get_content().execute_query().value == staged.office.file.content
    item = plain(file.listItemAllFields.get().execute_query())
    assert item["Amount"] == 12.5
    assert item["ContentTypeId"] == staged.office.content_type_id


def test_a_folder_of_a_library(site: ClientContext) -> None:
    folder = site.web.get_folder_by_server_relative_path(f"{PATH}/Papers/2025")
    assert [one["Name"] for one in got(folder.folders)] == ["Q1 & Q2"]
    inner = site.web.get_folder_by_server_relative_path(f"{PATH}/Papers/2025/Q1 & Q2")
    assert [one["Name"] for one in got(inner.files)] == ["report 100%#1.txt"]


def test_a_file_that_somebody_has_checked_out(site: ClientContext, staged: Staged) -> None:
    file = site.web.get_file_by_server_relative_path(f"{PATH}/Papers/2025/draft.txt")
    assert got(file)["CheckOutType"] == 0
    assert got(file.checked_out_by_user)["LoginName"] == staged.ann.login
    assert file.get_content().execute_query().value == b"mine alone"


def test_permissions(jobs: List, site: ClientContext, staged: Staged) -> None:
    item = jobs.get_item_by_id(staged.task.id)
    item.select(["HasUniqueRoleAssignments"]).get().execute_query()
    assert item.properties["HasUniqueRoleAssignments"] is True
    held = {
        one.properties["PrincipalId"]: [
            role.properties["Name"] for role in one.role_definition_bindings
        ]
        for one in item.role_assignments.expand(["RoleDefinitionBindings"]).get().execute_query()
    }
    assert held[staged.bob.id] == ["Contribute"]
    assert held[staged.group.id] == ["Look closely"]
    assert len(held) == len(staged.task.assignments)
    roles = {one["Name"]: one for one in got(site.web.role_definitions)}
    assert int(roles["Look closely"]["BasePermissions"]["High"]) == 432
    assert int(roles["Look closely"]["BasePermissions"]["Low"]) == 1011028719


def test_groups_and_people(site: ClientContext, staged: Staged) -> None:
    groups = site.web.site_groups.expand(["Users", "Owner"]).get().execute_query()
    auditors = next(one for one in groups if one.properties["Title"] == "Auditors")
    assert auditors.properties["Description"] == "They look"
    assert [one.properties["LoginName"] for one in auditors.users] == [staged.bob.login]
    assert plain(auditors.properties["Owner"])["Id"] == staged.ann.id
    users = {one["LoginName"]: one for one in got(site.web.site_users)}
    assert users[staged.ann.login]["Title"] == "Ann Archer"
    assert users[staged.ann.login]["Email"] == "ann@lab.example"


def test_navigation(site: ClientContext) -> None:
    nodes = site.web.navigation.quick_launch.get().execute_query()
    papers = next(one for one in nodes if one.properties["Title"] == "Papers")
    assert papers.properties["Url"] == f"{PATH}/Papers"
    (child,) = got(papers.children)
    assert (child["Title"], child["Url"]) == ("Elsewhere", "https://elsewhere.example/x")
    assert child["IsExternal"] is True


def test_pages(site: ClientContext, staged: Staged) -> None:
    pages = site.web.lists.get_by_title("Site Pages")
    asked = ["*", "PageLayoutType"]
    page = plain(pages.get_item_by_id(staged.page.id).select(asked).get().execute_query())
    assert page["CanvasContent1"] == staged.page.values["CanvasContent1"]
    assert "Welcome &amp; hello" in page["CanvasContent1"]
    assert page["PageLayoutType"] == "Article"
    wiki = got(pages.get_item_by_id(staged.wiki.id))
    assert wiki["WikiField"] == staged.wiki.values["WikiField"]
    assert wiki["WikiField"].startswith("<p>Once upon a time</p>")


def test_many_questions_in_one_batch(site: ClientContext, staged: Staged) -> None:
    asked = [
        site.web.lists.get_by_title("Jobs & chores").get_item_by_id(number).get()
        for number in staged.tasks.items
    ]
    site.execute_batch()
    assert [one.properties["Id"] for one in asked] == list(staged.tasks.items)


@pytest.mark.parametrize("title", ["No such list", "Jobs"])
def test_a_list_that_is_not_there(site: ClientContext, title: str) -> None:
    with pytest.raises(ClientRequestException) as caught:
        site.web.lists.get_by_title(title).get().execute_query()
    assert caught.value.response is not None
    assert caught.value.response.status_code == 404
    assert caught.value.code == "-1, System.ArgumentException"


def test_an_application_with_a_secret_is_refused(sharepoint: SharePointJudge) -> None:
    context = sharepoint.online(PATH).with_access_token(
        lambda: {"access_token": "no", "token_type": "Bearer"}
    )
    with pytest.raises(ClientRequestException):
        context.web.get().execute_query()


def test_a_farm_by_ntlm(sharepoint: SharePointJudge) -> None:
    address = sharepoint.lab.cast.users[0].address
    password = sharepoint.lab.password(address)
    collection = sharepoint.farm_collection("/sites/board")
    with collection.lock:
        collection.root.add_list("On premises", by=collection.owner_id).add_item(
            {"Title": "here"}, by=collection.owner_id
        )
    context = sharepoint.farm("/sites/board", user=address, password=password)
    assert got(context.web)["Title"] == "Board"
    items = got(context.web.lists.get_by_title("On premises").items)
    assert [one["Title"] for one in items] == ["here"]
    wrong = sharepoint.farm("/sites/board", user=address, password="wrong")
    with pytest.raises(ClientRequestException):
        wrong.web.get().execute_query()
