#!/usr/bin/env python3
"""Read a repository of Strongroom with nothing but this file: list its restore points, extract one.

It needs Python 3.11, the package ``cryptography``, and one for zstd (Python 3.14 has it, else
``backports.zstd`` or ``zstandard``), and takes repositories in restic's format, version 2, whoever
wrote them (docs/formats/repository.md). It writes into folder X, and meanwhile a file X.part.

    read_repository.py STORAGE/repositories/mailbox/ID                   the restore points
    read_repository.py STORAGE/repositories/mailbox/ID latest            what is in one
    read_repository.py STORAGE/repositories/mailbox/ID latest --into X   extract it into folder X

The password comes from RESTIC_PASSWORD, --password-file, or is asked for; or --recovery-key-file,
for a repository in its storage. What is damaged is named, the rest extracted. Exit code 0: all is
well; 1: it cannot be opened, or the disk takes no more; 4: something is damaged.
"""

# ruff: noqa: ANN401, D101, D102, D103, S305, T201, TRY301 - it is for hard times: short, complete, and alone
from __future__ import annotations

import argparse
import base64
import contextlib
import errno
import getpass
import hashlib
import importlib
import json
import os
import re
import struct
import sys
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.poly1305 import Poly1305

for _name in ("zstandard", "backports.zstd", "compression.zstd"):
    with contextlib.suppress(ImportError):
        zstd = importlib.import_module(_name)

BYTES_MAX = 512 << 20  # no file of a repository is longer; a longer one would only fill the memory


class Damaged(Exception): ...  # something is not what was stored, or is not there


class Keys(NamedTuple):
    """The master key of a repository, or a password made into such a key."""

    encrypt: bytes
    mac_k: bytes
    mac_r: bytes

    def open(self, box: bytes) -> bytes:
        """Open ``nonce (16) ‖ ciphertext ‖ tag (16)``."""
        nonce, ciphertext, tag = box[:16], box[16:-16], box[-16:]
        pad = Cipher(algorithms.AES(self.mac_k), modes.ECB()).encryptor().update(nonce)
        if len(box) < 32 or Poly1305.generate_tag(self.mac_r + pad, ciphertext) != tag:
            raise Damaged("it was changed, or sealed with another key")
        return Cipher(algorithms.AES(self.encrypt), modes.CTR(nonce)).decryptor().update(ciphertext)


def whole(path: Path) -> bytes:
    if path.stat().st_size > BYTES_MAX:
        raise Damaged("it is far too long")
    return path.read_bytes()


def plain(text: str) -> str:  # which does nothing to a terminal
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def unpack(frame: bytes) -> bytes:
    context = zstd.ZstdDecompressor()
    try:  # the package zstandard wants one step more
        return bytes(getattr(context, "decompressobj", lambda: context)().decompress(frame))
    except Exception as error:
        raise Damaged("it cannot be decompressed") from error


def keys_by_password(home: Path, password: str) -> Keys:
    for path in sorted((home / "keys").glob("*")):
        try:
            key = json.loads(whole(path))
            cost = {"n": key["N"], "r": key["r"], "p": key["p"], "maxmem": 2**31 - 1, "dklen": 64}
            raw = hashlib.scrypt(password.encode(), salt=base64.b64decode(key["salt"]), **cost)
            user, box = Keys(raw[:32], raw[32:48], raw[48:]), base64.b64decode(key["data"])
            master = json.loads(user.open(box))
        except (Damaged, OSError, ValueError, KeyError, TypeError):
            continue
        mac = master["mac"]
        return Keys(*map(base64.b64decode, (master["encrypt"], mac["k"], mac["r"])))
    raise SystemExit("The password opens none of the files in keys/.")


def keys_by_recovery_key(home: Path, typed: str) -> Keys:
    """Open the storage key with the recovery key, and the repository's master key with that."""
    letters = "".join(typed.upper().replace("-", "").split()).translate(str.maketrans("018", "OIB"))
    secret = base64.b32decode(letters)[:20]
    by = HKDF(hashes.SHA256(), 32, salt=None, info=b"strongroom: recovery key").derive(secret)
    home = home.resolve()
    own = re.sub(r"~k\d+$", "", home.name)  # it lies beside, once it was given another key
    at = f" at {home.name}" * (own != home.name)
    for name, file in [(one, other) for one in ("", "-copy") for other in ("", "-copy")]:
        try:
            record = json.loads(whole(home.parents[2] / f"strongroom/storage{name}.json"))
            of = f"strongroom storage {record['id']}: "
            key = unseal(by, record["recovery"]["storage_key"], f"{of}storage key by recovery key")
            sealed = json.loads(whole(home.parent / own / f"strongroom/master-key{file}.json"))
            raw = unseal(key, sealed["sealed"], f"{of}master key of {home.parent.name}/{own}{at}")
            return Keys(raw[:32], raw[32:48], raw[48:])
        except (Damaged, OSError, ValueError, KeyError, TypeError, InvalidTag):
            continue
    raise SystemExit("The recovery key does not open the storage that the repository lies in.")


def unseal(key: bytes, box: str, purpose: str) -> bytes:
    raw = base64.b64decode(box)  # AES-256-GCM, ``nonce (12) ‖ ciphertext ‖ tag (16)``
    return AESGCM(key).decrypt(raw[:12], raw[12:], purpose.encode())


class Repository:
    def __init__(self, home: Path, keys: Keys) -> None:
        self.home, self.keys = home, keys
        self.damage: list[str] = []
        self.unlisted: list[Path] = []  # packs that no index names
        # By kind and id of a blob: pack, offset, length, length of the content (0: not packed).
        self.places: dict[tuple[str, str], list[tuple[str, int, int, int]]] = {}
        if (version := json.loads(keys.open(whole(home / "config")))["version"]) != 2:
            raise SystemExit(f"The repository has version {version} of the format, not 2.")

    def tell(self, what: str) -> None:
        self.damage.append(what)
        print(f"DAMAGED: {plain(what)}", file=sys.stderr)

    def documents(self, folder: str) -> dict[str, Any]:
        """Read the sealed JSON files of a folder; what is damaged is named and left out."""
        found = {}
        for path in sorted((self.home / folder).glob("?" * 64)):
            try:
                box = whole(path)
                if hashlib.sha256(box).hexdigest() != path.name:
                    raise Damaged("its content does not match its name")
                data = self.keys.open(box)
                found[path.name] = json.loads(unpack(data[1:]) if data[:1] == b"\x02" else data)
            except (Damaged, OSError, ValueError) as error:
                self.tell(f"{folder}/{path.name}: {error}")
        return found

    def load_index(self) -> None:
        """Learn where every blob lies."""
        listed = set()
        for pack in [pack for one in self.documents("index").values() for pack in one["packs"]]:
            listed.add(pack["id"])
            for blob in pack["blobs"]:
                raw_length = blob.get("uncompressed_length", 0)
                place = (pack["id"], blob["offset"], blob["length"], raw_length)
                self.places.setdefault((blob["type"], blob["id"]), []).append(place)
        packs = (self.home / "data").glob("*/" + "?" * 64)
        self.unlisted = sorted(path for path in packs if path.name not in listed)

    def read_header(self, path: Path) -> None:
        try:
            data = whole(path)
            (length,) = struct.unpack("<I", data[-4:])
            header, at, offset = self.keys.open(data[-4 - length : -4]), 0, 0
            while at < len(header):
                layout = struct.Struct("<BII32s" if header[at] >= 2 else "<BI32s")
                kind, stored, *raw, blob = layout.unpack_from(header, at)
                place = (path.name, offset, stored, raw[0] if raw else 0)
                self.places.setdefault((("data", "tree")[kind % 2], blob.hex()), []).append(place)
                at, offset = at + layout.size, offset + stored
        except (Damaged, OSError, struct.error) as error:
            self.tell(f"data/{path.name[:2]}/{path.name}: {error}")

    def blob(self, kind: str, blob: str) -> bytes:
        """Read a blob, from whichever place it can be had, and check it by its hash."""
        why: Exception = Damaged("no index names it")
        for pack, offset, length, raw_length in self.places.get((kind, blob), ()):
            try:
                with (self.home / "data" / pack[:2] / pack).open("rb") as file:
                    file.seek(offset)
                    data = self.keys.open(file.read(length))
                data = unpack(data) if raw_length else data
                if hashlib.sha256(data).hexdigest() == blob:
                    return data
                why = Damaged("its content does not match its name")
            except (Damaged, OSError) as error:
                why = error
        if not self.unlisted:
            raise Damaged(f"{kind} blob {blob}: {why}")
        while self.unlisted:  # an index may be lost: packs say themselves what they hold
            self.read_header(self.unlisted.pop())
        return self.blob(kind, blob)

    def give(self, tree: str, only: tuple[str, ...], into: Path | None) -> None:
        """List a folder and all below it, or write it: files and folders, no links or devices."""
        waiting: list[tuple[tuple[str, ...], Any]] = [((), {"type": "dir", "subtree": tree})]
        while waiting:
            path, node = waiting.pop()
            if path[: len(only)] != only[: len(path)]:
                continue
            kind, name = str(node.get("type")), "/".join(path)
            try:
                if len(path) < max(1, len(only)):
                    pass
                elif into is None:
                    print(plain(f"{node.get('size', 0):>12} {node['mtime'][:19]} {kind:4} {name}"))
                elif kind == "dir":
                    into.joinpath(*path).mkdir(parents=True, exist_ok=True)
                elif kind == "file":
                    self.write(into.joinpath(*path), node, into.with_name(f"{into.name}.part"))
                if kind == "dir":
                    nodes = json.loads(self.blob("tree", node["subtree"]))["nodes"]
                    named = {unquote(one["name"]): one for one in nodes}
                    if any(one in {"", ".."} or Path(one).name != one for one in named):
                        raise Damaged("it holds a name that leads elsewhere")
                    waiting += [((*path, key), one) for key, one in named.items()][::-1]
            except (Damaged, OSError, ValueError, KeyError, TypeError, OverflowError) as error:
                if getattr(error, "errno", 0) in {errno.ENOSPC, errno.EDQUOT, errno.EROFS}:
                    raise
                self.tell(f"the {('file', 'folder')[kind == 'dir']} {name or '/'}: {error}")

    def write(self, target: Path, node: Any, part: Path) -> None:
        """Write one file, whole or not at all, whatever ends this program meanwhile."""
        target.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as last:
            with part.open("xb") as file:
                last.callback(part.unlink, missing_ok=True)
                for blob in node["content"] or ():
                    file.write(self.blob("data", blob))
                if file.tell() != node.get("size", 0) or target.exists():
                    raise Damaged("its pieces do not add up to its size, or another has its name")
            os.utime(part, (moment(node["mtime"]), moment(node["mtime"])))
            part.rename(target)


def moment(text: str) -> float:  # which may have nanoseconds
    return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text)).timestamp()


def unquote(name: str) -> str:
    r"""Undo Go's quoting of names (``\n``, ``\xff``, ``\u2028``); other bytes become surrogates."""

    def char(match: re.Match[bytes]) -> bytes:
        if match[0][1:2] == b"x":
            return bytes.fromhex(match[0][2:].decode())
        return match[0].decode("unicode_escape").encode()

    escape = rb"\\(x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8}|.)"
    return re.sub(escape, char, name.encode()).decode("utf-8", "surrogateescape")


def main() -> int:
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("repository", type=Path, help="its folder: STORAGE/repositories/KIND/ID")
    parser.add_argument("point", nargs="?", help="how its id begins, or latest; none: list all")
    parser.add_argument("--into", type=Path, help="extract into this folder")
    parser.add_argument("--only", default="", metavar="PATH", help="only this, and all below it")
    parser.add_argument("--password-file", type=Path)
    parser.add_argument("--recovery-key-file", type=Path)
    given = parser.parse_args()
    home, secret = given.repository, os.environ.get("RESTIC_PASSWORD", "")
    if file := given.recovery_key_file or given.password_file:
        secret = file.read_text(encoding="utf-8").rstrip("\r\n")
    keys = keys_by_recovery_key(home, secret) if given.recovery_key_file else None
    secret = secret or getpass.getpass("Password: ")
    repository = Repository(home, keys or keys_by_password(home, secret))
    points = repository.documents("snapshots")
    order = sorted(points, key=lambda name: moment(points[name]["time"]))
    begin = order[-1] if given.point == "latest" and order else str(given.point)
    found = [name for name in order if name.startswith(begin)]
    if given.point is None:
        for name, one in ((name, points[name]) for name in order):
            more = *one["paths"], *(one.get("tags") or ())
            print(plain(f"{name[:12]} {one['time'][:19]} {' '.join(more)}"))
    elif len(found) != 1:
        raise SystemExit(f"{len(found)} restore points begin with {given.point}.")
    elif given.into is not None and given.into.exists():
        raise SystemExit(f"{given.into} is there already; name a folder that is not.")
    else:
        repository.load_index()
        only = filter(None, given.only.split("/"))
        repository.give(points[found[0]]["tree"], tuple(only), given.into)
    return 4 if repository.damage else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Damaged, OSError) as failure:
        sys.exit(plain(f"It ended before all was done: {failure}"))
