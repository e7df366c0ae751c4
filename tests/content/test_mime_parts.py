from __future__ import annotations

import base64
import email
import email.message

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.content.mime_parts import NESTING_MAX, Part, split
from tests.content.corpus import files_in
from tests.content.strange_mail import STRANGE

_BASE64 = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
mail_like = st.lists(
    st.sampled_from(
        [
            b"Content-Type: multipart/mixed; boundary=b\n",
            b"Content-Type: multipart/mixed; boundary=bb\r\n",
            b"Content-Transfer-Encoding: base64\n",
            b"Subject: x\n y\n",
            *(b"--b\n", b"--bb\r\n", b"--b--\n", b"\n", b"\r\n", b"\r", b"--", b"text\n", b" "),
        ]
    )
    | st.binary(max_size=20),
    max_size=30,
).map(b"".join)


def leaves(part: Part) -> list[bytes]:
    if part.children:
        return [leaf for child in part.children for leaf in leaves(child)]
    return [part.content()]


def test_parts_lie_between_boundaries() -> None:
    mail = (
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\npreamble\r\n'
        b"--b\r\nContent-Type: text/html\r\n\r\none\r\n\r\n"
        b"--b \r\n\r\ntwo\r\n--bold is no boundary\r\n"
        b"--b--\r\nepilogue --b\r\n"
    )
    part = split(mail)
    assert [child.kind for child in part.children] == ["text/html", "text/plain"]
    assert leaves(part) == [b"one\r\n", b"two\r\n--bold is no boundary"]


def test_what_was_announced_but_not_sent_is_text() -> None:
    part = split(b"Content-Type: multipart/mixed; boundary=b\r\n\r\nno parts at all")
    assert (part.kind, part.is_multipart) == ("text/plain", False)


def test_a_part_knows_its_exact_bytes() -> None:
    mail = b"A: 1\nB: 2\n more\n\nbody \n"
    part = split(mail)
    assert part.fields == [("A", "1"), ("B", "2\n more")]
    assert part.header("b") == "2 more"
    assert part.raw_body() == b"body \n"


def test_a_digests_parts_are_messages() -> None:
    mail = b"Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: in\n\nx\n--b--\n"
    assert [child.kind for child in split(mail).children] == ["message/rfc822"]


def test_nesting_ends_somewhere() -> None:
    part, depth = split(STRANGE["nested for ever"]), 0
    while part.children:
        part, depth = part.children[0], depth + 1
    assert depth == NESTING_MAX


@given(mail_like)
def test_any_bytes_are_a_mail(data: bytes) -> None:
    part = split(data)
    stack = [part]
    while stack:
        one = stack.pop()
        assert one.start <= one.body <= one.end <= len(data)
        assert all(one.body <= child.start <= child.end <= one.end for child in one.children)
        stack += one.children
    assert isinstance(leaves(part), list)


@pytest.mark.parametrize("name", STRANGE)
def test_strange_mail_has_parts_too(name: str) -> None:
    assert len(leaves(split(STRANGE[name]))) >= 1


def judged(part: email.message.Message) -> list[bytes]:
    """Read the leaves with the standard library."""
    if part.is_multipart():
        inner = part.get_payload()
        assert isinstance(inner, list)
        return [leaf for child in inner for leaf in judged(child)]  # type: ignore[arg-type]
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return [payload]


def is_same(ours: bytes, theirs: bytes) -> bool:
    # The standard library leaves base64 undecoded that is a character too long; we drop that one.
    letters = bytes(c for c in theirs if c in _BASE64)
    return ours == theirs or ours == base64.b64decode(letters[: len(letters) // 4 * 4])


def test_the_standard_library_finds_the_same_parts_in_real_mail() -> None:
    compared, otherwise = 0, []
    for name, data in files_in("mail-real.zip"):
        theirs = email.message_from_bytes(data)
        kinds = {part.get_content_maintype() for part in theirs.walk()}
        if "message" in kinds or any(part.defects for part in theirs.walk()):
            continue
        ours = split(data)
        assert [n for n, _ in ours.fields] == [n for n, _ in theirs.raw_items()], name
        compared += 1
        found, expected = leaves(ours), judged(theirs)
        if len(found) != len(expected) or not all(map(is_same, found, expected)):
            otherwise.append(name)
    assert otherwise == []
    assert compared > 2900
