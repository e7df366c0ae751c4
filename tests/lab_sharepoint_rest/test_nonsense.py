"""Whatever is asked, the lab answers: a client's mistake must not look like the server's own."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.lab_sharepoint_rest.conftest import Asker

_STEPS = (
    "web", "lists", "getbytitle('Tasks')", "getbytitle('Documents')", "items", "items(1)",
    "items('x')", "items(guid'x')", "fields", "views", "versions", "versions(512)", "$value",
    "$count", "rootfolder", "files", "files('a.txt')", "folders", "roleassignments", "(1)",
    "roleassignments(3)", "member", "sitegroups", "sitegroups(3)", "users", "getbyid(99999999)",
    "getbyid", "site", "recyclebin", "navigation", "quicklaunch", "regionalsettings", "timezone",
    "fieldvaluesastext", "attachmentfiles", "parentlist", "file", "listitemallfields", "features",
    "getfilebyserverrelativeurl('/sites/a/Shared Documents/a.txt')", "getfilebyid('x')",
    "getlimitedwebpartmanager(scope=1)", "webparts", "sitepages", "pages", "currentchangetoken",
    "getchanges", "getitems", "renderlistdataasstream", "validateupdatelistitem", "ensureuser",
    "addroleassignment(principalid='x',roledefid=null)", "breakroleinheritance", "contextinfo",
    "search", "query", "add", "recycle", "createfieldasxml", "addvalidateupdateitemusingpath",
    "setviewxml", "checkin(comment='',checkintype=7)", "publish", "startupload(uploadid='x')",
    "finishupload(uploadid='x',fileoffset='y')", "contenttypes", "fieldlinks", "updateproperties",
    f"items({'9' * 5000})",
)  # fmt: skip
_QUERIES = (
    "", "$select=Id,*,Author/Title", "$expand=Author,Fields,RoleAssignments/Member",
    "$filter=Id eq 1 or startswith(Title,'x')", "$filter=Created gt 5", "$filter=Id gt 'x'",
    "$orderby=Title desc,Id", "$orderby=Fields", "$top=0", f"$skiptoken=p_ID={'9' * 5000}",
    "$filter=substringof(5,Id)", "$filter=Author eq 1", "$select=FieldValuesAsText/Title",
)  # fmt: skip
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**12) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ("query", "parameters", "ViewXml", "formValues", "FieldName", "FieldValue", "Title",
             "results", "ChangeTokenStart", "StringValue", "FetchLimit", "RowLimit", "Order",
             "BasePermissions", "High", "Low", "Id", "BaseTemplate", "Scope", "SchemaXml",
             "listItemCreateInfo", "FolderPath", "DecodedUrl", "AudienceIds", "properties", "Name",
             "ids", "TimeZone", "FieldTypeKind", "Choices", "Options", "Paging", "Url")
        ),
        inner,
        max_size=4,
    ),
    max_leaves=8,
)  # fmt: skip


def _filled(ask: Asker) -> None:
    ask.list("Documents").upload("a.txt", b"x", by=ask.ann)
    ask.list("Tasks").add_item({"Title": "x"}, by=ask.ann)


@pytest.mark.parametrize("seed", range(4))
def test_no_address_breaks_the_lab(ask: Asker, seed: int) -> None:
    _filled(ask)
    chance = random.Random(seed)
    for _ in range(150):
        steps = [chance.choice(_STEPS) for _ in range(chance.randint(1, 5))]
        where = "/".join(["web", "lists", *steps] if chance.random() < 0.5 else ["web", *steps])
        query = chance.choice(_QUERIES)
        method = chance.choice(("GET", "GET", "POST", "DELETE", "MERGE", "PUT"))
        form = chance.choice(("verbose", "minimalmetadata", "nometadata", "nonsense"))
        body = chance.choice((b"", b"{}", b"x", b'{"query":{}}'))
        answer = ask(method, f"{where}?{query}", body, form=form, content_type="application/json")
        assert ask.face.crashes == [], (method, where, query)
        assert answer.status in {200, 201, 204, 400, 403, 404, 405, 406, 409, 412, 423, 500}


_ADDRESSES = (
    "web/lists", "web/lists/getbytitle('Tasks')/items", "web/lists/getbytitle('Tasks')/getitems",
    "web/lists/getbytitle('Tasks')/renderlistdataasstream",
    "web/lists/getbytitle('Tasks')/getchanges",
    "web/lists/getbytitle('Tasks')/items(1)/validateupdatelistitem",
    "web/lists/getbytitle('Tasks')/addvalidateupdateitemusingpath",
    "web/lists/getbytitle('Tasks')/views", "web/lists/getbytitle('Tasks')/fields",
    "web/lists/getbytitle('Tasks')/fields/createfieldasxml", "web/roledefinitions",
    "web/sitegroups", "web/contenttypes", "web/navigation/quicklaunch", "web/updateproperties",
    "web/recyclebin/restorebyids", "web/webs/add", "web/ensureuser", "sitepages/pages",
    "site/getchanges",
)  # fmt: skip


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    where=st.sampled_from(_ADDRESSES),
    body=st.dictionaries(
        st.sampled_from(
            ("query", "parameters", "formValues", "Title", "Id", "Order", "Name", "RowLimit",
             "BasePermissions", "ids", "properties", "listItemCreateInfo", "logonName")
        ),
        _JSON,
        max_size=5,
    ),
)  # fmt: skip
def test_no_body_breaks_the_lab(ask: Asker, where: str, body: dict[str, object]) -> None:
    if ask.list("Tasks").next_id == 1:
        _filled(ask)
    answer = ask.post(where, body)
    assert ask.face.crashes == [], (where, body)
    assert answer.status < 600
