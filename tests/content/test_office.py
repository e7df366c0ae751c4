"""Office files that a server has put together anew are the same; changed ones are not."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from strongroom.content import office_package
from strongroom.content.office import Comparison, compare_documents

CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "documents.zip"
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
SERVER = "http://schemas.microsoft.com/office/2006/metadata/properties"
Parts = dict[str, bytes]


def package(parts: Mapping[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, body in parts.items():
            archive.writestr(name, body)
    return out.getvalue()


def relations(*rows: tuple[str, str, str]) -> bytes:
    text = "".join(
        f'<Relationship Id="{id_}" Type="{KIND}/{kind}" Target="{target}"/>'
        for id_, kind, target in rows
    )
    return f'<Relationships xmlns="{RELATIONS}">{text}</Relationships>'.encode()


def document(text: str = "Hello", colour: str = "red") -> Parts:
    """Make a small document with all that matters here."""
    return {
        "[Content_Types].xml": (
            f'<Types xmlns="{TYPES}"><Default Extension="xml" ContentType="application/xml"/>'
            '<Default Extension="rels" ContentType="application/rels"/>'
            '<Override PartName="/word/document.xml" ContentType="main+xml"/>'
            '<Override PartName="/docProps/core.xml" ContentType="core+xml"/></Types>'
        ).encode(),
        "_rels/.rels": relations(
            ("rId1", "officeDocument", "word/document.xml"),
            ("rId2", "core-properties", "docProps/core.xml"),
        ),
        "word/document.xml": (
            f'<?xml version="1.0"?><w:document xmlns:w="{W}"><w:p w:a="1" w:colour="{colour}">'
            f"<w:t>{text}</w:t></w:p><w:last/></w:document>"
        ).encode(),
        "word/_rels/document.xml.rels": relations(
            ("rId1", "image", "media/image1.png"), ("rId2", "customXml", "../customXml/item1.xml")
        ),
        "word/media/image1.png": b"\x89PNG picture",
        "docProps/core.xml": b"<core><title>Offer</title></core>",
        "customXml/item1.xml": b"<mine>bound to a field</mine>",
        "customXml/itemProps1.xml": b'<ds:x xmlns:ds="d" ds:itemID="{A}"/>',
        "customXml/_rels/item1.xml.rels": relations(("rId1", "props", "itemProps1.xml")),
    }


def promoted(parts: Parts) -> Parts:
    """Do what SharePoint does on upload: other properties, its own custom XML, another order."""
    told = {
        "_rels/.rels": relations(
            ("R7", "custom-properties", "docProps/custom.xml"),
            ("R9", "core-properties", "/docProps/core.xml"),
            ("R4", "classificationlabels", "docMetadata/LabelInfo.xml"),
            ("R3", "officeDocument", "/word/document.xml"),
        ),
        "docProps/core.xml": b"<core><title>Another</title><modified/></core>",
        "docProps/custom.xml": b"<Properties/>",
        "docMetadata/LabelInfo.xml": b"<labelList/>",
        "customXml/item1.xml": f'<p:properties xmlns:p="{SERVER}"/>'.encode(),
        "customXml/item2.xml": parts["customXml/item1.xml"],
        "customXml/itemProps2.xml": parts["customXml/itemProps1.xml"],
        "customXml/_rels/item2.xml.rels": relations(("rId1", "props", "itemProps2.xml")),
        "customXml/itemProps1.xml": b'<ds:x xmlns:ds="d" ds:itemID="{B}"/>',
        "word/_rels/document.xml.rels": relations(
            ("rId9", "customXml", "../customXml/item2.xml"),
            ("rId2", "customXml", "../customXml/item1.xml"),
            ("rId1", "image", "media/image1.png"),
        ),
        "[Content_Types].xml": (
            f"<Types xmlns='{TYPES}'>"
            "<Override ContentType='custom+xml' PartName='/docProps/custom.xml'/>"
            "<Override ContentType='main+xml' PartName='/word/document.xml'/>"
            "<Default ContentType='application/rels' Extension='rels'/>"
            "<Default ContentType='application/xml' Extension='xml'/></Types>"
        ).encode(),
    }
    return dict(reversed([*{**parts, **told}.items()]))


def test_the_same_bytes_are_the_same() -> None:
    assert compare_documents(b"abc", b"abc") == Comparison(way="bytes")


def test_other_files_are_compared_by_bytes() -> None:
    compared = compare_documents(b"abc", b"abcd")
    assert (compared.way, compared.differences) == (
        "bytes",
        ("other bytes (3 were saved, 4 came back)",),
    )


def test_what_sharepoint_does_on_upload_is_no_difference() -> None:
    parts = document()
    compared = compare_documents(package(parts), package(promoted(parts), zipfile.ZIP_STORED))
    assert compared == Comparison(
        way="package",
        promoted=(
            "docMetadata/LabelInfo.xml",
            "docProps/core.xml",
            "docProps/custom.xml",
            "customXml/",
        ),
    )


def test_the_same_xml_in_another_form_is_no_difference() -> None:
    parts = document()
    other = (
        f"<?xml version='1.0' encoding='UTF-16'?><w:document xmlns:w='{W}'>"
        "<w:p w:colour='red'   w:a='1'><w:t>H&#101;llo</w:t></w:p><w:last></w:last></w:document>"
    ).encode("utf-16")
    found = {**parts, "word/document.xml": other}
    assert compare_documents(package(parts), package(found)) == Comparison(way="package")


CHANGES: dict[str, tuple[Parts, str]] = {
    "a letter": (document(text="Hallo"), "word/document.xml is another"),
    "white space": (document(text="Hello "), "word/document.xml is another"),
    "an attribute": (document(colour="blue"), "word/document.xml is another"),
    "a picture": ({**document(), "word/media/image1.png": b"\x89PNG Picture"}, "image1.png is"),
    "a part less": (
        {name: body for name, body in document().items() if "image1" not in name},
        "is missing",
    ),
    "a part more": ({**document(), "word/vbaProject.bin": b"macro"}, "was not there"),
    "a relationship": (
        {
            **document(),
            "word/_rels/document.xml.rels": relations(("rId1", "image", "media/image2.png")),
        },
        "document.xml.rels is another",
    ),
    "a relationship's id": (
        {
            **document(),
            "word/_rels/document.xml.rels": relations(("rId5", "image", "media/image1.png")),
        },
        "document.xml.rels is another",
    ),
    "a content type": (
        {
            **document(),
            "[Content_Types].xml": document()["[Content_Types].xml"].replace(b"main+", b"macro+"),
        },
        "word/document.xml has another content type",
    ),
    "custom XML of a person's own": (
        {**document(), "customXml/item1.xml": b"<mine>bound to another field</mine>"},
        "1 pieces of custom XML are missing",
    ),
    "what a field is bound to": (
        {**document(), "customXml/itemProps1.xml": b'<ds:x xmlns:ds="d" ds:itemID="{C}"/>'},
        "1 pieces of custom XML are missing",
    ),
    "more custom XML": ({**document(), "customXml/item2.xml": b"<new/>"}, "were not there"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_any_other_change_is_told(change: str) -> None:
    parts, told = CHANGES[change]
    compared = compare_documents(package(document()), package(parts))
    assert compared.way == "package"
    assert any(told in one for one in compared.differences), compared


def test_properties_are_told_apart_wherever_they_lie() -> None:
    elsewhere = "package/services/metadata/core-properties/1f.psmdcp"
    saved = document()
    saved["_rels/.rels"] = saved["_rels/.rels"].replace(b"docProps/core.xml", elsewhere.encode())
    saved[elsewhere] = saved.pop("docProps/core.xml")
    compared = compare_documents(package(saved), package({**saved, elsewhere: b"<core/>"}))
    assert compared == Comparison(way="package", promoted=(elsewhere,))


def test_differences_are_few_and_printable() -> None:
    many = {f"word/\x1b[31m{number}.bin": b"x" for number in range(100)}
    compared = compare_documents(package(document()), package({**document(), **many}))
    assert len(compared.differences) == 21
    assert compared.differences[-1] == "and 80 more"
    assert all(one.isprintable() for one in compared.differences)


# What somebody may do on purpose.


def test_a_zip_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office_package, "UNPACKED_BYTES_MAX", 1_000_000)
    bomb = package({**document(), "word/zeros.bin": bytes(2_000_000)})
    assert len(bomb) < 10_000
    assert compare_documents(bomb, package(document())).way == "bytes"


def test_a_part_that_says_it_is_smaller_than_it_is_is_no_more_than_damaged() -> None:
    whole = package({**document(), "word/zeros.bin": bytes(2_000_000)})
    lying = whole.replace((2_000_000).to_bytes(4, "little"), (99).to_bytes(4, "little"))
    assert compare_documents(whole, lying).way == "bytes"


def test_too_many_parts_are_not_looked_into(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office_package, "PARTS_MAX", 8)
    parts = document()
    assert compare_documents(package(parts), package(promoted(parts))).way == "bytes"


def test_two_parts_of_one_name_are_not_looked_into() -> None:
    out = io.BytesIO(package(document()))
    with zipfile.ZipFile(out, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("word/document.xml", b"<another/>")
    assert compare_documents(package(document()), out.getvalue()).way == "bytes"


def test_an_encrypted_part_is_not_looked_into() -> None:
    whole = bytearray(package(document()))
    at = whole.index(b"PK\x01\x02") + 8
    whole[at] |= 1
    assert compare_documents(package(document()), bytes(whole)).way == "bytes"


ENTITIES = b'<!DOCTYPE a [<!ENTITY x "%b"><!ENTITY y "&x;&x;&x;&x;&x;&x;&x;&x;">]><a>&y;</a>'


def test_entities_are_never_expanded_and_compared_by_bytes() -> None:
    saved = {**document(), "word/document.xml": ENTITIES % b"ha"}
    same = {**saved, "docProps/core.xml": b"<core/>"}
    other = {**saved, "word/document.xml": ENTITIES % b"ho"}
    assert compare_documents(package(saved), package(same)).is_equal
    assert not compare_documents(package(saved), package(other)).is_equal
    outside = b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>'
    spaced = outside.replace(b"<a/>", b"<a />")
    compared = compare_documents(
        package({**saved, "word/document.xml": outside}),
        package({**saved, "word/document.xml": spaced}),
    )
    assert compared.differences == ("word/document.xml is another",)


def test_xml_that_nests_too_deep_or_is_too_large_must_be_the_same_by_bytes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    deep = b"<a>" * 5_000 + b"</a>" * 5_000
    saved = {**document(), "word/document.xml": deep}
    assert compare_documents(
        package(saved), package({**saved, "docProps/core.xml": b"<c/>"})
    ).is_equal
    other = {**saved, "word/document.xml": deep.replace(b"<a></a>", b"<a/>")}
    assert not compare_documents(package(saved), package(other)).is_equal
    monkeypatch.setattr(office_package, "XML_BYTES_MAX", 100)
    large = {**document(), "word/document.xml": document()["word/document.xml"] + b" "}
    assert not compare_documents(package(document()), package(large)).is_equal


@pytest.mark.parametrize("cut", range(20, 900, 60))
def test_a_damaged_package_is_never_called_the_same(cut: int) -> None:
    parts = document()
    whole = package(parts)
    for broken in (whole[:-cut], whole[:cut] + b"\xff\xff" + whole[cut + 2 :]):
        compared = compare_documents(whole, broken)
        if compared.is_equal:
            # What was hit says nothing of the content: a time, an attribute of a file system.
            with zipfile.ZipFile(io.BytesIO(broken)) as archive:
                assert {name: archive.read(name) for name in archive.namelist()} == parts


@settings(max_examples=150, deadline=None)
@given(
    hits=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=6),
    compression=st.sampled_from([zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2]),
)
def test_no_damage_ends_in_a_traceback(hits: list[tuple[int, int]], compression: int) -> None:
    whole = package(document(), compression)
    broken = bytearray(whole)
    for at, value in hits:
        broken[at % len(broken)] = value
    assert compare_documents(whole, bytes(broken)).way in {"bytes", "package"}


def test_comments_in_relationships_say_nothing() -> None:
    parts = document()
    name = "word/_rels/document.xml.rels"
    found = {**parts, name: parts[name].replace(b"<Relationship ", b"<!-- --><Relationship ", 1)}
    assert compare_documents(package(parts), package(found)) == Comparison(way="package")


# Any package, put together anew in any way, and any change in it.

NAMES = st.sampled_from(["a", "w:b", "c"])
TEXT = st.text("ab <&>\"'é\n", max_size=6)


@st.composite
def elements(draw: st.DrawFn, depth: int = 3) -> etree._Element:
    made = etree.Element(draw(st.sampled_from(["a", f"{{{W}}}b", "c"])), nsmap={"w": W})
    for name in draw(st.sets(st.sampled_from(["x", "y", f"{{{W}}}z"]))):
        made.set(name, draw(TEXT))
    made.text = draw(TEXT)
    if depth:
        made.extend(draw(st.lists(elements(depth - 1), max_size=2)))
    return made


PACKAGES = st.dictionaries(
    st.sampled_from(["word/document.xml", "xl/sheet1.xml", "ppt/slides/slide1.xml", "word/a.xml"]),
    elements(),
    min_size=1,
)


def plain(roots: Mapping[str, etree._Element]) -> Parts:
    return {name: bytes(etree.tostring(root)) for name, root in roots.items()}


def anew(roots: Mapping[str, etree._Element], chance: random.Random) -> Parts:
    """Write the same trees another way: other quotes, order, encoding."""
    written = {}
    for name, root in roots.items():
        encoding = chance.choice(["utf-8", "utf-16", "ascii"])
        copy = etree.fromstring(etree.tostring(root))
        for element in copy.iter():
            pairs = list(element.attrib.items())
            chance.shuffle(pairs)
            element.attrib.clear()
            for key, value in pairs:
                element.set(key, value)
        text = etree.tostring(copy, encoding=encoding, xml_declaration=True)
        assert isinstance(text, bytes)
        written[name] = text
    return written


@settings(max_examples=40, deadline=None)
@given(roots=PACKAGES, seed=st.integers(0, 2**32), data=st.data())
def test_any_package_written_anew_is_the_same_and_any_change_is_told(
    roots: dict[str, etree._Element], seed: int, data: st.DataObject
) -> None:
    chance = random.Random(seed)
    base = document()
    saved = package({**base, **plain(roots)})
    found = [*promoted({**base, **anew(roots, chance)}).items()]
    chance.shuffle(found)
    compression = chance.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
    compared = compare_documents(saved, package(dict(found), compression))
    assert (compared.way, compared.differences) == ("package", ())
    name = data.draw(st.sampled_from(sorted(roots)))
    places = list(roots[name].iter())
    at = data.draw(st.sampled_from(places))
    change(at, chance)
    changed = promoted({**base, **anew(roots, chance)})
    differences = compare_documents(saved, package(changed, compression)).differences
    assert differences == (f"{name} is another",)


def change(element: etree._Element, chance: random.Random) -> None:
    match chance.randrange(4):
        case 0:
            element.text = (element.text or "") + "!"
        case 1:
            element.set("new", "1")
        case 2:
            element.tag = "d"
        case _:
            etree.SubElement(element, "e")


@pytest.mark.skipif(not CORPUS.exists(), reason="NOT SHOWN: the corpus of documents is not here")
@pytest.mark.parametrize(("every", "least"), [(4, 10), pytest.param(1, 40, marks=pytest.mark.soak)])
def test_real_documents_written_anew_are_the_same_and_changed_ones_are_not(
    every: int, least: int
) -> None:
    compared = 0
    with zipfile.ZipFile(CORPUS) as corpus:
        for name in corpus.namelist()[::every]:
            body = corpus.read(name)
            if not name.endswith(("x", "m")) or not zipfile.is_zipfile(io.BytesIO(body)):
                assert not compare_documents(body, body + b" ").is_equal
                continue
            compared += look_at(body)
    assert compared >= least


def look_at(body: bytes) -> bool:
    """Write a real package anew, then spoil each kind of part once."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            parts = {one.filename: archive.read(one) for one in archive.infolist()}
    except (zipfile.BadZipFile, EOFError):
        return False
    if "[Content_Types].xml" not in parts:
        return False
    again = {**dict(reversed(parts.items())), "docProps/core.xml": b"<core/>"}
    assert compare_documents(body, package(again)).differences == ()
    content = [one for one in parts if one.startswith(("word/", "xl/", "ppt/", "visio/"))]
    for name in content[:: max(1, len(content) // 3)]:
        if parts[name]:
            spoiled = {**again, name: parts[name].replace(b"<", b"<x", 1) + b"."}
            told = compare_documents(body, package(spoiled)).differences
            assert told == (f"{name} is another",)
    return True
