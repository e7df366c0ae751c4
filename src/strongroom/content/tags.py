"""Names of the properties that we use: tags, named properties, property sets, types.

Every constant carries the name that Microsoft gave it, so that a reader can look it up as written.

Source:
    [MS-OXPROPS]: https://learn.microsoft.com/openspecs/exchange_server_protocols/ms-oxprops/
"""

from __future__ import annotations

import uuid
from functools import cache

from strongroom.content.message import NamedTag, PropertyKey

# Property types.
INTEGER16 = 0x0002
INTEGER32 = 0x0003
FLOAT32 = 0x0004
FLOAT64 = 0x0005
CURRENCY = 0x0006
APP_TIME = 0x0007
ERROR = 0x000A
BOOLEAN = 0x000B
OBJECT = 0x000D
INTEGER64 = 0x0014
STRING8 = 0x001E
STRING = 0x001F
TIME = 0x0040
GUID = 0x0048
SERVER_ID = 0x00FB
BINARY = 0x0102
MULTIPLE = 0x1000
"""Set in the types of properties that hold a list."""

# Property sets.
_TAIL = "-0000-0000-c000-000000000046"
PS_MAPI = uuid.UUID("00020328" + _TAIL)
PS_PUBLIC_STRINGS = uuid.UUID("00020329" + _TAIL)
PS_INTERNET_HEADERS = uuid.UUID("00020386" + _TAIL)
PSETID_COMMON = uuid.UUID("00062008" + _TAIL)
PSETID_APPOINTMENT = uuid.UUID("00062002" + _TAIL)
PSETID_TASK = uuid.UUID("00062003" + _TAIL)
PSETID_ADDRESS = uuid.UUID("00062004" + _TAIL)
PSETID_LOG = uuid.UUID("0006200a" + _TAIL)
PSETID_NOTE = uuid.UUID("0006200e" + _TAIL)
PSETID_MEETING = uuid.UUID("6ed8da90-450b-101b-98da-00aa003f1305")

# What the message is.
PidTagMessageClass = 0x001A001F
PidTagSubject = 0x0037001F
PidTagSubjectPrefix = 0x003D001F
PidTagNormalizedSubject = 0x0E1D001F
PidTagConversationTopic = 0x0070001F
PidTagConversationIndex = 0x00710102
PidTagImportance = 0x00170003
PidTagPriority = 0x00260003
PidTagSensitivity = 0x00360003
PidTagMessageFlags = 0x0E070003
PidTagMessageSize = 0x0E080003
PidTagMessageSizeExtended = 0x0E080014
PidTagHasAttachments = 0x0E1B000B
PidTagReadReceiptRequested = 0x0029000B
PidTagOriginatorDeliveryReportRequested = 0x0023000B
PidTagIconIndex = 0x10800003
PidTagFlagStatus = 0x10900003
PidTagFlagCompleteTime = 0x10910040
PidTagFollowupIcon = 0x10950003
PidTagItemTemporaryFlags = 0x10970003
PidTagToDoItemFlags = 0x0E2B0003
PidTagLastVerbExecuted = 0x10810003
PidTagLastVerbExecutionTime = 0x10820040
PidTagReplyRequested = 0x0C17000B
PidTagResponseRequested = 0x0063000B
PidTagReadFlag = 0x0E69000B
PidTagMessageStatus = 0x0E170003
PidTagAssociated = 0x67AA000B

# When.
PidTagClientSubmitTime = 0x00390040
PidTagMessageDeliveryTime = 0x0E060040
PidTagCreationTime = 0x30070040
PidTagLastModificationTime = 0x30080040
PidTagLastModifierName = 0x3FFA001F
PidTagLastModifierEntryId = 0x3FFB0102
PidTagCreatorName = 0x3FF8001F
PidTagCreatorEntryId = 0x3FF90102
PidTagDeferredSendTime = 0x3FEF0040
PidTagExpiryTime = 0x00150040
PidTagReplyTime = 0x00300040
PidTagStartDate = 0x00600040
PidTagEndDate = 0x00610040
PidTagOwnerAppointmentId = 0x00620003

# From whom, to whom.
PidTagSenderName = 0x0C1A001F
PidTagSenderAddressType = 0x0C1E001F
PidTagSenderEmailAddress = 0x0C1F001F
PidTagSenderSmtpAddress = 0x5D01001F
PidTagSenderEntryId = 0x0C190102
PidTagSenderSearchKey = 0x0C1D0102
PidTagSentRepresentingName = 0x0042001F
PidTagSentRepresentingAddressType = 0x0064001F
PidTagSentRepresentingEmailAddress = 0x0065001F
PidTagSentRepresentingSmtpAddress = 0x5D02001F
PidTagSentRepresentingEntryId = 0x00410102
PidTagSentRepresentingSearchKey = 0x003B0102
PidTagReceivedByName = 0x0040001F
PidTagReceivedByAddressType = 0x0075001F
PidTagReceivedByEmailAddress = 0x0076001F
PidTagReceivedByEntryId = 0x003F0102
PidTagReceivedRepresentingName = 0x0044001F
PidTagReceivedRepresentingAddressType = 0x0077001F
PidTagReceivedRepresentingEmailAddress = 0x0078001F
PidTagReplyRecipientNames = 0x0050001F
PidTagReplyRecipientEntries = 0x004F0102
PidTagDisplayTo = 0x0E04001F
PidTagDisplayCc = 0x0E03001F
PidTagDisplayBcc = 0x0E02001F

# Internet mail.
PidTagInternetMessageId = 0x1035001F
PidTagInReplyToId = 0x1042001F
PidTagInternetReferences = 0x1039001F
PidTagTransportMessageHeaders = 0x007D001F
PidTagListHelp = 0x1043001F
PidTagListSubscribe = 0x1044001F
PidTagListUnsubscribe = 0x1045001F

# Bodies.
PidTagBody = 0x1000001F
PidTagHtml = 0x10130102
PidTagBodyHtml = 0x1013001F
PidTagRtfCompressed = 0x10090102
PidTagRtfInSync = 0x0E1F000B
PidTagNativeBody = 0x10160003
PidTagInternetCodepage = 0x3FDE0003
PidTagMessageCodepage = 0x3FFD0003
PidTagMessageLocaleId = 0x3FF10003
PidTagMessageEditorFormat = 0x59090003

# Identity; the server makes these itself.
PidTagEntryId = 0x0FFF0102
PidTagParentEntryId = 0x0E090102
PidTagRecordKey = 0x0FF90102
PidTagInstanceKey = 0x0FF60102
PidTagSearchKey = 0x300B0102
PidTagStoreEntryId = 0x0FFB0102
PidTagStoreRecordKey = 0x0FFA0102
PidTagMappingSignature = 0x0FF80102
PidTagObjectType = 0x0FFE0003
PidTagAccess = 0x0FF40003
PidTagAccessLevel = 0x0FF70003
PidTagChangeKey = 0x65E20102
PidTagSourceKey = 0x65E00102
PidTagParentSourceKey = 0x65E10102
PidTagPredecessorChangeList = 0x65E30102
PidTagChangeNumber = 0x67A40014
PidTagMid = 0x674A0014
PidTagFolderId = 0x67480014
PidTagInternetArticleNumber = 0x0E230003
PidTagSentMailEntryId = 0x0E0A0102
PidTagSentMailSvrEID = 0x674000FB
PidTagDeleteAfterSubmit = 0x0E01000B
PidTagLocalCommitTime = 0x67090040
PidTagConversationId = 0x30130102
PidTagConversationIndexTracking = 0x3016000B

# Recipients.
PidTagRecipientType = 0x0C150003
PidTagDisplayName = 0x3001001F
PidTagAddressType = 0x3002001F
PidTagEmailAddress = 0x3003001F
PidTagSmtpAddress = 0x39FE001F
PidTagRowid = 0x30000003
PidTagRecipientDisplayName = 0x5FF6001F
PidTagRecipientEntryId = 0x5FF70102
PidTagRecipientFlags = 0x5FFD0003
PidTagRecipientTrackStatus = 0x5FFF0003
PidTagRecipientTrackStatusTime = 0x5FFB0040
PidTagRecipientOrder = 0x5FDF0003
PidTagDisplayType = 0x39000003
PidTagDisplayTypeEx = 0x39050003
PidTagSendInternetEncoding = 0x3A710003
PidTagSendRichInfo = 0x3A40000B
PidTag7BitDisplayName = 0x39FF001F
PidTagResponsibility = 0x0E0F000B

# Attachments.
PidTagAttachNumber = 0x0E210003
PidTagAttachSize = 0x0E200003
PidTagAttachMethod = 0x37050003
PidTagAttachDataBinary = 0x37010102
PidTagAttachDataObject = 0x3701000D
PidTagAttachEncoding = 0x37020102
PidTagAttachLongFilename = 0x3707001F
PidTagAttachFilename = 0x3704001F
PidTagAttachExtension = 0x3703001F
PidTagAttachLongPathname = 0x370D001F
PidTagAttachMimeTag = 0x370E001F
PidTagAttachContentId = 0x3712001F
PidTagAttachContentLocation = 0x3713001F
PidTagAttachContentBase = 0x3711001F
PidTagAttachFlags = 0x37140003
PidTagAttachmentHidden = 0x7FFE000B
PidTagAttachmentFlags = 0x7FFD0003
PidTagAttachmentLinkId = 0x7FFA0003
PidTagAttachRendering = 0x37090102
PidTagRenderingPosition = 0x370B0003
PidTagTextAttachmentCharset = 0x371B001F
PidTagExceptionStartTime = 0x7FFB0040
PidTagExceptionEndTime = 0x7FFC0040

# Contacts.
PidTagGivenName = 0x3A06001F
PidTagMiddleName = 0x3A44001F
PidTagSurname = 0x3A11001F
PidTagDisplayNamePrefix = 0x3A45001F
PidTagGeneration = 0x3A05001F
PidTagNickname = 0x3A4F001F
PidTagInitials = 0x3A0A001F
PidTagCompanyName = 0x3A16001F
PidTagDepartmentName = 0x3A18001F
PidTagTitle = 0x3A17001F
PidTagOfficeLocation = 0x3A19001F
PidTagManagerName = 0x3A4E001F
PidTagAssistant = 0x3A30001F
PidTagSpouseName = 0x3A48001F
PidTagProfession = 0x3A46001F
PidTagBusinessTelephoneNumber = 0x3A08001F
PidTagBusiness2TelephoneNumber = 0x3A1B001F
PidTagHomeTelephoneNumber = 0x3A09001F
PidTagHome2TelephoneNumber = 0x3A2F001F
PidTagMobileTelephoneNumber = 0x3A1C001F
PidTagOtherTelephoneNumber = 0x3A1F001F
PidTagPrimaryTelephoneNumber = 0x3A1A001F
PidTagCarTelephoneNumber = 0x3A1E001F
PidTagPagerTelephoneNumber = 0x3A21001F
PidTagBusinessFaxNumber = 0x3A24001F
PidTagHomeFaxNumber = 0x3A25001F
PidTagBirthday = 0x3A420040
PidTagWeddingAnniversary = 0x3A410040
PidTagBusinessHomePage = 0x3A51001F
PidTagPersonalHomePage = 0x3A50001F
PidTagHomeAddressStreet = 0x3A5D001F
PidTagHomeAddressCity = 0x3A59001F
PidTagHomeAddressStateOrProvince = 0x3A5C001F
PidTagHomeAddressPostalCode = 0x3A5B001F
PidTagHomeAddressCountry = 0x3A5A001F
PidTagStreetAddress = 0x3A29001F
PidTagLocality = 0x3A27001F
PidTagStateOrProvince = 0x3A28001F
PidTagPostalCode = 0x3A2A001F
PidTagCountry = 0x3A26001F
PidLidFileUnder = NamedTag(PSETID_ADDRESS, 0x8005, STRING)
PidLidHasPicture = NamedTag(PSETID_ADDRESS, 0x8015, BOOLEAN)
PidLidWorkAddressStreet = NamedTag(PSETID_ADDRESS, 0x8045, STRING)
PidLidWorkAddressCity = NamedTag(PSETID_ADDRESS, 0x8046, STRING)
PidLidWorkAddressState = NamedTag(PSETID_ADDRESS, 0x8047, STRING)
PidLidWorkAddressPostalCode = NamedTag(PSETID_ADDRESS, 0x8048, STRING)
PidLidWorkAddressCountry = NamedTag(PSETID_ADDRESS, 0x8049, STRING)
PidLidDistributionListOneOffMembers = NamedTag(PSETID_ADDRESS, 0x8054, MULTIPLE | BINARY)
PidLidDistributionListMembers = NamedTag(PSETID_ADDRESS, 0x8055, MULTIPLE | BINARY)
PidLidDistributionListName = NamedTag(PSETID_ADDRESS, 0x8053, STRING)
PidLidInstantMessagingAddress = NamedTag(PSETID_ADDRESS, 0x8062, STRING)
PidLidEmail1DisplayName = NamedTag(PSETID_ADDRESS, 0x8080, STRING)
PidLidEmail1AddressType = NamedTag(PSETID_ADDRESS, 0x8082, STRING)
PidLidEmail1EmailAddress = NamedTag(PSETID_ADDRESS, 0x8083, STRING)
PidLidEmail1OriginalDisplayName = NamedTag(PSETID_ADDRESS, 0x8084, STRING)
PidLidEmail2DisplayName = NamedTag(PSETID_ADDRESS, 0x8090, STRING)
PidLidEmail2AddressType = NamedTag(PSETID_ADDRESS, 0x8092, STRING)
PidLidEmail2EmailAddress = NamedTag(PSETID_ADDRESS, 0x8093, STRING)
PidLidEmail2OriginalDisplayName = NamedTag(PSETID_ADDRESS, 0x8094, STRING)
PidLidEmail3DisplayName = NamedTag(PSETID_ADDRESS, 0x80A0, STRING)
PidLidEmail3AddressType = NamedTag(PSETID_ADDRESS, 0x80A2, STRING)
PidLidEmail3EmailAddress = NamedTag(PSETID_ADDRESS, 0x80A3, STRING)
PidLidEmail3OriginalDisplayName = NamedTag(PSETID_ADDRESS, 0x80A4, STRING)

# Calendar.
PidLidAppointmentSequence = NamedTag(PSETID_APPOINTMENT, 0x8201, INTEGER32)
PidLidBusyStatus = NamedTag(PSETID_APPOINTMENT, 0x8205, INTEGER32)
PidLidLocation = NamedTag(PSETID_APPOINTMENT, 0x8208, STRING)
PidLidAppointmentStartWhole = NamedTag(PSETID_APPOINTMENT, 0x820D, TIME)
PidLidAppointmentEndWhole = NamedTag(PSETID_APPOINTMENT, 0x820E, TIME)
PidLidAppointmentDuration = NamedTag(PSETID_APPOINTMENT, 0x8213, INTEGER32)
PidLidAppointmentColor = NamedTag(PSETID_APPOINTMENT, 0x8214, INTEGER32)
PidLidAppointmentSubType = NamedTag(PSETID_APPOINTMENT, 0x8215, BOOLEAN)
PidLidAppointmentRecur = NamedTag(PSETID_APPOINTMENT, 0x8216, BINARY)
PidLidAppointmentStateFlags = NamedTag(PSETID_APPOINTMENT, 0x8217, INTEGER32)
PidLidResponseStatus = NamedTag(PSETID_APPOINTMENT, 0x8218, INTEGER32)
PidLidRecurring = NamedTag(PSETID_APPOINTMENT, 0x8223, BOOLEAN)
PidLidExceptionReplaceTime = NamedTag(PSETID_APPOINTMENT, 0x8228, TIME)
PidLidFInvited = NamedTag(PSETID_APPOINTMENT, 0x8229, BOOLEAN)
PidLidRecurrenceType = NamedTag(PSETID_APPOINTMENT, 0x8231, INTEGER32)
PidLidRecurrencePattern = NamedTag(PSETID_APPOINTMENT, 0x8232, STRING)
PidLidTimeZoneStruct = NamedTag(PSETID_APPOINTMENT, 0x8233, BINARY)
PidLidTimeZoneDescription = NamedTag(PSETID_APPOINTMENT, 0x8234, STRING)
PidLidClipStart = NamedTag(PSETID_APPOINTMENT, 0x8235, TIME)
PidLidClipEnd = NamedTag(PSETID_APPOINTMENT, 0x8236, TIME)
PidLidAllAttendeesString = NamedTag(PSETID_APPOINTMENT, 0x8238, STRING)
PidLidToAttendeesString = NamedTag(PSETID_APPOINTMENT, 0x823B, STRING)
PidLidCcAttendeesString = NamedTag(PSETID_APPOINTMENT, 0x823C, STRING)
PidLidAppointmentTimeZoneDefinitionStartDisplay = NamedTag(PSETID_APPOINTMENT, 0x825E, BINARY)
PidLidAppointmentTimeZoneDefinitionEndDisplay = NamedTag(PSETID_APPOINTMENT, 0x825F, BINARY)
PidLidAppointmentTimeZoneDefinitionRecur = NamedTag(PSETID_APPOINTMENT, 0x8260, BINARY)
PidLidGlobalObjectId = NamedTag(PSETID_MEETING, 0x0003, BINARY)
PidLidCleanGlobalObjectId = NamedTag(PSETID_MEETING, 0x0023, BINARY)
PidLidIsRecurring = NamedTag(PSETID_MEETING, 0x0005, BOOLEAN)
PidLidMeetingType = NamedTag(PSETID_MEETING, 0x0026, INTEGER32)
PidLidOwnerCriticalChange = NamedTag(PSETID_MEETING, 0x001A, TIME)

# Common to many kinds.
PidLidReminderDelta = NamedTag(PSETID_COMMON, 0x8501, INTEGER32)
PidLidReminderTime = NamedTag(PSETID_COMMON, 0x8502, TIME)
PidLidReminderSet = NamedTag(PSETID_COMMON, 0x8503, BOOLEAN)
PidLidPrivate = NamedTag(PSETID_COMMON, 0x8506, BOOLEAN)
PidLidSideEffects = NamedTag(PSETID_COMMON, 0x8510, INTEGER32)
PidLidCommonStart = NamedTag(PSETID_COMMON, 0x8516, TIME)
PidLidCommonEnd = NamedTag(PSETID_COMMON, 0x8517, TIME)
PidLidTaskMode = NamedTag(PSETID_COMMON, 0x8518, INTEGER32)
PidLidFlagRequest = NamedTag(PSETID_COMMON, 0x8530, STRING)
PidLidMileage = NamedTag(PSETID_COMMON, 0x8534, STRING)
PidLidBilling = NamedTag(PSETID_COMMON, 0x8535, STRING)
PidLidCompanies = NamedTag(PSETID_COMMON, 0x8539, MULTIPLE | STRING)
PidLidContacts = NamedTag(PSETID_COMMON, 0x853A, MULTIPLE | STRING)
PidLidReminderSignalTime = NamedTag(PSETID_COMMON, 0x8560, TIME)
PidLidToDoTitle = NamedTag(PSETID_COMMON, 0x85A4, STRING)
PidNameKeywords = NamedTag(PS_PUBLIC_STRINGS, "Keywords", MULTIPLE | STRING)
PidNameContentClass = NamedTag(PS_INTERNET_HEADERS, "content-class", STRING)
PidNameContentType = NamedTag(PS_INTERNET_HEADERS, "content-type", STRING)

# Tasks.
PidLidTaskStatus = NamedTag(PSETID_TASK, 0x8101, INTEGER32)
PidLidPercentComplete = NamedTag(PSETID_TASK, 0x8102, FLOAT64)
PidLidTaskStartDate = NamedTag(PSETID_TASK, 0x8104, TIME)
PidLidTaskDueDate = NamedTag(PSETID_TASK, 0x8105, TIME)
PidLidTaskDateCompleted = NamedTag(PSETID_TASK, 0x810F, TIME)
PidLidTaskActualEffort = NamedTag(PSETID_TASK, 0x8110, INTEGER32)
PidLidTaskEstimatedEffort = NamedTag(PSETID_TASK, 0x8111, INTEGER32)
PidLidTaskRecurrence = NamedTag(PSETID_TASK, 0x8116, BINARY)
PidLidTaskComplete = NamedTag(PSETID_TASK, 0x811C, BOOLEAN)
PidLidTaskOwner = NamedTag(PSETID_TASK, 0x811F, STRING)
PidLidTaskFRecurring = NamedTag(PSETID_TASK, 0x8126, BOOLEAN)

# Notes and journal.
PidLidNoteColor = NamedTag(PSETID_NOTE, 0x8B00, INTEGER32)
PidLidNoteWidth = NamedTag(PSETID_NOTE, 0x8B02, INTEGER32)
PidLidNoteHeight = NamedTag(PSETID_NOTE, 0x8B03, INTEGER32)
PidLidLogType = NamedTag(PSETID_LOG, 0x8700, STRING)
PidLidLogStart = NamedTag(PSETID_LOG, 0x8706, TIME)
PidLidLogDuration = NamedTag(PSETID_LOG, 0x8707, INTEGER32)
PidLidLogEnd = NamedTag(PSETID_LOG, 0x8708, TIME)

# Values of PidTagRecipientType; the bits above the lowest four are flags.
RECIPIENT_ORIGINATOR = 0
RECIPIENT_TO = 1
RECIPIENT_CC = 2
RECIPIENT_BCC = 3

# Bits of PidTagMessageFlags.
FLAG_READ = 0x01
FLAG_UNMODIFIED = 0x02
FLAG_SUBMITTED = 0x04
FLAG_UNSENT = 0x08
FLAG_HAS_ATTACHMENT = 0x10
FLAG_FROM_ME = 0x20
FLAG_ASSOCIATED = 0x40

# Values of PidTagAttachMethod.
ATTACH_BY_VALUE = 1
ATTACH_EMBEDDED_MESSAGE = 5
ATTACH_OLE = 6
ATTACH_BY_WEB_REFERENCE = 7

# Values of PidTagNativeBody.
NATIVE_TEXT = 1
NATIVE_RTF = 2
NATIVE_HTML = 3


@cache
def _names() -> dict[PropertyKey, str]:
    return {value: name for name, value in globals().items() if name.startswith("Pid")}


def property_name(key: PropertyKey) -> str:
    """Name a property for a person: Microsoft's own name, else its number or its set and name."""
    known = _names().get(key)
    if known:
        return known
    if isinstance(key, NamedTag):
        name = f"0x{key.name:04X}" if isinstance(key.name, int) else key.name
        return f"{{{key.guid}}}/{name} (type 0x{key.type:04X})"
    return f"0x{key:08X}"


def type_of(key: PropertyKey) -> int:
    """Give the 16-bit type of a property."""
    return key.type if isinstance(key, NamedTag) else key & 0xFFFF
