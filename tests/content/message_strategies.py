"""Hypothesis strategies: any message that an export stream can hold."""

from __future__ import annotations

import uuid
from typing import Any

from hypothesis import strategies as st

from strongroom.content import tags
from strongroom.content.fts_values import STOPS
from strongroom.content.message import Attachment, FileTime, Message, NamedTag, Properties

# What any two bytes mean as UTF-16, lone surrogates included: more than a well-behaved program has.
texts = st.binary(max_size=60).map(
    lambda raw: raw[: len(raw) // 2 * 2].decode("utf-16-le", "surrogatepass")
)

_SCALARS: dict[int, st.SearchStrategy[Any]] = {
    tags.INTEGER16: st.integers(-(2**15), 2**15 - 1),
    tags.INTEGER32: st.integers(-(2**31), 2**31 - 1),
    tags.INTEGER64: st.integers(-(2**63), 2**63 - 1),
    tags.CURRENCY: st.integers(-(2**63), 2**63 - 1),
    tags.FLOAT32: st.floats(width=32, allow_nan=False),
    tags.FLOAT64: st.floats(allow_nan=False),
    tags.APP_TIME: st.floats(allow_nan=False),
    tags.TIME: st.integers(0, 2**64 - 1).map(FileTime),
    tags.GUID: st.uuids(),
    tags.STRING: texts,
    tags.BINARY: st.binary(max_size=200),
}
_ONLY_SINGLE: dict[int, st.SearchStrategy[Any]] = {
    tags.ERROR: st.integers(0, 2**32 - 1),
    tags.BOOLEAN: st.booleans(),
    tags.OBJECT: st.binary(max_size=50),
    tags.SERVER_ID: st.binary(max_size=50),
}
_VALUES = (
    _SCALARS
    | _ONLY_SINGLE
    | {tags.MULTIPLE | kind: st.lists(values, max_size=4) for kind, values in _SCALARS.items()}
)
_names = st.integers(0, 2**32 - 1) | texts.map(lambda text: text.replace("\0", "0"))
_sets = st.sampled_from([tags.PSETID_COMMON, tags.PS_PUBLIC_STRINGS]) | st.uuids()


@st.composite
def _entries(draw: st.DrawFn) -> tuple[int | NamedTag, Any]:
    kind = draw(st.sampled_from(sorted(_VALUES)))
    key: int | NamedTag
    if draw(st.booleans()):
        key = NamedTag(uuid.UUID(str(draw(_sets))), draw(_names), kind)
    else:
        key = draw(
            st.integers(1, 0x7FFF)
            .map(lambda number: (number << 16) | kind)
            .filter(lambda tag: tag not in STOPS and tag >> 16 != 0x4008)
        )
    return key, draw(_VALUES[kind])


properties: st.SearchStrategy[Properties] = st.lists(_entries(), max_size=6).map(dict)


def _messages(
    inner: st.SearchStrategy[Message | None],
) -> st.SearchStrategy[Message]:
    attachments = st.builds(
        lambda bag, number, embedded: Attachment(
            {**bag, tags.PidTagAttachNumber: number}, embedded
        ),
        properties,
        st.integers(0, 1000),
        inner,
    )
    return st.builds(
        Message,
        properties,
        st.lists(properties, max_size=3),
        st.lists(attachments, max_size=2),
    )


messages: st.SearchStrategy[Message] = st.recursive(
    _messages(st.none()), lambda inner: _messages(st.none() | inner), max_leaves=4
)
