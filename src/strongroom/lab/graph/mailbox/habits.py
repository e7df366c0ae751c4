"""What Graph does where its documentation is silent, or where a server may do either."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True, kw_only=True)
class Habits:
    """Change them at any time; a request sees what holds when it comes.

    Attributes:
        honours_immutable_ids: ``Prefer: IdType="ImmutableId"`` changes the ids of items.
        echoes_preferences: What was honoured is told in ``Preference-Applied``.
        expands_in_delta: ``$expand`` of extended properties is taken by ``items/delta`` too.
        well_known_names: Folders tell their ``wellKnownName``, documented since August 2026.
        parent_mailbox_urls: Folders tell their ``parentMailboxUrl``, as samples show.
        hidden_folders: Folders that people do not see are listed.
        hidden_items: Folder-associated items are listed and exported.
        old_error_name: An item that could not be exported says ``Error`` for ``error``.
        archives_in_v1: Archives are served by v1.0 too.
        pages_by_default, page_max: Entries of a page.
        delta_page: Entries of a page of ``delta`` where the client does not say.
        full_mailboxes_have_no_delta: Over its quota a mailbox keeps no place in its history.
        empty_pages: Share of the pages of ``delta`` that are empty and have a next one.
        repeated: Share of the pages of ``delta`` that tell the last entry of the one before again.
        time_digits: Digits after the second in extended properties.
        session_minutes: How long an import session lasts.
        refuses_authorization: Importing with an ``Authorization`` header is refused.
        exports_in_batch: ``exportItems`` may stand in a ``$batch``.
        json_bytes_max: Larger requests to Graph itself are refused.
        import_bytes_max: Larger requests to the place that imports are refused.
    """

    honours_immutable_ids: bool = True
    echoes_preferences: bool = True
    expands_in_delta: bool = True
    well_known_names: bool = True
    parent_mailbox_urls: bool = True
    hidden_folders: bool = True
    hidden_items: bool = False
    old_error_name: bool = False
    archives_in_v1: bool = False
    pages_by_default: int = 10
    page_max: int = 1000
    delta_page: int = 10
    full_mailboxes_have_no_delta: bool = True
    empty_pages: float = 0.0
    repeated: float = 0.0
    time_digits: int = 0
    session_minutes: int = 60
    refuses_authorization: bool = True
    exports_in_batch: bool = True
    json_bytes_max: int = 4 << 20
    import_bytes_max: int = 210 << 20
