"""Mail: letters and the threads that grow from them, as a mailbox keeps them."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from random import Random

from strongroom.content import tags
from strongroom.content.message import FileTime, Message, Properties
from strongroom.lab.seed import files, prose, shapes
from strongroom.lab.seed.files import File
from strongroom.lab.seed.people import Person

# Where a copy of a letter lies decides its flags and stamps.
RECEIVED, SENT, DRAFT = "received", "sent", "draft"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail as it was written, before anybody's mailbox keeps a copy of it.

    Attributes:
        sender: Who wrote it.
        to: Main recipients.
        cc: Who reads along.
        bcc: Who reads along unseen; only the sender's copy names them.
        subject: With ``RE: `` where it is an answer.
        sent: Aware, UTC.
        message_id: With angle brackets.
        references: Message ids of all letters above it in the thread, oldest first.
        index: Conversation index: one step longer with each answer.
        texts: Paragraphs.
        is_html: Written as HTML.
        files: Attachments.
        picture: Inline picture of an HTML letter.
        importance: 0 low, 1 normal, 2 high.
        wants_receipt: A read receipt is asked for.
    """

    sender: Person
    to: tuple[Person, ...]
    subject: str
    sent: datetime
    message_id: str
    index: bytes
    texts: tuple[str, ...]
    cc: tuple[Person, ...] = ()
    bcc: tuple[Person, ...] = ()
    references: tuple[str, ...] = ()
    is_html: bool = False
    files: tuple[File, ...] = ()
    picture: bytes | None = None
    importance: int = shapes.NORMAL
    wants_receipt: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What the owner of a copy has done with it.

    Attributes:
        is_read: Opened.
        flag: 0 none, 1 done, 2 flagged for follow-up.
        categories: Names of coloured categories.
        answered: Answered (102), forwarded (104) or neither (0).
    """

    is_read: bool = True
    flag: int = 0
    categories: tuple[str, ...] = field(default=())
    answered: int = 0


def write(
    rng: Random, sender: Person, to: tuple[Person, ...], sent: datetime, *, subject: str = ""
) -> Letter:
    """Draw a new letter."""
    return Letter(
        sender=sender,
        to=to,
        subject=subject or prose.subject(rng),
        sent=sent,
        message_id=_message_id(rng, sender),
        index=_new_index(rng, sent),
        texts=tuple(prose.paragraphs(rng, rng.randrange(1, 4))),
        is_html=rng.random() < 0.6,
        importance=rng.choices((1, 2, 0), (8, 1, 1))[0],
    )


def answer(rng: Random, letter: Letter, sender: Person, sent: datetime) -> Letter:
    """Draw an answer to everybody who had the letter."""
    others = tuple(p for p in (letter.sender, *letter.to) if p.address != sender.address)
    _, topic = shapes.split_subject(letter.subject)
    return replace(
        write(rng, sender, others, sent, subject=f"RE: {topic}"),
        references=(*letter.references, letter.message_id),
        index=letter.index + _index_step(letter.sent, sent, rng),
        cc=tuple(p for p in letter.cc if p.address != sender.address),
    )


def thread(rng: Random, people: tuple[Person, ...], begin: datetime, length: int) -> list[Letter]:
    """Draw a letter and the answers to it, back and forth among the people."""
    letters = [write(rng, people[0], people[1:], begin)]
    while len(letters) < length:
        last = letters[-1]
        sender = rng.choice([p for p in people if p.address != last.sender.address])
        sent = last.sent + timedelta(minutes=rng.randrange(5, 2000))
        letters.append(answer(rng, last, sender, sent))
    return letters


def with_files(rng: Random, letter: Letter) -> Letter:
    """Hang one to three files on a letter."""
    matter = prose.thing(rng)
    made = [
        File(name=f"{matter}.pdf", mime_type="application/pdf", data=files.pdf(letter.texts)),
        File(name=f"Entwürfe {matter}.docx", mime_type=files.DOCX_TYPE,
             data=files.docx(letter.texts)),
        File(name="prices.csv", mime_type="text/csv", data=files.csv(rng, rng.randrange(4, 60))),
        File(name="note.txt", mime_type="text/plain", data="\n".join(letter.texts).encode()),
        File(name="plan.png", mime_type="image/png", data=files.png(rng, width=64, height=48)),
    ]  # fmt: skip
    return replace(letter, files=tuple(rng.sample(made, rng.randrange(1, 4))))


def with_picture(rng: Random, letter: Letter) -> Letter:
    """Make it an HTML letter with a picture in its text."""
    return replace(letter, is_html=True, picture=files.png(rng))


def copy(
    rng: Random, letter: Letter, owner: Person, kind: str, state: State | None = None
) -> Message:
    """Make the copy that one mailbox keeps of a letter.

    Args:
        rng: Draws the search key.
        letter: What was written.
        owner: Whose mailbox.
        kind: ``RECEIVED``, ``SENT`` or ``DRAFT``.
        state: What the owner did with it; by default read and nothing else.
    """
    properties = shapes.common(rng, "IPM.Note", letter.subject, letter.sent)
    properties |= shapes.author(letter.sender) | _envelope(letter) | _body(letter)
    properties |= _arrival(letter, owner, kind, rng) | _state(letter, kind, state or State())
    hidden = letter.bcc if kind != RECEIVED else ()
    properties[tags.PidTagDisplayBcc] = shapes.display(hidden)
    rows = [
        *((person, tags.RECIPIENT_TO) for person in letter.to),
        *((person, tags.RECIPIENT_CC) for person in letter.cc),
        *((person, tags.RECIPIENT_BCC) for person in hidden),
    ]
    message = Message(
        properties=properties,
        recipients=[shapes.recipient(row, person, to) for row, (person, to) in enumerate(rows)],
    )
    _attach(message, letter)
    return message


def sent_again(
    rng: Random, letter: Letter, copied: Message, owner: Person, sent: datetime, state: State
) -> Message:
    """Make the copy that a mailbox keeps of the same words, sent once more at another time.

    It is a mail of its own, for a small part of what drawing one costs.

    Args:
        rng: Draws its ids and its search key.
        letter: What was written the first time.
        copied: The received copy that was made of it. It is not changed.
        owner: Whose mailbox.
        sent: Aware, UTC.
        state: What the owner did with it.
    """
    anew = replace(
        letter, sent=sent, message_id=_message_id(rng, letter.sender), index=_new_index(rng, sent)
    )
    return Message(
        properties={
            **copied.properties,
            tags.PidTagSearchKey: rng.randbytes(16),
            tags.PidTagInternetMessageId: anew.message_id,
            tags.PidTagConversationIndex: anew.index,
            **_arrival(anew, owner, RECEIVED, rng),
            **_state(anew, RECEIVED, state),
        },
        recipients=copied.recipients,
        attachments=list(copied.attachments),
    )


def _envelope(letter: Letter) -> Properties:
    envelope: Properties = {
        tags.PidTagInternetMessageId: letter.message_id,
        tags.PidTagConversationIndex: letter.index,
        tags.PidTagConversationIndexTracking: True,
        tags.PidTagImportance: letter.importance,
        tags.PidTagPriority: letter.importance - 1,
        tags.PidTagDisplayTo: shapes.display(letter.to),
        tags.PidTagDisplayCc: shapes.display(letter.cc),
        tags.PidTagReadReceiptRequested: letter.wants_receipt,
        tags.PidTagOriginatorDeliveryReportRequested: False,
        tags.PidNameContentClass: "urn:content-classes:message",
    }
    if letter.references:
        envelope[tags.PidTagInReplyToId] = letter.references[-1]
        envelope[tags.PidTagInternetReferences] = " ".join(letter.references)
    return envelope


def _body(letter: Letter) -> Properties:
    greeting = f"Dear {letter.to[0].first}" if letter.to else "Dear all"
    signature = f"{letter.sender.name}, {letter.sender.title}"
    text = prose.plain(greeting, list(letter.texts), signature)
    if not letter.is_html:
        return shapes.text_body(text)
    picture_id = _content_id(letter) if letter.picture else None
    html = prose.html(greeting, list(letter.texts), signature, picture_id=picture_id)
    return shapes.html_body(text, html)


def _arrival(letter: Letter, owner: Person, kind: str, rng: Random) -> Properties:
    if kind == DRAFT:
        return {}
    submitted = FileTime.from_datetime(letter.sent)
    if kind == SENT:
        return {
            tags.PidTagClientSubmitTime: submitted,
            tags.PidTagMessageDeliveryTime: submitted,
        }
    arrived = letter.sent + timedelta(seconds=rng.randrange(1, 40))
    stamp = shapes.Moment(when=arrived, ticks=rng.randrange(10)).stamp
    return {
        tags.PidTagClientSubmitTime: submitted,
        tags.PidTagMessageDeliveryTime: stamp,
        tags.PidTagCreationTime: stamp,
        tags.PidTagLastModificationTime: stamp,
        tags.PidTagTransportMessageHeaders: _headers(letter, owner, arrived),
        **shapes.received_by(owner),
    }


def _headers(letter: Letter, owner: Person, arrived: datetime) -> str:
    host = letter.sender.address.rpartition("@")[2]
    lines = [
        f"Received: from mail.{host} (192.0.2.25) by mx.lab.example (192.0.2.1) with SMTP;",
        f"\t{format_datetime(arrived)}",
        f"From: <{letter.sender.address}>",
        f"To: <{owner.address}>",
        f"Message-ID: {letter.message_id}",
        f"Date: {format_datetime(letter.sent)}",
        "MIME-Version: 1.0",
        "X-Lab: made-up",
    ]
    return "\r\n".join(lines) + "\r\n\r\n"


def _state(letter: Letter, kind: str, state: State) -> Properties:
    flags = tags.FLAG_READ if state.is_read else 0
    if kind == DRAFT:
        flags |= tags.FLAG_UNSENT
    if kind == SENT:
        flags |= tags.FLAG_FROM_ME
    changes: Properties = {tags.PidTagMessageFlags: flags}
    if state.categories:
        changes[tags.PidNameKeywords] = list(state.categories)
    if state.answered:
        changes[tags.PidTagLastVerbExecuted] = state.answered
        changes[tags.PidTagLastVerbExecutionTime] = FileTime.from_datetime(
            letter.sent + timedelta(hours=1)
        )
    if state.flag:
        changes |= _follow_up(letter, is_done=state.flag == 1)
    return changes


def _follow_up(letter: Letter, *, is_done: bool) -> Properties:
    due = FileTime.from_datetime(letter.sent + timedelta(days=2))
    follow_up: Properties = {
        tags.PidTagFlagStatus: 1 if is_done else 2,
        tags.PidTagFollowupIcon: 0 if is_done else 6,
        tags.PidTagToDoItemFlags: 1,
        tags.PidLidFlagRequest: "Follow up",
        tags.PidLidToDoTitle: letter.subject,
        tags.PidLidTaskStatus: 2 if is_done else 0,
        tags.PidLidPercentComplete: 1.0 if is_done else 0.0,
        tags.PidLidTaskComplete: is_done,
        tags.PidLidTaskStartDate: FileTime.from_datetime(letter.sent),
        tags.PidLidTaskDueDate: due,
    }
    if is_done:
        follow_up[tags.PidTagFlagCompleteTime] = due
        follow_up[tags.PidLidTaskDateCompleted] = due
    return follow_up


def _attach(message: Message, letter: Letter) -> None:
    hung = list(letter.files)
    for number, file in enumerate(hung):
        message.attachments.append(shapes.file_attachment(number, file, letter.sent))
    if letter.picture is not None:
        logo = File(name="logo.png", mime_type="image/png", data=letter.picture)
        message.attachments.append(
            shapes.file_attachment(len(hung), logo, letter.sent, content_id=_content_id(letter))
        )


def _content_id(letter: Letter) -> str:
    return f"logo.{letter.message_id.strip('<>')}"


def _message_id(rng: Random, sender: Person) -> str:
    return f"<{rng.randbytes(12).hex()}@{sender.address.rpartition('@')[2]}>"


def _new_index(rng: Random, sent: datetime) -> bytes:
    # [MS-OXOMSG] 2.2.1.3: a 1, five bytes of the time counted in 2^24 ticks, a GUID.
    return b"\x01" + struct.pack(">Q", FileTime.from_datetime(sent))[1:6] + rng.randbytes(16)


def _index_step(above: datetime, sent: datetime, rng: Random) -> bytes:
    # The same place: 31 bits of the time passed, then chance.
    ticks = int((sent - above).total_seconds()) * 10_000_000
    return struct.pack(">IB", (ticks >> 18) & 0x7FFFFFFF, rng.randrange(256))
