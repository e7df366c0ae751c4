"""Addresses of the saved site become those of the target, in whatever way they are written."""

from __future__ import annotations

import pytest

from strongroom.sources.sharepoint.writing.addresses import Addresses, host_of

HOST, THERE = "https://old.example", "https://new.example:8443"
TEAM = Addresses(saved_root="/sites/Our team", root="/sites/anew", saved_host=HOST, host=THERE)
ROOT = Addresses(saved_root="/", root="/sites/anew", saved_host=HOST, host=THERE)


@pytest.mark.parametrize(
    ("saved", "there"),
    [
        ("/sites/our Team/Papers/a.docx", "/sites/anew/Papers/a.docx"),
        ("/sites/Our team", "/sites/anew"),
        ("/sites/Our%20team%202/a", "/sites/Our%20team%202/a"),
        ("/sites/Our team-2/a", "/sites/Our team-2/a"),
        ("/sites/Our team.old/a", "/sites/Our team.old/a"),
        ("Go to /sites/Our team.", "Go to /sites/anew."),
        ("https://old.example/sites/Our%20team/x", "https://new.example:8443/sites/anew/x"),
        ('<a href="/sites/Our%20team/x">', '<a href="/sites/anew/x">'),
        ("?u=%2Fsites%2FOur%20team%2Fx", "?u=%2Fsites%2Fanew%2Fx"),
        ('{"u":"\\/sites\\/Our team\\/x"}', '{"u":"\\/sites\\/anew\\/x"}'),
        ("https://else.example/sites/Our team/x", "https://else.example/sites/Our team/x"),
        ("https://old.example/sites/other", "https://old.example/sites/other"),
        ("~site/x.aspx", "~site/x.aspx"),
    ],
)
def test_an_address_in_a_text_follows_the_site(saved: str, there: str) -> None:
    assert TEAM.text(f"« {saved} »") == f"« {there} »"
    assert TEAM.points_back(saved) == (saved != there)


@pytest.mark.parametrize(
    ("saved", "there"),
    [
        ("/Shared Documents/a", "/sites/anew/Shared Documents/a"),
        ("/sites/other/a", "/sites/other/a"),
        ("https://old.example/Lists/x", "https://new.example:8443/sites/anew/Lists/x"),
        ("https://old.example/sites/other", "https://old.example/sites/other"),
        ("https://old.example.com/Lists/x", "https://old.example.com/Lists/x"),
        ("https://old.example:444/Lists/x", "https://old.example:444/Lists/x"),
    ],
)
def test_the_site_at_the_top_of_a_host_is_told_from_those_below_it(saved: str, there: str) -> None:
    assert ROOT.one(saved) == there


def test_where_nothing_moved_nothing_is_rewritten() -> None:
    same = Addresses(saved_root="/sites/a", root="/sites/a", saved_host=HOST, host=HOST)
    for text in ("/sites/a/x", f"{HOST}/sites/a/x"):
        assert same.text(text) == same.one(text) == text
    moved = Addresses(saved_root="/sites/a", root="/sites/a", saved_host=HOST, host=THERE)
    assert moved.text(f"{HOST}/sites/a/x") == f"{THERE}/sites/a/x"
    unknown = Addresses(saved_root="", root="/sites/a")
    assert unknown.one("/sites/b/x") == "/sites/b/x"


def test_only_an_address_has_a_host() -> None:
    assert host_of("https://old.example/sites/a") == HOST
    assert host_of("ann@lab.example") == ""
