from __future__ import annotations

import uuid

from hypothesis import given
from hypothesis import strategies as st

from strongroom.sources.exchange_onprem.identity import mailbox_guid, resource_id

GUID = uuid.UUID("01234567-89ab-cdef-0123-456789abcdef")


def entry_id(guid: uuid.UUID = GUID) -> bytes:
    return b"\0\0\0\0" + guid.bytes_le + b"\1\0" + bytes(22) + b"\0\0"


def test_the_mailbox_guid_lies_little_endian_in_the_entry_id() -> None:
    raw = bytes(4) + bytes.fromhex("67452301ab89efcd0123456789abcdef") + b"\1\0" + bytes(24)
    assert mailbox_guid(raw) == GUID


@given(st.uuids().filter(lambda guid: guid.int))
def test_any_guid_is_found_again(guid: uuid.UUID) -> None:
    assert mailbox_guid(entry_id(guid)) == guid


@given(st.binary(max_size=80).filter(lambda data: len(data) != 46))
def test_what_is_no_folder_entry_id_has_no_guid(data: bytes) -> None:
    assert mailbox_guid(data) is None


def test_without_a_guid_the_root_folder_names_the_mailbox() -> None:
    first = resource_id(None, "AAMkAGIw=")
    assert (
        first
        == resource_id(b"short", "AAMkAGIw=")
        == resource_id(entry_id(uuid.UUID(int=0)), "AAMkAGIw=")
    )
    assert first != resource_id(None, "AAMkAGIx=")
    assert first.startswith("root-")


def test_with_a_guid_the_root_folder_does_not_matter() -> None:
    assert resource_id(entry_id(), "one") == resource_id(entry_id(), "other") == str(GUID)
