"""MAPI properties that are asked for by name where a server has no ExportItems.

GetItem never gives *all* properties, only those that one names. This is the list: what the known
fields of EWS do not say and somebody would miss. It is published in docs/fidelity.md; a property
that is not in it does not come back on the way ``mime``.

Source:
    [MS-OXPROPS]; which properties matter to which kind of item: [MS-OXOCAL], [MS-OXOCNTC],
    [MS-OXOTASK], [MS-OXONOTE], [MS-OXOJRNL], [MS-OXOFLAG], [MS-OXORMDR]
"""

from __future__ import annotations

from uuid import UUID

from strongroom.content import tags
from strongroom.wire.ews.properties import ExtendedPath

COMMON = tags.PSETID_COMMON
APPOINTMENT = tags.PSETID_APPOINTMENT
MEETING = tags.PSETID_MEETING
ADDRESS = tags.PSETID_ADDRESS
TASK = tags.PSETID_TASK

MESSAGE_FLAGS = ExtendedPath.of_tag(tags.PidTagMessageFlags)
DELIVERY_TIME = ExtendedPath.of_tag(tags.PidTagMessageDeliveryTime)
SUBMIT_TIME = ExtendedPath.of_tag(tags.PidTagClientSubmitTime)
CREATION_TIME = ExtendedPath.of_tag(tags.PidTagCreationTime)
# The recurrence of an appointment and of a task, as one binary value.
APPOINTMENT_RECURRENCE = ExtendedPath("Binary", set=APPOINTMENT, name=0x8216)
TASK_RECURRENCE = ExtendedPath("Binary", set=TASK, name=0x8116)
SEARCH_KEY = ExtendedPath.of_tag(tags.PidTagSearchKey)
CONTENT_CLASS = ExtendedPath.of_name(tags.PS_INTERNET_HEADERS, "content-class", tags.STRING)


def _tags(kind: str, *numbers: int) -> tuple[ExtendedPath, ...]:
    return tuple(ExtendedPath(kind, id=number) for number in numbers)


def _named(group: UUID, kind: str, *numbers: int) -> tuple[ExtendedPath, ...]:
    return tuple(ExtendedPath(kind, set=group, name=number) for number in numbers)


# Written back exactly as they were.
EVERY_ITEM = (
    MESSAGE_FLAGS,
    DELIVERY_TIME,
    SUBMIT_TIME,
    CREATION_TIME,
    SEARCH_KEY,
    *_tags("Integer", 0x1080, 0x1090, 0x1095, 0x0E2B, 0x1081, 0x3FDE, 0x0026),
    # icon, flag status, follow-up colour, to-do flags, last verb, code page, priority
    *_tags("SystemTime", 0x1082, 0x1091, 0x0015),  # last verb at, flag completed at, expires at
    *_tags("Binary", 0x0071),  # conversation index
    *_tags("String", 0x0070),  # conversation topic
    *_named(COMMON, "String", 0x8530, 0x85A4, 0x8535, 0x8534),
    # flag request, to-do title, billing, mileage
    *_named(COMMON, "SystemTime", 0x8516, 0x8517, 0x8560, 0x8502),
    # common start and end, reminder signal and due
    *_named(COMMON, "Boolean", 0x8506, 0x8503),  # private, reminder set
    *_named(COMMON, "Integer", 0x8501, 0x8510, 0x8518),  # reminder delta, side effects, task mode
    *_named(COMMON, "StringArray", 0x8539, 0x853A),  # companies, contacts
)

MAIL = (
    CONTENT_CLASS,
    *_tags("String", 0x007D),  # transport headers, as they came
    *_tags("Boolean", 0x0029, 0x0023, 0x0C17),  # receipts and reply wanted
    *_tags("Integer", 0x5FF2, 0x1016),  # vote, native body
    *_named(COMMON, "Binary", 0x8520),  # voting buttons
    *_named(COMMON, "String", 0x8524),  # vote
)

CALENDAR = (
    *_named(MEETING, "Binary", 0x0003, 0x0023),  # global object id and its clean form
    *_named(MEETING, "Boolean", 0x0005, 0x000A),  # recurring, exception
    *_named(APPOINTMENT, "Integer", 0x8201, 0x8205, 0x8213, 0x8214, 0x8217, 0x8218, 0x8223),
    # sequence, busy, duration, colour, state flags, response, recurrence kind
    *_named(APPOINTMENT, "String", 0x8208, 0x8232, 0x8234, 0x8238, 0x823B, 0x823C),
    # location, pattern text, zone text, all, to and cc attendees
    *_named(APPOINTMENT, "Boolean", 0x8215, 0x8229, 0x8257, 0x825A),
    # all day, invited, no counter proposal, no forwarding
    *_named(APPOINTMENT, "SystemTime", 0x820D, 0x820E, 0x8235, 0x8236),
    # start, end, series start and end
    *_named(APPOINTMENT, "Binary", 0x8216, 0x8233, 0x825E, 0x825F, 0x8260),
    # recurrence, its zone, zones of start, end and recurrence
)

CONTACT = (
    *_named(ADDRESS, "String", 0x8005, 0x802B, 0x8045, 0x8046, 0x8047, 0x8048, 0x8049, 0x8062),
    # file as, web page, work address in parts, messenger address
    *_named(ADDRESS, "String", 0x8080, 0x8082, 0x8083, 0x8084),  # e-mail 1
    *_named(ADDRESS, "String", 0x8090, 0x8092, 0x8093, 0x8094),  # e-mail 2
    *_named(ADDRESS, "String", 0x80A0, 0x80A2, 0x80A3, 0x80A4),  # e-mail 3
    *_named(ADDRESS, "Integer", 0x8006, 0x8022),  # how to file, which address is for the post
    *_tags("String", 0x3A45, 0x3A05, 0x3A4F, 0x3A0A, 0x3A50, 0x3A57),
    # prefix, suffix, nickname, initials, home page, company phone
    *_tags("Integer", 0x3A4D),  # gender
)

DISTRIBUTION_LIST = (
    *_named(ADDRESS, "String", 0x8053),  # its name
    *_named(ADDRESS, "BinaryArray", 0x8054, 0x8055),  # members: one-off form and entry ids
    *_named(ADDRESS, "Integer", 0x804C),  # checksum over the members
)

TASK_ITEM = (
    *_named(TASK, "Integer", 0x8101, 0x8110, 0x8111, 0x8113, 0x8129, 0x812A),
    # status, actual and estimated effort, state, ownership, acceptance
    *_named(TASK, "Double", 0x8102),  # part that is done
    *_named(TASK, "SystemTime", 0x8104, 0x8105, 0x810F, 0x8115),
    # start, due, completed, last update
    *_named(TASK, "Boolean", 0x8103, 0x811C, 0x8126),  # team task, complete, recurring
    *_named(TASK, "Binary", 0x8116),  # recurrence
    *_named(TASK, "String", 0x811F, 0x8121),  # owner, assigner
)

STICKY_NOTE = _named(tags.PSETID_NOTE, "Integer", 0x8B00, 0x8B02, 0x8B03, 0x8B04, 0x8B05)
JOURNAL = (
    *_named(tags.PSETID_LOG, "String", 0x8700, 0x8712),  # what was done, in words and as a type
    *_named(tags.PSETID_LOG, "SystemTime", 0x8706, 0x8708),  # from, until
    *_named(tags.PSETID_LOG, "Integer", 0x8707, 0x870C),  # minutes, flags
)
# What a hidden item is for; most keep their content in these.
ASSOCIATED = (
    *_tags("Binary", 0x7C07, 0x7C08, 0x7C09),  # settings: dictionary, XML, stream
    *_tags("Integer", 0x7C06),  # settings: which of the three
    *_tags("String", 0x7006),  # view: its name
    *_tags("Binary", 0x7001, 0x7002),  # view: its description
    *_tags("Integer", 0x7003, 0x7007),  # view: flags and version
)

_BY_CLASS: tuple[tuple[str, tuple[ExtendedPath, ...]], ...] = (
    ("ipm.appointment", CALENDAR),
    ("ipm.schedule.", MAIL + CALENDAR),
    ("ipm.ole.class.", CALENDAR),
    ("ipm.contact", CONTACT),
    ("ipm.distlist", DISTRIBUTION_LIST),
    ("ipm.taskrequest", MAIL + TASK_ITEM),
    ("ipm.task", TASK_ITEM),
    ("ipm.stickynote", STICKY_NOTE),
    ("ipm.activity", JOURNAL),
)


def asked_for(item_class: str, *, is_associated: bool = False) -> tuple[ExtendedPath, ...]:
    """List the properties to ask for with an item of this class."""
    lower = item_class.lower()
    own = next((paths for prefix, paths in _BY_CLASS if lower.startswith(prefix)), MAIL)
    return EVERY_ITEM + own + (ASSOCIATED if is_associated else ())
