"""Odd corners: hostile names, mail that waits to be sent, public folders, a shared calendar."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from strongroom.content import tags
from strongroom.content.message import FileTime
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.estate.words import Permission
from strongroom.lab.seed import contacts, files, hidden, hostile, mail, personal
from strongroom.lab.seed.files import File
from strongroom.lab.seed.people import Person
from strongroom.lab.seed.stage import Cast, Stage, folder_at

_PUBLIC_POSTS = 14


def fill(stage: Stage, cast: Cast) -> None:
    """Fill them all; the first user gets the hostile names and the waiting mail."""
    first = cast.users[0]
    mailbox = stage.mailbox(first)
    _hostile(stage, cast, first, mailbox)
    _waiting(stage, cast, first, mailbox)
    _public_folders(stage, cast)
    shared = stage.mailbox(cast.shared)
    shared.full_access.update(user.address for user in cast.users)
    _gone(stage, cast)


def _hostile(stage: Stage, cast: Cast, owner: Person, mailbox: Mailbox) -> None:
    rng = stage.rng
    folders = [folder_at(mailbox, path) for path in hostile.FOLDER_PATHS]
    for number, subject in enumerate(hostile.SUBJECTS):
        sender = rng.choice(cast.outsiders)
        letter = mail.write(rng, sender, (owner,), stage.past(1, 100))
        copy = mail.copy(rng, replace(letter, subject=subject), owner, mail.RECEIVED)
        stage.put(folders[number % len(folders)], copy)
    hung = tuple(
        File(name=name, mime_type="text/plain", data=b"Nothing to see here.\r\n")
        for name in hostile.FILE_NAMES
    )
    letter = mail.write(rng, cast.outsiders[0], (owner,), stage.past(1, 100), subject="Files")
    copy = mail.copy(rng, replace(letter, files=hung), owner, mail.RECEIVED)
    stage.put(mailbox.folder_by_role("inbox"), copy)


def _waiting(stage: Stage, cast: Cast, owner: Person, mailbox: Mailbox) -> None:
    """A mail in the outbox, to be sent later: restored as it is, it would go out again."""
    letter = mail.write(stage.rng, owner, (cast.outsiders[1],), stage.now - timedelta(hours=1))
    copy = mail.copy(stage.rng, letter, owner, mail.DRAFT)
    copy.properties[tags.PidTagMessageFlags] = (
        tags.FLAG_READ | tags.FLAG_UNSENT | tags.FLAG_SUBMITTED
    )
    copy.properties[tags.PidTagDeferredSendTime] = FileTime.from_datetime(
        stage.now + timedelta(days=2)
    )
    stage.put(mailbox.folder_by_role("outbox"), copy)


def _public_folders(stage: Stage, cast: Cast) -> None:
    rng, tree = stage.rng, stage.estate.public_folders
    # Everybody sees the tree; what is made below takes over the rights of what it is made in.
    tree.root.permissions.append(_author("Default"))
    notices = tree.add_folder(tree.root, "Notices", "IPF.Note")
    works = tree.add_folder(notices, "Works council", "IPF.Note")
    suppliers = tree.add_folder(tree.root, "Supplier cards", "IPF.Contact")
    tree.add_folder(suppliers, "../climbing out", "IPF.Contact")
    for number in range(_PUBLIC_POSTS):
        writer = rng.choice(cast.users)
        stage.put((notices, works)[number % 2], personal.post(rng, writer, stage.past(1, 170)))
    for person in rng.sample(cast.outsiders, 4):
        stage.put(suppliers, contacts.contact(rng, person, stage.past(20, 90), has_photo=False))
    view = hidden.named_view(rng, "By company", stage.past(100, 170))
    stage.put(suppliers, view, is_associated=True)


def _author(user: str) -> Permission:
    return Permission(
        user=user,
        can_create_items=True,
        is_folder_visible=True,
        edit_items="Owned",
        delete_items="Owned",
        read_items="FullDetails",
        level="Author",
    )


def _gone(stage: Stage, cast: Cast) -> None:
    """Who left has little in the mailbox but years of mail: make it worth a backup."""
    rng = stage.rng
    mailbox = stage.mailbox(cast.former)
    for _ in range(40):
        letter = mail.write(rng, rng.choice(cast.outsiders), (cast.former,), stage.past(90, 700))
        if rng.random() < 0.2:
            picture = File(name="site.png", mime_type="image/png", data=files.png(rng, width=320))
            letter = replace(letter, files=(picture,))
        folder = folder_at(mailbox, ("Handover", f"{letter.sent:%Y}"))
        stage.put(folder, mail.copy(rng, letter, cast.former, mail.RECEIVED))
