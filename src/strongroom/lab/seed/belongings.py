"""What is each one's own: contacts, tasks, notes, hidden settings, rules, what was deleted."""

from __future__ import annotations

from datetime import timedelta

from strongroom.lab.estate.folder import TYPE_SEARCH
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.estate.settings import Delegate, InboxRule, OutOfOffice
from strongroom.lab.estate.words import Permission
from strongroom.lab.seed import contacts, hidden, mail, opaque, personal
from strongroom.lab.seed.people import Person
from strongroom.lab.seed.stage import Cast, Stage, folder_at


def fill(stage: Stage, cast: Cast, user: Person) -> None:
    """Give a user everything that is not correspondence."""
    mailbox = stage.mailbox(user)
    _cards(stage, cast, mailbox)
    _tasks(stage, user, mailbox)
    _papers(stage, cast, user, mailbox)
    _sealed(stage, cast, user, mailbox)
    _settings(stage, cast, user, mailbox)
    _deleted(stage, cast, user, mailbox)
    _search_folders(mailbox)


def _cards(stage: Stage, cast: Cast, mailbox: Mailbox) -> None:
    rng = stage.rng
    folder = mailbox.folder_by_role("contacts")
    known = rng.sample(cast.outsiders, 6)
    for number, person in enumerate(known):
        card = contacts.contact(
            rng,
            person,
            stage.past(30, 170),
            has_photo=number % 2 == 0,
            addresses=1 + number % 3,
        )
        stage.put(folder, card)
    group = contacts.distribution_list(rng, "Site neighbours", known[:3], stage.past(10, 30))
    stage.put(folder, group)


def _tasks(stage: Stage, user: Person, mailbox: Mailbox) -> None:
    rng, day = stage.rng, timedelta(days=1)
    folder = mailbox.folder_by_role("tasks")
    made = stage.past(10, 30)
    for task in (
        personal.task(rng, user, made, due=made + 5 * day, share_done=1.0),
        personal.task(rng, user, made, due=stage.now + 9 * day, share_done=0.4),
        personal.task(rng, user, made, due=made + 2 * day, repeats=12),
        # Overdue, and its reminder too: it rings the moment somebody restores it.
        personal.task(rng, user, made, due=stage.now - 3 * day, reminder=stage.now - 4 * day),
        personal.task(rng, user, made, due=stage.now + day, reminder=stage.now + day / 2),
    ):
        stage.put(folder, task)


def _papers(stage: Stage, cast: Cast, user: Person, mailbox: Mailbox) -> None:
    rng = stage.rng
    for _ in range(3):
        stage.put(mailbox.folder_by_role("notes"), personal.sticky_note(rng, stage.past(1, 90)))
    for person in rng.sample(cast.outsiders, 2):
        entry = personal.journal_entry(rng, person, stage.past(1, 60))
        stage.put(mailbox.folder_by_role("journal"), entry)
    board = folder_at(mailbox, ("Notice board",))
    for _ in range(2):
        stage.put(board, personal.post(rng, user, stage.past(1, 60)))


def _sealed(stage: Stage, cast: Cast, user: Person, mailbox: Mailbox) -> None:
    rng = stage.rng
    inbox = mailbox.folder_by_role("inbox")
    for seal in (opaque.signed, opaque.encrypted, opaque.rights_protected):
        letter = mail.write(rng, rng.choice(cast.outsiders), (user,), stage.past(2, 50))
        stage.put(inbox, seal(rng, letter, user))


def _settings(stage: Stage, cast: Cast, user: Person, mailbox: Mailbox) -> None:
    rng, made = stage.rng, stage.past(60, 150)
    calendar = mailbox.folder_by_role("calendar")
    inbox = mailbox.folder_by_role("inbox")
    target = cast.outsiders[0]
    for folder, item in (
        (calendar, hidden.category_list(rng, made)),
        (calendar, hidden.options(rng, "IPM.Configuration.Calendar", {"workday": "8-17"}, made)),
        (inbox, hidden.named_view(rng, "Compact", made)),
        (inbox, hidden.options(rng, "IPM.Configuration.MailSettings", {"signature": "x"}, made)),
        (inbox, hidden.forwarding_rule(rng, "Forward invoices", "invoice", target, 10, made)),
        (mailbox.folder_by_role("contacts"), hidden.named_view(rng, "Cards", made)),
    ):
        stage.put(folder, item, is_associated=True)
    _rules(mailbox, target)
    _rights(cast, user, mailbox)
    mailbox.settings.out_of_office = OutOfOffice(
        state="Scheduled",
        audience="Known",
        start=stage.now + timedelta(days=20),
        end=stage.now + timedelta(days=25),
        internal_reply="<p>I am at the lake. ☀</p>",
        external_reply="<p>I am away until the week after next.</p>",
    )


def _rules(mailbox: Mailbox, target: Person) -> None:
    mailbox.settings.rules += [
        InboxRule(
            id="1",
            name="Forward invoices",
            sequence=1,
            conditions="<t:ContainsSubjectStrings><t:String>invoice</t:String>"
            "</t:ContainsSubjectStrings>",
            actions="<t:ForwardToRecipients><t:Address>"
            f"<t:EmailAddress>{target.address}</t:EmailAddress></t:Address>"
            "</t:ForwardToRecipients>",
            forwards_to=(target.address,),
        ),
        InboxRule(
            id="2",
            name="Mark newsletters as read",
            sequence=2,
            conditions="<t:ContainsSubjectStrings><t:String>newsletter</t:String>"
            "</t:ContainsSubjectStrings>",
            actions="<t:MarkAsRead>true</t:MarkAsRead>",
        ),
    ]


def _rights(cast: Cast, user: Person, mailbox: Mailbox) -> None:
    deputy = next(other for other in cast.users if other != user)
    mailbox.settings.delegates.append(
        Delegate(
            address=deputy.address,
            name=deputy.name,
            levels=(("calendar", "Editor"), ("tasks", "Reviewer")),
            receives_copies=True,
        )
    )
    mailbox.folder_by_role("calendar").permissions += [
        Permission(
            user=deputy.address,
            can_create_items=True,
            is_folder_visible=True,
            edit_items="All",
            delete_items="All",
            read_items="FullDetails",
            level="Editor",
        ),
        Permission(user="Default", read_items="TimeOnly", level="FreeBusyTimeOnly"),
    ]


def _deleted(stage: Stage, cast: Cast, user: Person, mailbox: Mailbox) -> None:
    """What was deleted for good lately can still be recovered."""
    rng = stage.rng
    grave = mailbox.folder_by_role("recoverableitemsdeletions")
    for _ in range(4):
        letter = mail.write(rng, rng.choice(cast.outsiders), (user,), stage.past(1, 13))
        stage.put(grave, mail.copy(rng, letter, user, mail.RECEIVED))


def _search_folders(mailbox: Mailbox) -> None:
    finder = mailbox.folder_by_role("searchfolders")
    for name in ("Unread Mail", "For Follow Up"):
        mailbox.add_folder(finder, name, folder_type=TYPE_SEARCH)
