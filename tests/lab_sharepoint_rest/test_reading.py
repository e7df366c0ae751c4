"""What is asked of a site, and what of other answers than 200."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from strongroom.lab.sharepoint import Level
from strongroom.lab.sharepoint.content.lists import SpList
from strongroom.lab.sharepoint.rest.throttle import Busy
from tests.lab_sharepoint_rest.conftest import Asker, Profiled


def _rows(ask: Asker, count: int, title: str = "Things") -> SpList:
    of = ask.web.add_list(title, by=ask.ann)
    for number in range(count):
        of.add_item({"Title": f"T{number}"}, by=ask.ann)
    return of


def test_items_come_page_by_page_by_their_number(ask: Asker) -> None:
    of = _rows(ask, 5)
    of.delete_item(of.item(3), by=ask.ann)
    where = f"web/lists(guid'{of.id}')/items?$select=Id,Title&$top=2&$skip=1"
    first = ask.get(where).json
    assert [one["Id"] for one in first["value"]] == [1, 2]
    rest = ask.get(first["odata.nextLink"].removeprefix("https://localhost:1")).json
    assert [one["Id"] for one in rest["value"]] == [4, 5]
    assert "odata.nextLink" not in rest
    again = ask.get(where, form="verbose").json["d"]
    assert "__next" in again
    assert again["results"][0]["__metadata"]["type"] == "SP.Data.ThingsListItem"


def test_a_page_is_a_hundred_items_unless_more_are_wanted(ask: Asker) -> None:
    of = _rows(ask, 120)
    where = f"web/lists(guid'{of.id}')/items?$select=Id"
    assert len(ask.get(where).value) == 100
    assert len(ask.get(f"{where}&$top=5000").value) == 120


def test_the_threshold_holds_for_columns_without_an_index(ask: Asker) -> None:
    of = _rows(ask, 12)
    ask.collection.view_threshold = 10
    where = f"web/lists(guid'{of.id}')/items"
    refused = ask.get(f"{where}?$filter=Title eq 'T1'")
    assert (refused.status, refused.code) == (500, "-2147024860")
    assert [one["Id"] for one in ask.get(f"{where}?$filter=ID gt 10&$select=Id").value] == [11, 12]
    of.fields["Title"].attributes["Indexed"] = "TRUE"
    assert len(ask.get(f"{where}?$filter=Title eq 'T1'").value) == 1


def test_a_query_in_caml_chooses_by_number_folder_and_page(ask: Asker) -> None:
    docs, ann = ask.list("Documents"), ask.ann
    folder = docs.add_folder("F", by=ann)
    for name in ("a.txt", "b.txt", "c.txt"):
        docs.upload(name, b"x", by=ann, folder=folder)
    where = f"web/lists(guid'{docs.id}')/GetItems?$select=Id,FileRef"

    def asked(view: str, **more: object) -> list[int]:
        found = ask.post(where, {"query": {"ViewXml": view, **more}})
        return [one["Id"] for one in found.value]

    everything = "<View Scope='RecursiveAll'><RowLimit Paged='TRUE'>2</RowLimit></View>"
    assert asked(everything) == [1, 2]
    position = {"PagingInfo": "Paged=TRUE&p_ID=2"}
    assert asked(everything, ListItemCollectionPosition=position) == [3, 4]
    assert asked("<View/>") == [1]
    assert asked("<View/>", FolderServerRelativeUrl=folder.path) == [2, 3, 4]
    assert asked("<View Scope='Recursive'/>") == [2, 3, 4]
    values = "".join(f"<Value Type='Counter'>{one}</Value>" for one in (2, 4, 99))
    chosen = f"<In><FieldRef Name='ID'/><Values>{values}</Values></In>"
    view = f"<View Scope='RecursiveAll'><Query><Where>{chosen}</Where></Query></View>"
    assert asked(view) == [2, 4]


def test_the_threshold_holds_for_queries_in_caml_as_well(ask: Asker) -> None:
    of = _rows(ask, 12)
    ask.collection.view_threshold = 10

    def status(view: str) -> int:
        query = {"query": {"ViewXml": f"<View Scope='RecursiveAll'>{view}</View>"}}
        answer = ask.post(f"web/lists(guid'{of.id}')/GetItems", query)
        assert answer.status == 200 or answer.code == "-2147024860"
        return answer.status

    def where(*conditions: str) -> str:
        inner = conditions[0] if len(conditions) == 1 else f"<And>{''.join(conditions)}</And>"
        return f"<Query><Where>{inner}</Where></Query>"

    by_title = "<Eq><FieldRef Name='Title'/><Value Type='Text'>T1</Value></Eq>"
    by_number = "<Lt><FieldRef Name='ID'/><Value Type='Counter'>5</Value></Lt>"
    limit = "<RowLimit Paged='TRUE'>5</RowLimit>"
    assert status(where(by_title)) == 500
    assert status(where(by_number)) == 200
    assert status(where(by_number, by_title)) == 200
    assert status("<Query><OrderBy><FieldRef Name='Title'/></OrderBy></Query>" + limit) == 500
    assert status("<Query><OrderBy><FieldRef Name='ID'/></OrderBy></Query>" + limit) == 200
    assert status("") == 500


def test_names_are_coded_where_a_type_is_open(ask: Asker) -> None:
    of = _rows(ask, 1)
    of.parse_field('<Field Type="Text" Name="My_x0020_Col" DisplayName="My Col" />', by=ask.ann)
    of.update_item(of.item(1), {"My_x0020_Col": "v"}, by=ask.ann)
    item = f"web/lists(guid'{of.id}')/items(1)"
    assert ask.get(f"{item}/versions").value[0]["OData__x005f_UIVersionString"] == "2.0"
    texts = ask.get(f"{item}/FieldValuesAsText").json
    assert texts["My_x005f_x0020_x005f_Col"] == "v"
    assert ask.get(item).json["OData__UIVersionString"] == "2.0"
    assert ask.get(item).json["My_x0020_Col"] == "v"


def test_rows_as_a_stream_come_in_pages_with_people_and_lookups(ask: Asker) -> None:
    of = _rows(ask, 3)
    of.parse_field('<Field Type="User" Name="Who" DisplayName="Who" />', by=ask.ann)
    of.update_item(of.item(1), {"Who": ask.ann}, by=ask.ann)
    view = (
        "<View><ViewFields><FieldRef Name='Title'/><FieldRef Name='Who'/></ViewFields>"
        "<RowLimit Paged='TRUE'>2</RowLimit></View>"
    )
    where = f"web/lists(guid'{of.id}')/RenderListDataAsStream"
    first = ask.post(where, {"parameters": {"ViewXml": view, "RenderOptions": 2}}).json
    assert first["Row"][0]["Who"][0]["email"] == "ann@lab.example"
    assert first["NextHref"].startswith("?Paged=TRUE&p_ID=2&PageFirstRow=3")
    asked = {"parameters": {"ViewXml": view, "Paging": first["NextHref"][1:]}}
    rest = ask.post(where, asked).json
    assert [one["ID"] for one in rest["Row"]] == ["3"]
    assert (rest["FirstRow"], "NextHref" in rest) == (3, False)


def test_neighbours_are_told_only_to_those_who_expand_them(ask: Asker) -> None:
    of = _rows(ask, 1)
    where = f"web/lists(guid'{of.id}')/items(1)"
    told = ask.get(f"{where}?$select=Id,Author/Name,Author/Title&$expand=Author").json
    assert told["Author"] == {"Name": f"i:0#.f|membership|{ask.login}", "Title": ask.login}
    assert ask.get(f"{where}?$select=Id,Author/Name").status == 400
    assert ask.get(f"web/lists(guid'{of.id}')?$select=RootFolder/Name").status == 400
    assert "RootFolder" not in ask.get(f"web/lists(guid'{of.id}')").json
    verbose = ask.get(f"web/lists(guid'{of.id}')", form="verbose").json["d"]
    assert verbose["RootFolder"]["__deferred"]["uri"].endswith("/RootFolder")


def test_versions_of_items_and_files(ask: Asker) -> None:
    docs, ann = ask.list("Documents"), ask.ann
    for content in (b"one", b"two", b"three"):
        item = docs.upload("a#1 100%.txt", content, by=ann, overwrite=True)
    file = (
        "web/GetFileByServerRelativePath(decodedurl='/sites/a/Shared Documents/a%231 100%25.txt')"
    )
    assert ask.get(f"{file}/$value").body == b"three"
    assert ask.get(f"{file}/$value", range="bytes=1-2").body == b"hr"
    versions = ask.get(f"{file}/versions").value
    assert [(one["ID"], one["IsCurrentVersion"]) for one in versions] == [
        (512, False),
        (1024, False),
    ]
    assert ask.get(f"{file}/versions(512)/$value").body == b"one"
    assert (
        ask.get("/sites/a/_vti_history/1024/Shared%20Documents/a%231%20100%25.txt").body == b"two"
    )
    told = ask.get(f"web/lists(guid'{docs.id}')/items({item.id})/versions").value
    assert [one["VersionLabel"] for one in told] == ["3.0", "2.0", "1.0"]
    assert told[0]["Editor"]["LookupId"] == ann
    old = ask.get("web/GetFileByServerRelativeUrl('/sites/a/Shared Documents/a%231 100%25.txt')")
    assert (old.status, old.code) == (404, "-2130575338")


def test_the_oldest_gives_older_bytes_at_their_own_address_only(profiled: Profiled) -> None:
    ask = profiled("2013")
    docs = ask.list("Documents")
    docs.change_settings(by=ask.ann, has_versioning=True)
    for content in (b"one", b"two"):
        docs.upload("a.txt", content, by=ask.ann, overwrite=True)
    versions = "web/GetFileByServerRelativeUrl('/sites/a/Shared Documents/a.txt')/versions"
    (only,) = ask.get(versions).json["d"]["results"]
    assert ask.get(f"{versions}({only['ID']})/$value").status == 404
    assert ask.get(f"/sites/a/{only['Url'].replace(' ', '%20')}").body == b"one"


def test_changes_are_told_since_a_token_until_it_is_too_old(ask: Asker) -> None:
    of = _rows(ask, 1)
    where = f"web/lists(guid'{of.id}')"
    token = ask.get(f"{where}?$select=CurrentChangeToken").json["CurrentChangeToken"]
    query = {"Item": True, "Add": True, "Update": True, "DeleteObject": True}

    def asked(**more: object) -> list[tuple[int, int]]:
        told = ask.post(f"{where}/getchanges", {"query": {**query, **more}}).value
        return [(one["ChangeType"], one["ItemId"]) for one in told]

    assert asked(ChangeTokenStart=token) == []
    of.add_item({"Title": "new"}, by=ask.ann)
    of.update_item(of.item(1), {"Title": "other"}, by=ask.ann)
    of.delete_item(of.item(2), by=ask.ann)
    assert asked(ChangeTokenStart=token) == [(1, 2), (2, 1), (3, 2)]
    assert asked(ChangeTokenStart=token, FetchLimit="1") == [(1, 2)]
    assert asked(ChangeTokenStart=token, Add=False) == [(2, 1), (3, 2)]
    ask.clock.move(days=61)
    late = ask.post(f"{where}/getchanges", {"query": {**query, "ChangeTokenStart": token}})
    assert late.status == 500
    assert "before the start of the current change log" in late.body.decode()
    other = {"StringValue": token["StringValue"].replace("1;3;", "1;2;")}
    assert (
        ask.post(f"{where}/getchanges", {"query": {**query, "ChangeTokenStart": other}}).status
        == 400
    )


def test_permissions_are_told_with_members_and_roles(ask: Asker) -> None:
    of = _rows(ask, 1)
    of.item(1).break_inheritance(by=ask.ann, is_copied=False)
    where = f"web/lists(guid'{of.id}')/items(1)"
    told = ask.get(
        f"{where}?$select=HasUniqueRoleAssignments"
        "&$expand=RoleAssignments/Member,RoleAssignments/RoleDefinitionBindings"
    ).json
    assert told["HasUniqueRoleAssignments"]
    (only,) = told["RoleAssignments"]
    assert only["Member"]["LoginName"].endswith(ask.login)
    assert only["RoleDefinitionBindings"][0]["Name"] == "Full Control"


def test_a_batch_answers_each_question_and_needs_one_digest(ask: Asker) -> None:
    _rows(ask, 2)
    parts = "".join(
        "--b\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
        f"{line} HTTP/1.1\r\nAccept: application/json;odata=nometadata\r\n\r\n\r\n"
        for line in (
            "GET https://localhost:1/sites/a/_api/web/lists/getbytitle('Things')/items(2)",
            "GET https://localhost:1/sites/a/_api/web/lists/getbytitle('Nothing')",
            "GET https://localhost:1/sites/a/hr/_api/web?$select=Title",
        )
    )
    body = f"{parts}--b--\r\n".encode()
    answer = ask.post("$batch", body, content_type="multipart/mixed; boundary=b")
    assert answer.status == 200
    assert answer.body.count(b"HTTP/1.1 200 OK") == 2
    assert b"HTTP/1.1 404 Not Found" in answer.body
    assert b'{"Title":"HR"}' in answer.body
    refused = ask.post("$batch", body, content_type="multipart/mixed; boundary=b", signs=False)
    assert (refused.status, refused.code) == (403, "-2130575251")


def test_one_question_of_a_batch_may_be_told_to_wait(ask: Asker) -> None:
    part = (
        "--b\r\nContent-Type: application/http\r\n\r\n"
        "GET https://localhost:1/sites/a/_api/web?$select=Title HTTP/1.1\r\n"
        "Accept: application/json;odata=nometadata\r\n\r\n\r\n"
    )
    ask.face.rest.throttle.planned_inside.append(Busy(wait_s=9))
    answer = ask.post("$batch", f"{part}{part}--b--".encode(),
                      content_type="multipart/mixed; boundary=b")  # fmt: skip
    assert answer.status == 200
    first, second = answer.body.split(b"--batchresponse_")[1:3]
    assert b"HTTP/1.1 429 Too Many Requests" in first
    assert b"RETRY-AFTER: 9" in first
    assert b'{"Title":"A"}' in second


def test_a_question_of_a_batch_that_names_no_form_gets_no_json(ask: Asker) -> None:
    line = "GET https://localhost:1/sites/a/_api/web HTTP/1.1"
    body = f"--b\r\nContent-Type: application/http\r\n\r\n{line}\r\n\r\n--b--".encode()
    answer = ask.post("$batch", body, content_type="multipart/mixed; boundary=b")
    assert b"application/atom+xml" in answer.body
    assert b"Title" not in answer.body


@pytest.mark.parametrize(
    ("profile", "path", "method", "has"),
    [
        ("2013", "$batch", "POST", False),
        ("2016", "$batch", "POST", True),
        (
            "2016",
            "web/GetFolderByServerRelativePath(decodedurl='/sites/a/SitePages')",
            "GET",
            False,
        ),
        ("2019", "web/GetFolderByServerRelativePath(decodedurl='/sites/a/SitePages')", "GET", True),
        ("2016", "sitepages/pages", "GET", False),
        ("2019", "sitepages/pages", "GET", True),
    ],
)
def test_older_versions_lack_what_came_later(
    profiled: Profiled, profile: str, path: str, method: str, *, has: bool
) -> None:
    ask = profiled(profile)
    answer = ask(method, path, b"--b--" if method == "POST" else b"",
                 content_type="multipart/mixed; boundary=b")  # fmt: skip
    assert (answer.status == 200) is has


def test_the_oldest_speaks_verbose_only_and_says_its_version(profiled: Profiled) -> None:
    ask = profiled("2013")
    assert ask.get("web").json["d"]["Title"] == "A"
    refused = ask.get("web", form="nometadata")
    assert refused.status == 406
    versions = {
        one: profiled(one).get("web").headers["MicrosoftSharePointTeamServices"]
        for one in ("2013", "2016", "2019", "se", "online")
    }
    assert versions == {
        "2013": "15.0.0.5571",
        "2016": "16.0.0.5465",
        "2019": "16.0.0.10417",
        "se": "16.0.0.14326",
        "online": "16.0.0.25514",
    }


def test_minimal_metadata_names_types_and_addresses(ask: Asker) -> None:
    told = ask.get("web/lists/getbytitle('Documents')", form="minimalmetadata").json
    assert told["odata.type"] == "SP.List"
    assert told["odata.id"].startswith("https://localhost:1/sites/a/_api/Web/Lists(guid'")
    assert told["odata.editLink"] == told["odata.id"].partition("_api/")[2]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("web/nothing", 404, "-1"),
        ("web?$select=Nothing", 400, "-1"),
        ("web/lists(guid'00000000-0000-0000-0000-000000000001')", 404, "-2147024894"),
        ("web/lists/getbytitle('Tasks')/items(99)", 404, "-2130575338"),
        ("web/GetFileByServerRelativeUrl('/sites/b/x.docx')", 400, "-2147024809"),
        ("web/lists/getbytitle('Tasks')/recycle", 405, "-1"),
        ("web/siteusers/getbyid(999)", 404, "-2146232832"),
    ],
)
def test_refusals_carry_recorded_codes(ask: Asker, path: str, status: int, code: str) -> None:
    answer = ask.get(path)
    assert answer.status == status
    if code:
        assert answer.code == code


def test_an_item_reached_by_its_file_tells_times_in_the_site_s_own_zone(ask: Asker) -> None:
    item = ask.list("Documents").upload("a.txt", b"x", by=ask.ann)
    ask.web.regional.time_zone = 13
    file = "web/GetFileByServerRelativePath(decodedurl='/sites/a/Shared Documents/a.txt')"
    told = ask.get(
        f"{file}?$select=TimeCreated,ListItemAllFields/Created&$expand=ListItemAllFields"
    )
    utc, local = told.json["TimeCreated"], told.json["ListItemAllFields"]["Created"]
    assert utc == f"{item.created:%Y-%m-%dT%H:%M:%SZ}"
    assert datetime.fromisoformat(utc[:-1]) - datetime.fromisoformat(local) == timedelta(hours=8)


def test_an_item_that_somebody_may_not_read_is_counted_and_not_told(ask: Asker) -> None:
    of = _rows(ask, 2)
    of.item(2).break_inheritance(by=ask.ann, is_copied=False)
    site = ask.farm.site_of("/sites/a")
    assert site is not None
    site.members = {"bob@lab.example": Level.READ}
    ask.login = "bob@lab.example"
    where = f"web/lists(guid'{of.id}')"
    assert [one["Id"] for one in ask.get(f"{where}/items").value] == [1]
    assert ask.get(f"{where}/items(2)").status == 404
    assert ask.get(f"{where}?$select=ItemCount").json == {"ItemCount": 2}
    of.break_inheritance(by=ask.ann, is_copied=False)
    assert ask.get(where).status == 404
    assert "Things" not in {one["Title"] for one in ask.get("web/lists?$select=Title").value}


def test_a_file_of_the_web_itself_is_no_item(ask: Asker) -> None:
    put = "web/RootFolder/Files/AddUsingPath(decodedurl='default.aspx',overwrite=true)"
    assert ask.post(put, b"<%@ Page %>").json["ServerRelativeUrl"] == "/sites/a/default.aspx"
    file = "web/GetFileByServerRelativePath(decodedurl='/sites/a/default.aspx')"
    assert ask.get(f"{file}/$value").body == b"<%@ Page %>"
    assert ask.get("/sites/a/default.aspx").body == b"<%@ Page %>"
    assert ask.get(f"{file}/ListItemAllFields").json == {"odata.null": True}
    names = [one["Name"] for one in ask.get("web/RootFolder/Files").value]
    assert "default.aspx" in names
