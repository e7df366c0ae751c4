"""Folders over EWS: the tree as a follower sees it, their properties and their rights."""

from __future__ import annotations

from base64 import b64decode
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.content import tags
from strongroom.content.message import Message
from strongroom.lab.estate.estate import Estate
from strongroom.lab.estate.folder import Folder
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.estate.refusals import FolderExists, NotAllowed
from strongroom.lab.exchange import ids
from strongroom.lab.exchange.face import ExchangeFace
from strongroom.lab.quirks import Quirks
from tests.fakes.face_client import NS, FaceClient, folder_ref, sync_hierarchy, text
from tests.fakes.hand_clock import HandClock
from tests.fakes.lab_people import ANN, BEN


def _get(*references: str, more: str = "") -> str:
    properties = f"<t:AdditionalProperties>{more}</t:AdditionalProperties>" if more else ""
    shape = f"<m:FolderShape><t:BaseShape>AllProperties</t:BaseShape>{properties}</m:FolderShape>"
    return f"<m:GetFolder>{shape}<m:FolderIds>{''.join(references)}</m:FolderIds></m:GetFolder>"


def _tag(tag: str, kind: str) -> str:
    return f'<t:ExtendedFieldURI PropertyTag="{tag}" PropertyType="{kind}"/>'


def _follow(client: FaceClient, known: dict[str, str], state: str) -> str:
    message = client.message(sync_hierarchy(state))
    changes = message.find("m:Changes", NS)
    assert changes is not None
    for change in changes:
        reference = change.find(".//t:FolderId", NS)
        assert reference is not None
        folder_id = str(reference.get("Id"))
        if str(change.tag).endswith("Delete"):
            del known[folder_id]
        else:
            assert (folder_id in known) == str(change.tag).endswith("Update")
            known[folder_id] = text(change, ".//t:DisplayName")
    return text(message, "m:SyncState")


_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["make", "rename", "move", "delete", "sync"]),
        st.integers(0, 30),
        st.integers(0, 30),
    ),
    max_size=30,
)


@settings(max_examples=40, deadline=None)
@given(_STEPS)
def test_whoever_follows_the_hierarchy_knows_the_tree(steps: list[tuple[str, int, int]]) -> None:
    estate = Estate(clock=HandClock(datetime(2026, 3, 2, tzinfo=UTC)), seed=1)
    mailbox = estate.add_mailbox(ANN, "Ann", password="a")
    client = FaceClient(ExchangeFace(estate), ANN, "a")
    top = mailbox.folder_by_role("msgfolderroot")
    known: dict[str, str] = {}
    state = ""
    for number, (step, one, two) in enumerate(steps):
        # "Common Views" lies beside the top, so folders also leave the tree and come back to it.
        places = [top, mailbox.root.children[0], *top.descendants()]
        places += mailbox.root.children[0].descendants()
        folder, other = places[one % len(places)], places[two % len(places)]
        if step == "sync":
            state = _follow(client, known, state)
        else:
            _do(mailbox, step, folder, other, f"folder {number}")
    _follow(client, known, state)
    assert known == {ids.folder_id(one): one.name for one in top.descendants()}


def _do(mailbox: Mailbox, step: str, folder: Folder, other: Folder, name: str) -> None:
    try:
        if step == "make":
            mailbox.add_folder(folder, name)
        elif step == "rename":
            mailbox.change_folder(folder, name=name)
        elif step == "move":
            mailbox.move_folder(folder, other)
        else:
            mailbox.delete_folder(folder)
    except (NotAllowed, FolderExists):
        return


def test_one_request_tells_how_folders_stand(
    ann: FaceClient, mailbox: Mailbox, clock: HandClock
) -> None:
    inbox = mailbox.folder_by_role("inbox")
    clock.move(minutes=3)
    gone = inbox.add_item(Message({tags.PidTagSubject: "gone"}))
    inbox.add_item(Message({tags.PidTagSubject: "here", tags.PidTagMessageFlags: 0}))
    inbox.add_item(Message({tags.PidTagSubject: "hidden"}), is_associated=True)
    inbox.remove_item(gone)
    wanted = {
        "0x3602": ("Integer", "1"),
        "0x3617": ("Integer", "1"),
        "0x3603": ("Integer", "1"),
        "0x670A": ("SystemTime", "2026-03-02T09:03:00Z"),
        "0x670B": ("Integer", "1"),
        "0x3601": ("Integer", "1"),
        "0x10F4": ("Boolean", "false"),
        "0x0E08": ("Integer", str(inbox.bytes_used)),
    }
    more = "".join(_tag(tag, kind) for tag, (kind, _) in wanted.items())
    message = ann.message(_get(folder_ref("inbox"), more=more))
    told = {
        str(path.get("PropertyTag")): text(one, "t:Value")
        for one in message.iterfind(".//t:ExtendedProperty", NS)
        if (path := one.find("t:ExtendedFieldURI", NS)) is not None
    }
    assert told == {hex(int(tag, 16)): value for tag, (_, value) in wanted.items()}
    assert text(message, ".//t:DistinguishedFolderId") == "inbox"


def test_the_roots_entry_id_holds_the_mailbox_guid(ann: FaceClient, mailbox: Mailbox) -> None:
    message = ann.message(_get(folder_ref("root"), more=_tag("0x0FFF", "Binary")))
    entry = b64decode(text(message, ".//t:ExtendedProperty/t:Value"))
    assert len(entry) == 46
    assert entry[4:20] == mailbox.guid.bytes_le


def test_the_archive_is_a_mailbox_of_its_own(ann: FaceClient, mailbox: Mailbox) -> None:
    assert mailbox.archive is not None
    message = ann.message(_get(folder_ref("archiveinbox"), more=_tag("0x0FFF", "Binary")))
    entry = b64decode(text(message, ".//t:ExtendedProperty/t:Value"))
    assert entry[4:20] == mailbox.archive.guid.bytes_le != mailbox.guid.bytes_le
    assert text(message, ".//t:DistinguishedFolderId") == "archiveinbox"


def test_permissions_are_written_and_read_back(ann: FaceClient, mailbox: Mailbox) -> None:
    who = f"<t:UserId><t:PrimarySmtpAddress>{BEN}</t:PrimarySmtpAddress></t:UserId>"
    entry = f"<t:Permission>{who}<t:PermissionLevel>Editor</t:PermissionLevel></t:Permission>"
    new = (
        "<t:Folder><t:DisplayName>shared</t:DisplayName><t:PermissionSet><t:Permissions>"
        f"{entry}</t:Permissions></t:PermissionSet></t:Folder>"
    )
    ann.post(
        f"<m:CreateFolder><m:ParentFolderId>{folder_ref('inbox')}</m:ParentFolderId>"
        f"<m:Folders>{new}</m:Folders></m:CreateFolder>"
    )
    (folder,) = mailbox.folder_by_role("inbox").children
    more = '<t:FieldURI FieldURI="folder:PermissionSet"/>'
    message = ann.message(_get(f'<t:FolderId Id="{ids.folder_id(folder)}"/>', more=more))
    levels = [one.text for one in message.iterfind(".//t:PermissionLevel", NS)]
    assert levels == ["Editor", "None", "None"]
    assert text(message, ".//t:PrimarySmtpAddress") == BEN


def test_a_search_folder_is_shown_as_one_and_not_synchronised(
    ann: FaceClient, mailbox: Mailbox
) -> None:
    body = (
        f"<m:CreateFolder><m:ParentFolderId>{folder_ref('searchfolders')}</m:ParentFolderId>"
        "<m:Folders><t:SearchFolder><t:DisplayName>unread</t:DisplayName></t:SearchFolder>"
        "</m:Folders></m:CreateFolder>"
    )
    assert ann.codes(body) == ["NoError"]
    (made,) = mailbox.folder_by_role("searchfolders").children
    message = ann.message(_get(f'<t:FolderId Id="{ids.folder_id(made)}"/>'))
    assert message.find(".//t:SearchFolder", NS) is not None


def test_a_server_may_leave_the_root_out_and_lack_folders(
    face: ExchangeFace, ann: FaceClient
) -> None:
    face.quirks = Quirks(without_root_folder=True, unknown_folders={"conversationhistory"})
    shape = "<m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape>"
    parent = f"<m:ParentFolderIds>{folder_ref('drafts')}</m:ParentFolderIds>"
    body = f'<m:FindFolder Traversal="Shallow">{shape}{parent}</m:FindFolder>'
    assert ann.message(body).find("m:RootFolder", NS) is None
    assert ann.codes(_get(folder_ref("conversationhistory"))) == ["ErrorFolderNotFound"]
