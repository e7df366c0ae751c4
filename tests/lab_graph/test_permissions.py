"""Each permission opens what it is for, and no more."""

from __future__ import annotations

import pytest

from strongroom.lab.entra.tenant import Tenant
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.graph.face import GraphFace
from tests.lab_graph.client import Asker
from tests.lab_graph.conftest import Make
from tests.lab_graph.letters import fill

USER = "/users/ann@lab.example"
# Each question, and the permissions of which one is enough.
ASKED: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("GET", f"{USER}/settings/exchange", ("User.Read.All",)),
    ("GET", "folders", ("MailboxFolder.Read.All", "MailboxFolder.ReadWrite.All")),
    ("GET", "folders/inbox", ("MailboxFolder.Read.All", "MailboxFolder.ReadWrite.All")),
    ("GET", "folders/delta", ("MailboxFolder.Read.All", "MailboxFolder.ReadWrite.All")),
    (
        "GET",
        "folders/inbox/childFolders",
        ("MailboxFolder.Read.All", "MailboxFolder.ReadWrite.All"),
    ),
    ("POST", "folders", ("MailboxFolder.ReadWrite.All",)),
    ("PATCH", "folders/inbox", ("MailboxFolder.ReadWrite.All",)),
    ("DELETE", "folders/inbox", ("MailboxFolder.ReadWrite.All",)),
    ("GET", "folders/inbox/items", ("MailboxItem.Read.All", "MailboxItem.ReadWrite.All")),
    ("GET", "folders/inbox/items/delta", ("MailboxItem.Read.All", "MailboxItem.ReadWrite.All")),
    ("GET", "folders/inbox/items/x", ("MailboxItem.Read.All", "MailboxItem.ReadWrite.All")),
    ("DELETE", "folders/inbox/items/x", ("MailboxItem.ReadWrite.All",)),
    ("POST", "exportItems", ("MailboxItem.Export.All", "MailboxItem.ImportExport.All")),
    ("POST", "createImportSession", ("MailboxItem.ImportExport.All",)),
    ("GET", f"{USER}/mailboxSettings", ("MailboxSettings.Read", "MailboxSettings.ReadWrite")),
    ("PATCH", f"{USER}/mailboxSettings", ("MailboxSettings.ReadWrite",)),
    (
        "GET",
        f"{USER}/mailFolders/inbox/messageRules",
        ("MailboxSettings.Read", "MailboxSettings.ReadWrite"),
    ),
    ("POST", f"{USER}/mailFolders/inbox/messageRules", ("MailboxSettings.ReadWrite",)),
    (
        "GET",
        f"{USER}/outlook/masterCategories",
        ("MailboxSettings.Read", "MailboxSettings.ReadWrite"),
    ),
    ("POST", f"{USER}/outlook/masterCategories", ("MailboxSettings.ReadWrite",)),
)
EVERY = (
    "User.Read.All",
    "MailboxFolder.Read.All",
    "MailboxFolder.ReadWrite.All",
    "MailboxItem.Read.All",
    "MailboxItem.ReadWrite.All",
    "MailboxItem.Export.All",
    "MailboxItem.ImportExport.All",
    "MailboxSettings.Read",
    "MailboxSettings.ReadWrite",
)


@pytest.mark.parametrize("role", EVERY)
def test_a_permission_opens_what_it_is_for(role: str, asker: Make) -> None:
    one = asker(role)
    for method, path, enough in ASKED:
        told = one.ask(method, one.place(path), {} if method in {"POST", "PATCH"} else None)
        is_refused = told.status == 403 and told.code.endswith(("AccessDenied", "RequestDenied"))
        # A known folder may not be renamed or deleted by anybody, and says so otherwise.
        assert is_refused == (role not in enough), f"{method} {path} with {role}: {told.status}"


@pytest.mark.parametrize("role", [one for one in EVERY if one != "User.Read.All"])
def test_a_persons_scope_opens_the_same_of_their_own_mailbox(
    role: str, signed_in: Make, ben: Mailbox
) -> None:
    scope = role.removesuffix(".All")
    one = signed_in(scope)
    for method, path, enough in ASKED[1:]:
        told = one.ask(method, one.place(path), {} if method in {"POST", "PATCH"} else None)
        is_refused = told.status == 403 and told.code.endswith(("AccessDenied", "RequestDenied"))
        assert is_refused == (role not in enough), f"{method} {path} with {scope}: {told.status}"
    other = signed_in(scope, mailbox=ben)
    for method, path, _ in ASKED[1:]:
        if not path.startswith("/"):
            told = other.ask(method, other.place(path), {} if method in {"POST", "PATCH"} else None)
            assert told.code == "403 ErrorAccessDenied"


def test_a_scope_opens_some_mailboxes(
    asker: Make, tenant: Tenant, ann: Mailbox, ben: Mailbox
) -> None:
    one = asker()
    app_id = next(iter(tenant.applications.values())).app_id
    tenant.reach.add_mailbox_scope(app_id, "Application MailboxItem.Export.All", [ann.address])
    fill(ann.folder_by_role("inbox"), 1)
    assert one.post("exportItems", {"itemIds": ["x"]}).status == 200
    one.mailbox = one.mailbox.replace(str(ann.guid), str(ben.guid))
    assert one.post("exportItems", {"itemIds": ["x"]}).code == "403 ErrorAccessDenied"


@pytest.mark.parametrize("mailbox", ["x", "MBX:x@y", "MBX:{guid}@{guid}", "MBX:{tenant}@{tenant}"])
def test_there_is_no_such_mailbox(
    mailbox: str, keeper: Asker, tenant: Tenant, ann: Mailbox
) -> None:
    keeper.mailbox = mailbox.format(guid=ann.guid, tenant=tenant.id)
    assert keeper.get("folders").code == "404 ErrorInvalidMailboxId"


def test_who_has_no_mailbox_here(keeper: Asker, tenant: Tenant, ann: Mailbox) -> None:
    user = tenant.user("ann@lab.example")
    assert user is not None
    user.has_mailbox = False
    assert keeper.get("folders").code == "404 MailboxNotEnabledForRESTAPI"
    assert keeper.get(f"{USER}/settings/exchange").code == "404 MailboxNotEnabledForRESTAPI"
    user.has_mailbox = True
    ann.role = "disabled"
    assert keeper.get("folders").code == "404 MailboxNotEnabledForRESTAPI"
    assert keeper.get("/users/nobody@lab.example/mailboxSettings").code == "404 ErrorInvalidUser"


def test_a_mailbox_that_the_estate_does_not_know_is_empty(keeper: Asker, tenant: Tenant) -> None:
    made = tenant.add_user("new@lab.example", "New", password="x")
    mailbox = keeper.get(f"/users/{made.upn}/settings/exchange").body["primaryMailboxId"]
    keeper.mailbox = mailbox
    assert keeper.get("folders/inbox").body["totalItemCount"] == 0


def test_a_session_outlives_the_permission_that_opened_it(
    asker: Make, tenant: Tenant, face: GraphFace
) -> None:
    """The address carries its own token: that is why it is a secret."""
    one = asker("MailboxItem.ImportExport.All", "MailboxFolder.Read.All")
    folder = one.get("folders/inbox").body["id"]
    url = one.post("createImportSession", None).body["importUrl"]
    tenant.role_assignments.clear()
    body = {"FolderId": folder, "Mode": "create", "Data": "AAAA"}
    assert one.import_item(url, body).code == "400 ErrorCorruptData"
    assert face.mail.requests["importItem"] == 1
