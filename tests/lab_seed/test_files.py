"""The attachments that the lab makes are what their names say."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from random import Random

from lxml import etree

from strongroom.lab.seed import files


def test_a_picture_is_a_png_with_whole_chunks_and_rows() -> None:
    data = files.png(Random(1), width=7, height=5)
    chunks, rest = {}, data[8:]
    while rest:
        length = int.from_bytes(rest[:4], "big")
        kind, body, check = rest[4:8], rest[8 : 8 + length], rest[8 + length : 12 + length]
        assert int.from_bytes(check, "big") == zlib.crc32(kind + body)
        chunks[kind] = body
        rest = rest[12 + length :]

    assert list(chunks) == [b"IHDR", b"IDAT", b"IEND"]
    assert chunks[b"IHDR"][:8] == (7).to_bytes(4, "big") + (5).to_bytes(4, "big")
    assert len(zlib.decompress(chunks[b"IDAT"])) == 5 * (1 + 3 * 7)


def test_every_entry_of_a_pdfs_table_points_at_its_object() -> None:
    data = files.pdf(["A (bracket) and a back\\slash", "naïve"])
    (start,) = re.findall(rb"startxref\n(\d+)\n%%EOF", data)
    places = [int(place) for place in re.findall(rb"(\d{10}) 00000 n", data[int(start) :])]

    assert data.startswith(b"%PDF-1.4")
    assert len(places) == 5
    for number, place in enumerate(places, 1):
        assert data[place:].startswith(b"%d 0 obj" % number)
    assert rb"(A \(bracket\) and a back\\slash) Tj" in data


def test_the_length_of_a_pdfs_page_is_right() -> None:
    (length, content) = re.findall(
        rb"/Length (\d+) >>\nstream\n(.*?)\nendstream", files.pdf(["one", "two"]), re.DOTALL
    )[0]

    assert int(length) == len(content)


def test_a_word_document_is_a_package_of_well_formed_parts() -> None:
    data = files.docx(["First <paragraph> & more", "Second"])
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        assert package.testzip() is None
        parts = {name: etree.fromstring(package.read(name)) for name in package.namelist()}

    texts = [str(text) for text in parts["word/document.xml"].xpath("//text()")]  # type: ignore[union-attr]
    assert texts == ["First <paragraph> & more", "Second"]
    assert "[Content_Types].xml" in parts


def test_files_depend_on_nothing_but_their_seed() -> None:
    assert files.docx(["x"]) == files.docx(["x"])
    assert files.png(Random(1)) == files.png(Random(1))
    assert files.csv(Random(1), 5) == files.csv(Random(1), 5)
    assert files.csv(Random(1), 5) != files.csv(Random(2), 5)


def test_a_price_list_has_the_rows_that_were_asked_for() -> None:
    assert files.csv(Random(1), 5).count(b"\r\n") == 7
