"""What the lab's sites hold, and what is told of them: true, online and on the farm alike."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest

from strongroom.errors import OperatorError
from strongroom.lab.lab import Lab, Wishes
from strongroom.lab.sharepoint.content.collection import SiteCollection
from strongroom.lab.sharepoint.content.seed_archive import Archive, fill_from, read_archive
from strongroom.lab.sharepoint.content.seed_personal import personal_path
from strongroom.lab.sharepoint.face import SharePointFace

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus" / "documents.zip"


def packed(folder: Path, members: dict[str, bytes], name: str = "Our papers.zip") -> Path:
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for member, data in members.items():
            package.writestr(member, data)
    return path


def site(face: SharePointFace, path: str) -> SiteCollection:
    found = face.content.collection(path)
    assert found is not None
    return found


def documents(collection: SiteCollection) -> dict[str, bytes]:
    library = collection.root.list_by_title("Documents")
    assert library is not None
    return {
        "/".join(one.inner_path): one.file.content for one in library.items.values() if one.file
    }


def told(document: Any, path: str) -> dict[str, Any]:
    (found,) = (one for one in document["sites"] if one["url"].endswith(path))
    return dict(found)


def test_an_archive_fills_a_site_of_its_name_online_and_on_the_farm(tmp_path: Path) -> None:
    files = {"a.txt": b"top", "deep/er/b.txt": b"below", "deep/c.bin": bytes(300)}
    with Lab(Wishes(documents=(packed(tmp_path, files),))) as lab:
        document: Any = lab.ready_document(tmp_path / "ca.pem")
        for face, part in (
            (lab.cloud.farm_face, document["sharepoint"]),
            (lab.farm_face, document["sharepoint_server"]),
        ):
            there = site(face, "/sites/our-papers")
            assert documents(there) == files
            assert there.root.title == "Our papers"
            # Three files and two folders, and the page that every site begins with.
            assert told(part, "/sites/our-papers")["documents"] == 3
            assert told(part, "/sites/our-papers")["items"] == 3 + 2 + 1
        known = {one.name for one in lab.cloud.tenant.reach.sites.values()}
        assert "Our papers" in known
        assert lab.unread == []


def test_what_a_server_does_not_take_is_told_by_name_once_it_runs(tmp_path: Path) -> None:
    archive = packed(tmp_path, {"tools/run.exe": b"MZ", "a.txt": b"x"})
    with Lab(Wishes(documents=(archive,))) as lab:
        assert [one.name for one in lab.unread] == ["tools/run.exe"]
        assert "blocked" in lab.unread[0].why
        assert set(documents(site(lab.cloud.farm_face, "/sites/our-papers"))) == {
            "tools/run.exe",
            "a.txt",
        }
        assert set(documents(site(lab.farm_face, "/sites/our-papers"))) == {"a.txt"}


def test_strange_names_become_names_of_the_site_and_none_is_lost(tmp_path: Path) -> None:
    names = (
        "../../outside.txt", "C:\\x\\y.txt", "a?b.txt", "a*b.txt", "A_B.txt", "same", "same/inner",
        "\x1b[31mred.txt", "dots./trailing. ", "//double//slash.txt", ".hidden",
    )  # fmt: skip
    archive = read_archive(packed(tmp_path, {name: name.encode() for name in names}))
    with Lab() as lab:
        for face in (lab.cloud.farm_face, lab.farm_face):
            collection = site(face, "/sites/board")
            with collection.lock:
                assert fill_from(collection, archive, by=collection.owner_id) == []
            there = documents(collection)
            assert sorted(there.values()) == sorted(name.encode() for name in names)
            for name in there:
                assert name.isprintable()
                assert not {"", ".", ".."} & set(name.split("/"))
                assert not set('"*:<>?\\|') & set(name)


@pytest.mark.parametrize(
    ("file", "path"),
    [
        ("documents", "/sites/documents"),
        ("Jahres Zahlen (2)", "/sites/jahres-zahlen-2"),
        ("漢字", "/sites/archive"),
        ("x" * 200, "/sites/" + "x" * 60),
    ],
)
def test_a_site_has_an_address_that_can_be_typed(file: str, path: str) -> None:
    assert Archive(name=file, files=(), unread=()).path == path


@pytest.mark.parametrize("names", [("one.zip", "ONE!.zip"), ("board.zip",)])
def test_two_cannot_fill_one_site(tmp_path: Path, names: tuple[str, ...]) -> None:
    archives = tuple(packed(tmp_path, {"a": b""}, name) for name in names)
    with pytest.raises(OperatorError, match="filled already"):
        Lab(Wishes(documents=archives))


def test_content_of_its_own_is_told_and_truly_there(tmp_path: Path) -> None:
    with Lab(Wishes(seed=3, has_site_content=True)) as lab:
        document: Any = lab.ready_document(tmp_path / "ca.pem")
        chief = lab.cast.users[0]
        for face, part in (
            (lab.cloud.farm_face, document["sharepoint"]),
            (lab.farm_face, document["sharepoint_server"]),
        ):
            lists = [
                one
                for web in site(face, "/sites/marketing").webs()
                for one in web.lists.values()
                if not one.settings.is_hidden
            ]
            assert told(part, "/sites/marketing")["items"] == sum(len(one.items) for one in lists)
            assert told(part, "/sites/marketing")["items"] > 200
        drive = told(document["sharepoint"], personal_path(chief.address))
        assert (drive["title"], drive["documents"]) == (chief.name, 9)
        assert len(document["sharepoint_server"]["sites"]) == 3, "a farm has no OneDrive here"


def test_by_itself_a_lab_in_a_test_has_empty_sites_and_two_vocabularies() -> None:
    with Lab() as lab:
        online, farm = lab.cloud.farm_face, lab.farm_face
        assert documents(site(online, "/sites/marketing")) == {}
        online.content.terms.add_set("Woods", "Oak")
        collection = site(farm, "/sites/marketing")
        assert collection.terms.set_by_name("Woods") is None
        assert collection.terms.id != online.content.terms.id


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not here")
def test_the_corpus_is_there_whole() -> None:
    with Lab(Wishes(documents=(CORPUS,))) as lab, zipfile.ZipFile(CORPUS) as package:
        names = {one for one in package.namelist() if not one.endswith("/")}
        for face in (lab.cloud.farm_face, lab.farm_face):
            assert len(documents(site(face, "/sites/documents"))) == len(names) == 141
        assert set(documents(site(lab.cloud.farm_face, "/sites/documents"))) == names
        assert lab.unread == []
