"""What is written to a site, and what it refuses."""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from strongroom.lab.sharepoint import Level
from strongroom.lab.sharepoint.content.change_log import ChangeType
from strongroom.lab.sharepoint.content.items import CheckOut
from strongroom.lab.sharepoint.rest.throttle import Busy
from tests.lab_sharepoint_rest.conftest import SITE, Asker, Profiled

_DOCS = "web/GetFolderByServerRelativePath(decodedurl='/sites/a/Shared Documents')"
_FILE = "web/GetFileByServerRelativePath(decodedurl='/sites/a/Shared Documents/{}')"


def _new_list(ask: Asker, title: str = "Things", **more: object) -> str:
    made = ask.post("web/lists", {"Title": title, "BaseTemplate": 100, **more})
    assert made.status == 201
    return f"web/lists(guid'{made.json['Id']}')"


def test_a_list_is_made_with_settings_and_gets_its_address_from_its_title(ask: Asker) -> None:
    where = _new_list(ask, "My Things", EnableMinorVersions=False, Description="d")
    told = ask.get(
        f"{where}?$select=Title,Description,RootFolder/ServerRelativeUrl&$expand=RootFolder"
    )
    assert told.json["RootFolder"]["ServerRelativeUrl"] == "/sites/a/Lists/My Things"
    assert ask.merge(where, {"Title": "Other", "MajorVersionLimit": 7}).status == 204
    assert ask.list("Other").settings.major_limit == 7
    etag = ask.get(where).headers["ETag"]
    ask.post(f"{where}/items", {"Title": "x"})
    assert ask.merge(where, {"Description": "e"}, if_match=etag).status == 204
    assert ask.merge(where, {"Description": "f"}, if_match=etag).status == 412
    again = ask.post("web/lists", {"Title": "Other", "BaseTemplate": 100})
    assert (again.status, again.code) == (500, "-2130575342")
    assert ask.delete(where).status == 200
    assert ask.web.list_by_title("Other") is None


def test_a_column_made_from_xml_keeps_id_and_name_only_with_the_hint(ask: Asker) -> None:
    where = _new_list(ask)
    number = "0f0c2a5e-3b7e-4d63-8d7c-52e0a1b2c3d4"
    xml = f"<Field ID='{{{number}}}' Type='Text' Name='My' DisplayName='My Col' />"
    body = {"parameters": {"SchemaXml": xml, "Options": 8}}
    made = ask.post(f"{where}/fields/createfieldasxml", body).json
    assert (made["InternalName"], made["Title"]) == ("My", "My Col")
    assert made["Id"] == number
    twice = ask.post(f"{where}/fields/createfieldasxml", body)
    assert twice.status == 500
    other = xml.replace("0f0c", "1f0c")
    made = ask.post(
        f"{where}/fields/createfieldasxml", {"parameters": {"SchemaXml": other, "Options": 0}}
    )
    assert made.json["InternalName"] == "My_x0020_Col"
    assert ask.delete(f"{where}/fields/getbyinternalnameortitle('My')").status == 200


@pytest.mark.parametrize(("options", "is_used"), [(8, True), (8 | 2, False)])
def test_a_column_goes_into_no_content_type_if_that_is_wanted(
    ask: Asker, *, options: int, is_used: bool
) -> None:
    where = _new_list(ask)
    xml = "<Field Type='Text' Name='Mine' DisplayName='Mine' />"
    body = {"parameters": {"SchemaXml": xml, "Options": options}}
    assert ask.post(f"{where}/fields/createfieldasxml", body).status < 300
    kinds = [one for one in ask.list("Things").content_types.values() if one.name == "Item"]
    assert [any(link.name == "Mine" for link in one.links) for one in kinds] == [is_used]


def test_items_are_made_changed_and_deleted_with_etags(ask: Asker) -> None:
    where = _new_list(ask)
    made = ask.post(f"{where}/items", {"Title": "one", "AuthorId": 99})
    assert (made.status, made.json["Id"], made.json["AuthorId"]) == (201, 1, ask.ann)
    etag = made.headers["ETag"]
    assert ask.merge(f"{where}/items(1)", {"Title": "two"}, if_match=etag).status == 204
    late = ask.merge(f"{where}/items(1)", {"Title": "three"}, if_match=etag)
    assert (late.status, late.code) == (412, "-2130575305")
    assert ask.get(f"{where}/items(1)").json["Title"] == "two"
    assert ask.merge(f"{where}/items(1)", {"Nothing": 1}).status == 400
    assert ask.delete(f"{where}/items(1)").status == 200
    assert ask.get(f"{where}/items(1)").code == "-2130575338"


def test_verbose_writers_must_say_the_type(profiled: Profiled) -> None:
    ask = profiled("2013")
    kind = "application/json;odata=verbose"
    bare = ask.post("web/lists", b'{"Title":"X","BaseTemplate":100}', content_type=kind)
    assert bare.status == 400
    typed = b'{"__metadata":{"type":"SP.List"},"Title":"X","BaseTemplate":100}'
    assert ask.post("web/lists", typed, content_type=kind).status == 201


def _form(ask: Asker, where: str, fields: dict[str, str], **more: object) -> Any:
    rows = [{"FieldName": name, "FieldValue": value} for name, value in fields.items()]
    answer = ask.post(f"{where}/ValidateUpdateListItem()", {"formValues": rows, **more})
    assert answer.status == 200
    return answer.json["value"]


def test_a_form_writes_author_and_times_in_the_site_s_own_way(ask: Asker) -> None:
    where = _new_list(ask)
    ask.post(f"{where}/items", {"Title": "one"})
    ask.web.regional.locale_id, ask.web.regional.time_zone = 1043, 4
    people = "[{'Key':'i:0#.f|membership|bob@lab.example'}]"
    fields = {"Created": "22-11-2012 10:00", "Author": people, "Title": "x"}
    told = _form(ask, f"{where}/items(1)", fields, bNewDocumentUpdate=True)
    assert [one["HasException"] for one in told] == [False, False, False]
    item = ask.get(f"{where}/items(1)?$select=Created,Title,Author/Title&$expand=Author").json
    assert item["Created"] == "2012-11-22T09:00:00Z"
    assert item["Author"]["Title"] == "bob@lab.example"
    assert ask.list("Things").item(1).label == "1.0"


def test_a_form_that_makes_a_version_says_itself_who_and_when(ask: Asker) -> None:
    where = _new_list(ask)
    ask.post(f"{where}/items", {"Title": "one"})
    ask.clock.move(seconds=60)
    _form(ask, f"{where}/items(1)", {"Title": "two", "Modified": "11/22/2012 10:00 AM"})
    told = ask.get(f"{where}/items(1)?$select=Modified,OData__UIVersionString").json
    assert told["OData__UIVersionString"] == "2.0"
    assert told["Modified"] == f"{ask.clock.now():%Y-%m-%dT%H:%M:%SZ}"
    _form(ask, f"{where}/items(1)", {"Modified": "11/22/2012 10:00 AM"}, bNewDocumentUpdate=True)
    told = ask.get(f"{where}/items(1)?$select=Modified,OData__UIVersionString").json
    assert told == {"Modified": "2012-11-22T10:00:00Z", "OData__UIVersionString": "2.0"}


def test_one_bad_field_of_a_form_is_told_inside_a_200_and_nothing_is_kept(ask: Asker) -> None:
    where = _new_list(ask)
    ask.post(f"{where}/items", {"Title": "one"})
    fields = {"Title": "two", "Created": "2012-11-22T09:00:00Z"}
    good, bad = _form(ask, f"{where}/items(1)", fields, bNewDocumentUpdate=True)
    assert (good["ErrorCode"], good["HasException"]) == (0, False)
    assert (bad["ErrorCode"], bad["HasException"]) == (-2146232832, True)
    assert "1/1/1900" in bad["ErrorMessage"]
    assert ask.get(f"{where}/items(1)").json["Title"] == "one"


def test_utc_in_a_form_is_beyond_servers_on_premises(profiled: Profiled) -> None:
    for profile, status in (("2016", 400), ("se", 400), ("online", 200)):
        ask = profiled(profile)
        where = _new_list(ask)
        ask.post(f"{where}/items", {"Title": "one"})
        body = {"formValues": [], "datesInUTC": True}
        answer = ask.post(f"{where}/items(1)/ValidateUpdateListItem", body)
        assert answer.status == status
        if status == 400:
            assert "The parameter datesInUTC does not exist" in answer.body.decode()


def test_every_kind_of_value_is_taken_from_a_form(ask: Asker) -> None:
    where = _new_list(ask)
    of, ann = ask.list("Things"), ask.ann
    term = ask.collection.terms.add_set("Colours", "red").terms[0]
    for name, kind in {
        "N": "Number", "B": "Boolean", "U": "URL", "M": "MultiChoice", "P": "UserMulti",
        "T": "TaxonomyFieldType", "O": "Note",
    }.items():  # fmt: skip
        mult = ' Mult="TRUE"' if kind.endswith("Multi") else ""
        of.parse_field(f'<Field Type="{kind}" Name="{name}" DisplayName="{name}"{mult} />', by=ann)
    lookup = (
        f'<Field Type="Lookup" Name="L" DisplayName="L" List="{{{of.id}}}" ShowField="Title" />'
    )
    of.parse_field(lookup, by=ann)
    of.add_item({"Title": "target"}, by=ann)
    of.add_item({"Title": "one"}, by=ann)
    fields = {
        "N": "1,234.5",
        "B": "1",
        "U": "https://x.example/1,,2, said, so",
        "M": "a;#b",
        "P": '[{"Key":"i:0#.f|membership|ann@lab.example"}]',
        "T": f"red|{term.id};",
        "O": "text",
        "L": "1;#target",
    }
    told = _form(ask, f"{where}/items(2)", fields)
    assert [one["ErrorMessage"] for one in told] == [None] * 8
    item = ask.get(f"{where}/items(2)").json
    assert (item["N"], item["B"], item["LId"], item["M"]) == (1234.5, True, 1, ["a", "b"])
    assert item["U"] == {"Url": "https://x.example/1,2", "Description": "said, so"}
    assert (item["PId"], item["T"]["TermGuid"]) == ([ann], term.id)
    for name, value in {"N": "x", "L": "99", "P": '[{"Key":', "T": "red", "U": "x"}.items():
        (bad,) = _form(ask, f"{where}/items(2)", {name: value})
        assert bad["HasException"], name


def test_an_item_is_made_in_a_folder_by_a_form(ask: Asker) -> None:
    where = _new_list(ask)
    folder = {
        "listItemCreateInfo": {
            "FolderPath": {"DecodedUrl": "https://localhost:1/sites/a/Lists/Things"},
            "LeafName": {"DecodedUrl": "F"},
            "UnderlyingObjectType": 1,
        },
        "formValues": [],
    }
    made = ask.post(f"{where}/AddValidateUpdateItemUsingPath()", folder)
    assert made.value[-1]["FieldName"] == "Id"
    path = {"FolderPath": {"DecodedUrl": "/sites/a/Lists/Things/F"}, "UnderlyingObjectType": 0}
    form = [{"FieldName": "Title", "FieldValue": "inside"}]
    ask.post(
        f"{where}/AddValidateUpdateItemUsingPath()",
        {"listItemCreateInfo": path, "formValues": form},
    )
    told = ask.get(f"{where}/items(2)?$select=FileDirRef,Title").json
    assert told == {"FileDirRef": "/sites/a/Lists/Things/F", "Title": "inside"}


def test_files_are_put_whole_and_their_names_may_have_any_sign(ask: Asker) -> None:
    put = f"{_DOCS}/Files/AddUsingPath(decodedurl='100%25 %23.txt',overwrite=false)"
    assert ask.post(put, b"one").json["ServerRelativeUrl"].endswith("/100% #.txt")
    again = ask.post(put, b"two")
    assert (again.status, again.code) == (400, "-2130575257")
    assert ask.post(put.replace("false", "true"), b"two").json["UIVersionLabel"] == "2.0"
    name = _FILE.format("100%25 %23.txt")
    assert ask("PUT", f"{name}/$value", b"three").status == 204
    assert ask.get(f"{name}/$value").body == b"three"


def test_a_file_is_put_in_pieces_that_must_fit(ask: Asker, profiled: Profiled) -> None:
    ask.post(f"{_DOCS}/Files/AddStubUsingPath(decodedurl='a.bin')")
    name, upload = _FILE.format("a.bin"), "uploadId=guid'0f0c2a5e-3b7e-4d63-8d7c-52e0a1b2c3d4'"
    assert ask.post(f"{name}/StartUpload({upload})", b"abc").json == {"value": "3"}
    gone = ask.post(f"{name}/ContinueUpload({upload},fileOffset=2)", b"def")
    assert gone.status == 400
    verbose = ask.post(f"{name}/ContinueUpload({upload},fileOffset=3)", b"def", form="verbose")
    assert verbose.json == {"d": {"ContinueUpload": "6"}}
    done = ask.post(f"{name}/FinishUpload({upload},fileOffset=6)", b"g")
    assert done.json["Length"] == "7"
    assert ask.get(f"{name}/$value").body == b"abcdefg"
    assert ask.post(f"{name}/FinishUpload({upload},fileOffset=7)", b"").status == 404
    old = profiled("2013")
    old.list("Documents").upload("a.bin", b"", by=old.ann)
    by_url = "web/GetFileByServerRelativeUrl('/sites/a/Shared Documents/a.bin')"
    assert old.post(f"{by_url}/StartUpload({upload})", b"abc").status == 404


def test_a_file_that_somebody_else_has_out_is_locked(ask: Asker) -> None:
    docs = ask.list("Documents")
    item = docs.upload("a.txt", b"one", by=ask.ann)
    bob = ask.collection.principals.ensure_user(ask.face.content.login("bob@lab.example"))
    assert item.file is not None
    item.file.check_out = CheckOut(user_id=bob.id, since=ask.collection.now())
    name = _FILE.format("a.txt")
    refused = ask("PUT", f"{name}/$value", b"two")
    assert (refused.status, refused.code) == (423, "-2147018894")
    assert ask.post(f"{name}/UndoCheckOut()").json == {"odata.null": True}
    assert ask.post(f"{name}/CheckOut()").status == 200
    ask("PUT", f"{name}/$value", b"two")
    assert ask.post(f"{name}/CheckIn(comment='done',checkintype=1)").status == 200
    told = ask.get(name).json
    assert (told["CheckInComment"], told["UIVersionLabel"], told["CheckOutType"]) == (
        "done",
        "2.0",
        2,
    )


def test_drafts_are_published_and_approved(ask: Asker) -> None:
    docs = ask.list("Documents")
    docs.change_settings(by=ask.ann, has_minor_versions=True, has_moderation=True)
    docs.upload("a.txt", b"one", by=ask.ann)
    name = _FILE.format("a.txt")
    assert ask.get(name).json["UIVersionLabel"] == "0.1"
    assert ask.post(f"{name}/Publish(comment='x')").status == 200
    assert ask.post(f"{name}/Approve(comment='y')").status == 200
    told = ask.get(f"{name}/ListItemAllFields?$select=OData__ModerationStatus").json
    assert told == {"OData__ModerationStatus": 0}


def test_folders_and_attachments_are_made(ask: Asker) -> None:
    made = ask.post(f"{_DOCS}/Folders/AddUsingPath(decodedurl='F 1')")
    assert made.json["ServerRelativeUrl"] == "/sites/a/Shared Documents/F 1"
    assert (
        ask.post("web/folders", {"ServerRelativeUrl": "/sites/a/Shared Documents/F 1/G"}).status
        == 201
    )
    where = _new_list(ask)
    ask.post(f"{where}/items", {"Title": "x"})
    add = f"{where}/items(1)/AttachmentFiles/add(FileName='a b.txt')"
    assert ask.post(add, b"bytes").json["FileName"] == "a b.txt"
    assert ask.get("/sites/a/Lists/Things/Attachments/1/a%20b.txt").body == b"bytes"
    assert ask.delete(f"{where}/items(1)/AttachmentFiles('a b.txt')").status == 200


def test_permissions_are_broken_given_and_put_back(ask: Asker) -> None:
    where = _new_list(ask)
    bob = ask.post("web/ensureuser", {"logonName": "i:0#.f|membership|bob@lab.example"}).json["Id"]
    assign = f"{where}/roleassignments/addroleassignment(principalid={bob},roledefid=1073741826)"
    assert ask.post(assign).status == 500
    broken = ask.post(
        f"{where}/breakroleinheritance(copyRoleAssignments=false,clearSubscopes=true)"
    )
    assert broken.json == {"odata.null": True}
    assert ask.post(assign).status == 200
    told = ask.get(f"{where}/roleassignments({bob})?$expand=RoleDefinitionBindings").json
    assert told["RoleDefinitionBindings"][0]["Name"] == "Read"
    assert ask.post(f"{where}/resetroleinheritance").status == 200
    assert ask.get(f"{where}?$select=HasUniqueRoleAssignments").json == {
        "HasUniqueRoleAssignments": False
    }
    role = {"Name": "Mine", "BasePermissions": {"High": "0", "Low": "65"}, "Order": 1}
    assert ask.post("web/roledefinitions", role).status == 201
    group = ask.post("web/sitegroups", {"Title": "Crew"}).json["Id"]
    member = {"LoginName": "i:0#.f|membership|bob@lab.example"}
    assert ask.post(f"web/sitegroups({group})/users", member).status == 201
    assert [one["Id"] for one in ask.get(f"web/sitegroups({group})/users").value] == [bob]


def test_somebody_who_left_cannot_be_ensured(ask: Asker) -> None:
    ask.face.content.gone.add("i:0#.f|membership|old@lab.example")
    refused = ask.post("web/ensureuser", {"logonName": "i:0#.f|membership|old@lab.example"})
    assert (refused.status, refused.code) == (400, "-2146232832")


def test_views_content_types_navigation_and_features_are_written(ask: Asker) -> None:
    where = _new_list(ask)
    view = ask.post(f"{where}/views", {"Title": "Mine", "RowLimit": 7}).json
    views = f"{where}/views(guid'{view['Id']}')"
    assert ask.post(f"{views}/viewfields/addviewfield('Modified')").status == 200
    xml = (
        "<View><Query><OrderBy><FieldRef Name='ID'/></OrderBy></Query><RowLimit>9</RowLimit></View>"
    )
    assert ask.post(f"{views}/SetViewXml", {"viewXml": xml}).status == 200
    assert ask.get(f"{views}?$select=RowLimit").json == {"RowLimit": 9}
    number = "0x0100" + "AB" * 16
    made = ask.post("web/contenttypes", {"Id": {"StringValue": number}, "Name": "Kind"})
    assert made.json["StringId"] == number
    added = ask.post(f"{where}/contenttypes/addAvailableContentType", {"contentTypeId": number})
    assert added.json["StringId"].startswith(number)
    node = ask.post("web/navigation/QuickLaunch", {"Title": "Here", "Url": "/sites/a"}).json
    below = f"web/navigation/GetNodeById({node['Id']})/Children"
    assert ask.post(below, {"Title": "Below", "Url": "/sites/a/x"}).status == 201
    assert [one["Title"] for one in ask.get(below).value] == ["Below"]
    feature = "00bfea71-4ea5-48d4-a4ad-305cf7030140"
    assert ask.post(f"web/features/add('{feature}')").status == 200
    assert feature in {one["DefinitionId"] for one in ask.get("web/features").value}


def test_what_is_deleted_comes_back_out_of_the_bin(ask: Asker) -> None:
    where = _new_list(ask)
    ask.post(f"{where}/items", {"Title": "x"})
    number = ask.post(f"{where}/items(1)/recycle").json["value"]
    assert [one["Id"] for one in ask.get("web/recyclebin").value] == [number]
    assert ask.post(f"web/recyclebin('{number}')/restore").status == 200
    assert ask.get(f"{where}/items(1)").json["Title"] == "x"
    second = ask.post(f"{where}/recycle").json["value"]
    assert ask.post(f"site/recyclebin('{second}')/movetosecondstage").status == 200
    assert ask.get("web/recyclebin").value == []
    assert ask.get("site/recyclebin").value[0]["ItemState"] == 2


def test_a_web_is_made_and_deleted_below_another(ask: Asker) -> None:
    body = {"parameters": {"Url": "new", "Title": "New", "UseSamePermissionsAsParentSite": False}}
    assert ask.post("web/webs/add", body).json["ServerRelativeUrl"] == "/sites/a/new"
    below = f"{SITE}/new"
    assert ask.get("web?$select=HasUniqueRoleAssignments", site=below).json == {
        "HasUniqueRoleAssignments": True
    }
    assert ask.merge("web", {"Title": "Newer"}, site=below).status == 204
    assert ask.delete("web", site=below).status == 200
    assert ask.get("web", site=below).status == 404


def test_a_site_is_made_found_deleted_and_its_address_is_taken_for_a_while(ask: Asker) -> None:
    url = "https://localhost:1/sites/new"
    request = {"request": {"Title": "New", "Url": url, "WebTemplate": "STS#3"}}

    def asked(path: str, body: object) -> Any:
        return ask.post(path, body, site="").json

    assert asked("SP.Site.Exists", {"url": url}) == {"value": False}
    made = asked("SPSiteManager/create", request)
    assert (made["SiteStatus"], made["SiteUrl"]) == (2, url)
    assert asked("SP.Site.Exists", {"url": url}) == {"value": True}
    assert ask.get("site?$select=Id", site="/sites/new").json == {"Id": made["SiteId"]}
    told = ask.get(f"SPSiteManager/status?url='{url}'", site="").json
    assert told == made
    assert asked("SPSiteManager/create", request)["SiteStatus"] == 4
    assert asked("SPSiteManager/delete", {"siteId": made["SiteId"]}) == {"odata.null": True}
    assert ask.get("web", site="/sites/new").status == 404
    assert asked("SPSiteManager/create", request)["SiteStatus"] == 4


def test_modern_pages_are_made_saved_and_published(ask: Asker) -> None:
    made = ask.post("sitepages/pages", {"PageLayoutType": "Article", "PromotedState": 0})
    assert made.status == 201
    page = f"sitepages/pages({made.json['Id']})"
    assert made.json["IsPageCheckedOutToCurrentUser"]
    content = {"Title": "Hello World", "CanvasContent1": "[]", "LayoutWebpartsContent": "[]"}
    assert ask.merge(f"{page}/savepage", content).status == 200
    assert ask.post(f"{page}/publish").json == {"value": True}
    told = ask.get(page).json
    assert (told["FileName"], told["Version"], told["CanvasContent1"]) == (
        "Hello-World.aspx",
        "1.0",
        "[]",
    )


def test_nothing_is_written_without_a_digest_that_is_fresh(ask: Asker) -> None:
    assert ask.post("web/lists", {"Title": "X"}, signs=False).code == "-2130575251"
    digest = ask.post("contextinfo", signs=False).json["FormDigestValue"]
    body = {"Title": "X", "BaseTemplate": 100}
    assert ask.post("web/lists", body, signs=False, x_requestdigest=digest).status == 201
    ask.clock.move(seconds=1800)
    late = ask.post("web/lists", body, signs=False, x_requestdigest=digest)
    assert (late.status, late.code) == (403, "-2130575252")


def test_readers_and_locked_sites_refuse_writers(ask: Asker) -> None:
    ask.collection.is_read_only = True
    refused = ask.post("web/lists", {"Title": "X", "BaseTemplate": 100})
    assert (refused.status, refused.code) == (403, "-2147024891")
    assert ask.get("site?$select=ReadOnly").json == {"ReadOnly": True}
    ask.collection.is_read_only = False
    site = ask.farm.site_of(SITE)
    assert site is not None
    site.members = {ask.login: Level.READ}
    assert ask.post("web/lists", {"Title": "X", "BaseTemplate": 100}).status == 403
    assert ask.get("web").status == 200
    ask.collection.is_locked = True
    assert ask.get("web").status == 403


def test_a_server_that_is_asked_too_much_says_until_when(ask: Asker) -> None:
    throttle = ask.face.rest.throttle
    throttle.planned = deque([Busy(status=503, wait_s=None), Busy(status=429, wait_s=7)])
    busy, wait = ask.get("web"), ask.get("web")
    assert (busy.status, "Retry-After" in busy.headers) == (503, False)
    assert (wait.status, wait.headers["Retry-After"]) == (429, "7")
    throttle.limit = 10
    answers = [ask.get("web") for _ in range(6)]
    assert [one.status for one in answers] == [200] * 5 + [429]
    assert ["RateLimit-Remaining" in one.headers for one in answers] == [False] * 3 + [True] * 3
    assert int(answers[-1].headers["RateLimit-Reset"]) > 0
    ask.clock.move(seconds=60)
    assert ask.get("web").status == 200


def test_writers_are_told_of_in_the_change_log(ask: Asker) -> None:
    where = _new_list(ask)
    before = len(ask.collection.log)
    ask.post(f"{where}/items", {"Title": "x"})
    ask.post(f"{where}/items(1)/breakroleinheritance(copyRoleAssignments=true)")
    token = ask.collection.log
    kinds = [one.type for one in list(token._changes)[before:]]
    assert kinds == [ChangeType.ADD, ChangeType.SCOPE_ADD]


@pytest.mark.parametrize("body", [b"{", b"[1]", b'{"a":' * 2000])
def test_what_is_no_json_is_refused_as_a_bad_question(ask: Asker, body: bytes) -> None:
    answer = ask.post("web/lists", body, content_type="application/json;odata=nometadata")
    assert answer.status == 400


def test_times_that_move_are_those_of_the_lab_s_clock(ask: Asker) -> None:
    where = _new_list(ask)
    ask.clock.move(seconds=3600)
    made = ask.post(f"{where}/items", {"Title": "x"}).json
    read = datetime.fromisoformat(made["Created"])
    assert abs(read - ask.clock.now().astimezone(UTC)) < timedelta(seconds=1)
