"""Trees as restic writes them: nodes, in order, as exact JSON.

Which fields a node has, and in which order, is decided by restic's Go structure; what is zero there
is left out, except for times, owner and content. A file has ``size`` only if it has content; a
folder's ``content`` is null.

Source:
    https://restic.readthedocs.io/en/stable/100_references.html#trees-and-data
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import orjson

from strongroom.store.gojson import dumps, format_time, quote, unquote
from strongroom.store.pack import BlobId

RawNode = dict[str, Any]

_FILE_MODE = 0o600
_FOLDER_MODE = 0o700 | 1 << 31
"""Go's own bit for "directory", not the operating system's."""

_FIELDS = {
    key: at
    for at, key in enumerate(
        (
            "name", "type", "mode", "mtime", "atime", "ctime", "uid", "gid", "user", "group",
            "inode", "device_id", "size", "links", "linktarget", "linktarget_raw",
            "extended_attributes", "generic_attributes", "device", "content", "subtree", "error",
        )
    )
}  # fmt: skip
_ALWAYS = {"name", "type", "mtime", "atime", "ctime", "uid", "gid", "content"}
_MAY_BE_ZERO = {"uid", "gid", "content"}
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,8}[1-9])?(Z|[+-]\d\d:\d\d)")
_NEVER_PLAIN = re.compile(r"[\x00-\x1f\x7f]")
"""What Go's ``strconv.Quote`` writes as an escape, whatever its version."""

_TYPES = {"file", "dir", "symlink", "dev", "chardev", "fifo", "socket", "irregular"}


def file_node(name: str, mtime: datetime, size: int, content: Iterable[BlobId]) -> RawNode:
    """Make a file's node. Root owns it, for nobody's rights on a server map to a number here."""
    node = _node(name, "file", _FILE_MODE, mtime)
    if size:
        node["size"] = size
    node["content"] = [blob_id.hex() for blob_id in content]
    return node


def folder_node(name: str, mtime: datetime, subtree: BlobId) -> RawNode:
    """Make a folder's node."""
    node = _node(name, "dir", _FOLDER_MODE, mtime)
    node["content"] = None
    node["subtree"] = subtree.hex()
    return node


def encode_tree(nodes: Iterable[RawNode]) -> bytes:
    """Write a tree, its nodes sorted by the UTF-8 bytes of their names.

    Raises:
        ValueError: two nodes have the same name, or one has a name that no file system can hold.
    """
    keyed = sorted((name_bytes(unquote(node["name"])), at, node) for at, node in enumerate(nodes))
    before = b""
    for name, _, _ in keyed:
        refuse_name(name)
        if name == before:
            raise ValueError(f"two nodes of a tree have the name {name!r}")
        before = name
    return dumps({"nodes": [node for _, _, node in keyed]}) + b"\n"


def decode_tree(raw: bytes) -> list[RawNode]:
    """Read a tree and see to it that everything its users rely on is there.

    Raises:
        ValueError: it is none.
    """
    document = orjson.loads(raw)
    nodes = document.get("nodes") if isinstance(document, dict) else None
    if not isinstance(nodes, list):
        raise ValueError("not a tree")  # noqa: TRY004 - the bytes are wrong, not a type of ours
    for node in nodes:
        _refuse_nonsense(node)
    return nodes


def is_as_restic_writes(node: RawNode) -> bool:
    """Say whether a node has restic's fields, all that must be there, in restic's order.

    restic reads others as well, and writes them differently: its ``rewrite`` refuses such a tree.
    """
    known = [at for key in node if (at := _FIELDS.get(key)) is not None]
    return (
        len(known) == len(node)
        and known == sorted(known)
        and node.keys() >= _ALWAYS
        and all(node[key] for key in node.keys() - _MAY_BE_ZERO)
        and all(_TIME.fullmatch(str(node[key])) for key in ("mtime", "atime", "ctime"))
        and not _NEVER_PLAIN.search(node["name"])
    )


def node_name(node: RawNode) -> str:
    """Give a node's name, unquoted."""
    return unquote(node["name"])


def content_ids(node: RawNode) -> tuple[BlobId, ...]:
    """Give the ids of a file's blobs."""
    return tuple(bytes.fromhex(blob_id) for blob_id in node.get("content") or ())


def name_bytes(name: str) -> bytes:
    """Give a name as restic sorts it; bytes that are not UTF-8 stay what they are."""
    return name.encode("utf-8", "surrogateescape")


def refuse_name(name: bytes) -> None:
    """Raise ``ValueError`` for a name that would lead out of its folder, or into another one."""
    if name in {b"", b".", b".."} or b"/" in name or b"\0" in name:
        raise ValueError(f"not a name of a file or folder: {name!r}")


def _node(name: str, kind: str, mode: int, mtime: datetime) -> RawNode:
    time = format_time(mtime)
    return {
        "name": quote(name),
        "type": kind,
        "mode": mode,
        "mtime": time,
        "atime": time,
        "ctime": time,
        "uid": 0,
        "gid": 0,
    }


def _refuse_nonsense(node: object) -> None:
    if not isinstance(node, dict) or node.get("type") not in _TYPES:
        raise ValueError("a tree holds something that is no node")
    unquote(node["name"] if isinstance(node.get("name"), str) else "\\")
    ids = list(node.get("content") or ())
    if node["type"] == "dir":
        ids.append(node.get("subtree"))
    if not all(isinstance(blob_id, str) and len(bytes.fromhex(blob_id)) == 32 for blob_id in ids):
        raise ValueError("a node names a blob by something that is no id")
    if not isinstance(node.get("size", 0), int):
        raise ValueError("a node has a size that is no number")  # noqa: TRY004 - as above
