"""What a version of SharePoint takes: names, sizes, kinds of columns, pages.

A restore from one to another loses what the other does not take, so the lab's versions must differ
where the real ones do.

Source:
    https://support.microsoft.com/office/64883a5d-228e-48f5-b3d2-eb39e07630fa (names and lengths)
    https://learn.microsoft.com/sharepoint/install/software-boundaries-limits-2019
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_NEVER_IN_NAMES = frozenset('"*:<>?/\\|')
_NOT_IN_OLD_NAMES = _NEVER_IN_NAMES | frozenset("#%&{}~")
_BLOCKED = frozenset(
    [
        "ade",
        "adp",
        "app",
        "asa",
        "ashx",
        "asmx",
        "bas",
        "bat",
        "cdx",
        "cer",
        "chm",
        "class",
        "cmd",
        "cnt",
        "com",
        "config",
        "cpl",
        "crt",
        "csh",
        "der",
        "dll",
        "exe",
        "fxp",
        "gadget",
        "hlp",
        "hpj",
        "hta",
        "htr",
        "htw",
        "ida",
        "idc",
        "idq",
        "ins",
        "isp",
        "its",
        "jse",
        "ksh",
        "lnk",
        "mad",
        "maf",
        "mag",
        "mam",
        "maq",
        "mar",
        "mas",
        "mat",
        "mau",
        "mav",
        "maw",
        "mcf",
        "mda",
        "mdb",
        "mde",
        "mdt",
        "mdw",
        "mdz",
        "msc",
        "msh",
        "msi",
        "msp",
        "mst",
        "ops",
        "pcd",
        "pif",
        "prf",
        "prg",
        "printer",
        "ps1",
        "ps2",
        "pst",
        "reg",
        "rem",
        "scf",
        "scr",
        "sct",
        "shb",
        "shs",
        "shtm",
        "shtml",
        "soap",
        "stm",
        "svc",
        "url",
        "vb",
        "vbe",
        "vbs",
        "vsix",
        "ws",
        "wsc",
        "wsf",
        "wsh",
        "xamlx",
    ]
)
"""What a farm blocks unless somebody changed it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """One version.

    Attributes:
        forbidden: Letters that no file's name may have.
        name_max: Letters of a file's or folder's name; ``path_max``: of all of its path.
        file_bytes_max: Of one file.
        blocked: Suffixes, in small letters, that nobody may upload.
        missing_types: Types of columns that it does not know.
        has_modern_pages: Pages have a canvas.
        keeps_versions: New lists and libraries keep versions.
        recycle_days: Until the bin forgets.
    """

    forbidden: frozenset[str] = _NEVER_IN_NAMES
    name_max: int = 255
    path_max: int = 400
    file_bytes_max: int = 250 << 30
    blocked: frozenset[str] = frozenset()
    missing_types: frozenset[str] = frozenset()
    has_modern_pages: bool = True
    keeps_versions: bool = True
    recycle_days: int = 93

    def fitting(self, name: str) -> str:
        """Give a name that it takes, with underscores where it takes a letter not."""
        return "".join("_" if letter in self.forbidden else letter for letter in name).strip()


_FARM = Traits(
    file_bytes_max=15 << 30,
    blocked=_BLOCKED,
    missing_types=frozenset({"Image"}),
    keeps_versions=False,
    recycle_days=30,
)

TRAITS: Mapping[str, Traits] = {
    "2013": Traits(
        forbidden=_NOT_IN_OLD_NAMES,
        name_max=128,
        path_max=260,
        file_bytes_max=2 << 30,
        blocked=_BLOCKED,
        missing_types=frozenset({"Image"}),
        has_modern_pages=False,
        keeps_versions=False,
        recycle_days=30,
    ),
    "2016": Traits(
        forbidden=_NOT_IN_OLD_NAMES,
        name_max=128,
        path_max=260,
        file_bytes_max=10 << 30,
        blocked=_BLOCKED,
        missing_types=frozenset({"Image"}),
        has_modern_pages=False,
        keeps_versions=False,
        recycle_days=30,
    ),
    "2019": _FARM,
    "se": _FARM,
    "online": Traits(),
}
"""By the name of a farm's profile."""
