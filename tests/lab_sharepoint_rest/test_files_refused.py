"""Files that a server does not take are refused in its own form, and nothing is kept."""

from __future__ import annotations

from dataclasses import replace

from tests.lab_sharepoint_rest.conftest import Profiled

_FOLDER = "web/GetFolderByServerRelativeUrl('/sites/a/Shared%20Documents')"


def _add(name: str) -> str:
    return f"{_FOLDER}/Files/add(url='{name}',overwrite=true)"


def test_a_blocked_file_is_refused_by_a_farm_and_taken_online(profiled: Profiled) -> None:
    farm, online = profiled("se"), profiled("online")
    refused = farm.post(_add("run.exe"), b"MZ")
    assert refused.status == 400
    assert b"blocked by the administrator" in refused.body
    assert farm.list("Documents").items == {}
    assert online.post(_add("run.exe"), b"MZ").status == 200


def test_a_file_that_is_too_large_is_refused_with_413(profiled: Profiled) -> None:
    farm = profiled("se")
    farm.collection.traits = replace(farm.collection.traits, file_bytes_max=10)
    refused = farm.post(_add("a.bin"), bytes(11))
    assert refused.status == 413
    assert b"maximum supported file size" in refused.body
    assert farm.post(_add("a.bin"), bytes(10)).status == 200
