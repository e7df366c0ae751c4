"""Small frozen values of the estate: accounts, rights, mail that went out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    r"""Somebody who can sign in.

    Attributes:
        user: The name that is typed: an address or ``DOMAIN\name``.
        address: The mailbox of the account, or None (a service account without one).
        may_impersonate: Holds the role ApplicationImpersonation for everyone.
        impersonates_only: The addresses, in small letters, that this is confined to; None: all.
        must_impersonate: Is nobody by itself: an application.
        may_search_mailboxes: Holds the role Discovery Management, so may list mailboxes.
    """

    user: str
    address: str | None
    may_impersonate: bool = False
    impersonates_only: frozenset[str] | None = None
    must_impersonate: bool = False
    may_search_mailboxes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """What one user, or everyone without an entry of their own, may do in a folder.

    Attributes:
        user: An address, or ``Default`` or ``Anonymous``.
        edit_items, delete_items: ``None``, ``Owned`` or ``All``.
        read_items: ``None``, ``TimeOnly``, ``TimeAndSubjectAndLocation`` or ``FullDetails``.
    """

    user: str
    can_create_items: bool = False
    can_create_subfolders: bool = False
    is_folder_owner: bool = False
    is_folder_visible: bool = False
    is_folder_contact: bool = False
    edit_items: str = "None"
    delete_items: str = "None"
    read_items: str = "None"
    level: str = "Custom"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMail:
    """One thing that the server sent, or would have sent, to somebody.

    Attributes:
        what: The item's class (``IPM.Note``, ``REPORT.IPM.Note.IPNRN``).
        sender: Address of the mailbox it left.
        to: Addresses it went to.
        subject: Of the item.
        why: The act that caused it (``SendItem``, ``meeting invitation``, ``read receipt`` …).
    """

    what: str
    sender: str
    to: tuple[str, ...]
    subject: str
    why: str
