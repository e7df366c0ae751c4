"""The order in which the schema wants an item's properties: a sequence, so order matters.

Taken from ``types.xsd`` of Exchange 2013 SP1: ``ItemType``, then what each type adds to it.
"""

from __future__ import annotations

_ITEM = """
MimeContent ItemId ParentFolderId ItemClass Subject Sensitivity Body Attachments
DateTimeReceived Size Categories Importance InReplyTo IsSubmitted IsDraft IsFromMe IsResend
IsUnmodified InternetMessageHeaders DateTimeSent DateTimeCreated ResponseObjects ReminderDueBy
ReminderIsSet ReminderNextTime ReminderMinutesBeforeStart DisplayCc DisplayTo HasAttachments
ExtendedProperty Culture EffectiveRights LastModifiedName LastModifiedTime IsAssociated
WebClientReadFormQueryString WebClientEditFormQueryString ConversationId UniqueBody Flag
StoreEntryId InstanceKey NormalizedBody EntityExtractionResult PolicyTag ArchiveTag
RetentionDate Preview RightsManagementLicenseData PredictedActionReasons IsClutter BlockStatus
HasBlockedImages TextBody IconIndex
"""
_ADDED = {
    "Message": """
        Sender ToRecipients CcRecipients BccRecipients IsReadReceiptRequested
        IsDeliveryReceiptRequested ConversationIndex ConversationTopic From InternetMessageId
        IsRead IsResponseRequested References ReplyTo ReceivedBy ReceivedRepresenting
        ApprovalRequestData VotingInformation ReminderMessageData
    """,
    "CalendarItem": """
        UID RecurrenceId DateTimeStamp Start End OriginalStart IsAllDayEvent
        LegacyFreeBusyStatus Location When IsMeeting IsCancelled IsRecurring
        MeetingRequestWasSent IsResponseRequested CalendarItemType MyResponseType Organizer
        RequiredAttendees OptionalAttendees Resources ConflictingMeetingCount
        AdjacentMeetingCount ConflictingMeetings AdjacentMeetings Duration TimeZone
        AppointmentReplyTime AppointmentSequenceNumber AppointmentState Recurrence
        FirstOccurrence LastOccurrence ModifiedOccurrences DeletedOccurrences MeetingTimeZone
        StartTimeZone EndTimeZone ConferenceType AllowNewTimeProposal IsOnlineMeeting
        MeetingWorkspaceUrl NetShowUrl EnhancedLocation StartWallClock EndWallClock
        StartTimeZoneId EndTimeZoneId IntendedFreeBusyStatus JoinOnlineMeetingUrl
        OnlineMeetingSettings IsOrganizer
    """,
    "Contact": """
        FileAs FileAsMapping DisplayName GivenName Initials MiddleName Nickname CompleteName
        CompanyName EmailAddresses PhysicalAddresses PhoneNumbers AssistantName Birthday
        BusinessHomePage Children Companies ContactSource Department Generation ImAddresses
        JobTitle Manager Mileage OfficeLocation PostalAddressIndex Profession SpouseName Surname
        WeddingAnniversary HasPicture PhoneticFullName PhoneticFirstName PhoneticLastName Alias
        Notes Photo UserSMIMECertificate MSExchangeCertificate DirectoryId ManagerMailbox
        DirectReports
    """,
    "DistributionList": """
        DisplayName FileAs ContactSource Members
    """,
    "Task": """
        ActualWork AssignedTime BillingInformation ChangeCount Companies CompleteDate Contacts
        DelegationState Delegator DueDate IsAssignmentEditable IsComplete IsRecurring IsTeamTask
        Mileage Owner PercentComplete Recurrence StartDate Status StatusDescription TotalWork
    """,
    "PostItem": """
        ConversationIndex ConversationTopic From InternetMessageId IsRead PostedTime References
        Sender
    """,
}
_PLACES = {
    element: {name: place for place, name in enumerate(f"{_ITEM} {added}".split())}
    for element, added in _ADDED.items()
}
_ITEM_PLACES = {name: place for place, name in enumerate(_ITEM.split())}


def place_of(element: str, name: str) -> int:
    """Say at which place a property stands inside an item's element; unknown ones come last.

    Args:
        element: The item's element (``CalendarItem``).
        name: The property's element (``Subject``).
    """
    return _PLACES.get(element, _ITEM_PLACES).get(name, 10_000)
