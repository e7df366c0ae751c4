"""Who wrote to whom in the last half year, and where each one put the copy."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from strongroom.lab.estate.folder import Folder
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.seed import hidden, mail, prose
from strongroom.lab.seed.mail import Letter, State
from strongroom.lab.seed.people import Person
from strongroom.lab.seed.stage import Cast, Stage, folder_at

_THREADS = 36
_ENQUIRIES = 36
_DAYS = 180
_ARCHIVED_AFTER = timedelta(days=120)
_UNREAD_SINCE = timedelta(days=9)

# Where people file mail that does not stay in the inbox.
_SHELVES = (
    ("Inbox", "Building sites"),
    ("Inbox", "Building sites", "North hall"),
    ("Projects", "School"),
    ("Projects", "School", "Tender"),
    ("Suppliers",),
)


def write_letters(stage: Stage, cast: Cast) -> None:
    """Let everybody write to everybody, and the world to the shared mailbox."""
    for _ in range(_THREADS):
        _converse(stage, cast)
    for _ in range(_ENQUIRIES):
        _enquire(stage, cast)
    for user in cast.users:
        _advertise(stage, cast, user)


def _converse(stage: Stage, cast: Cast) -> None:
    rng = stage.rng
    inside = rng.sample(cast.staff, rng.randrange(1, 4))
    outside = rng.sample(cast.outsiders, rng.randrange(0 if len(inside) > 1 else 1, 3))
    people = (*inside, *outside)
    letters = mail.thread(rng, people, stage.past(8, _DAYS), rng.randrange(1, 6))
    answered = {reply.references[-1]: reply.sender for reply in letters[1:]}
    for plain in letters:
        letter = _dress(stage, plain)
        for person in inside:
            state = _state(stage, letter, has_answered=answered.get(letter.message_id) == person)
            _keep(stage, letter, person, state)


def _dress(stage: Stage, letter: Letter) -> Letter:
    """Give some letters files, pictures, or the wish for a receipt."""
    rng = stage.rng
    if rng.random() < 0.25:
        letter = mail.with_files(rng, letter)
    if rng.random() < 0.15:
        letter = mail.with_picture(rng, letter)
    return replace(letter, wants_receipt=rng.random() < 0.1)


def _keep(stage: Stage, letter: Letter, owner: Person, state: State) -> None:
    """Put the owner's copy where it belongs; old mail went to the archive, if there is one."""
    mailbox = stage.mailbox(owner)
    is_own = letter.sender.address == owner.address
    copy = mail.copy(stage.rng, letter, owner, mail.SENT if is_own else mail.RECEIVED, state)
    if mailbox.archive is not None and stage.now - letter.sent > _ARCHIVED_AFTER:
        folder = folder_at(mailbox.archive, ("Inbox", f"{letter.sent:%Y-%m}"))
    elif is_own:
        folder = mailbox.folder_by_role("sentitems")
    else:
        folder = _shelf(stage, mailbox)
    stage.put(folder, copy)


def _shelf(stage: Stage, mailbox: Mailbox) -> Folder:
    choice = stage.rng.random()
    if choice < 0.55:
        return mailbox.folder_by_role("inbox")
    if choice < 0.65:
        return mailbox.folder_by_role("deleteditems")
    return folder_at(mailbox, stage.rng.choice(_SHELVES))


def _state(stage: Stage, letter: Letter, *, has_answered: bool) -> State:
    rng = stage.rng
    is_old = stage.now - letter.sent > _UNREAD_SINCE
    categories = rng.sample(hidden.CATEGORIES, rng.randrange(1, 3)) if rng.random() < 0.2 else ()
    return State(
        is_read=is_old or has_answered or rng.random() < 0.3,
        flag=rng.choices((0, 1, 2), (8, 1, 2))[0],
        categories=tuple(categories),
        answered=102 if has_answered else 0,
    )


def _enquire(stage: Stage, cast: Cast) -> None:
    """Somebody outside asks the shared mailbox; somebody there answers, or not."""
    rng = stage.rng
    asker = rng.choice(cast.outsiders)
    letters = mail.thread(rng, (asker, cast.shared), stage.past(1, _DAYS), rng.randrange(1, 3))
    for letter in letters:
        _keep(stage, letter, cast.shared, _state(stage, letter, has_answered=len(letters) > 1))


def _advertise(stage: Stage, cast: Cast, user: Person) -> None:
    """Drafts that were never sent, and what the filter took for junk."""
    rng, mailbox = stage.rng, stage.mailbox(user)
    for _ in range(3):
        to = (rng.choice(cast.outsiders),)
        draft = mail.write(rng, user, to, stage.past(0.1, 20))
        blind = replace(draft, bcc=(cast.shared,))
        stage.put(mailbox.folder_by_role("drafts"), mail.copy(rng, blind, user, mail.DRAFT))
    for _ in range(4):
        offer = mail.write(
            rng,
            rng.choice(cast.outsiders),
            (user,),
            stage.past(1, 30),
            subject=f"!!! {prose.subject(rng)} !!! 90 % off",
        )
        copy = mail.copy(rng, offer, user, mail.RECEIVED, State(is_read=False))
        stage.put(mailbox.folder_by_role("junkemail"), copy)
