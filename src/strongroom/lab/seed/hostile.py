"""Names that attack whoever shows them or makes files of them.

A mail server takes nearly anything as a name. Each of these has broken some backup program: they
run through every listing, export and ledger, so that a missing escape shows in the ordinary tests.
"""

from __future__ import annotations

_ESC = "\N{ESCAPE}"
_RIGHT_TO_LEFT_OVERRIDE = "\N{RIGHT-TO-LEFT OVERRIDE}"
_ISOLATE = "\N{RIGHT-TO-LEFT ISOLATE}"

# A path three deep, so that a climb (`..`) would leave the folder above too.
FOLDER_PATHS: tuple[tuple[str, ...], ...] = (
    ("Projects", "Roof 2026", "..\\..\\outside"),
    ("Projects", "..", "CON"),
    ("Projects", "Roof 2026", "C:\\x"),
    ("Projects", ".hidden", "aux.txt"),
    ("=HYPERLINK(\"https://nowhere.example\")", "<script>alert(1)</script>", "a & b"),
    (f"Invoice {_RIGHT_TO_LEFT_OVERRIDE}fdp.exe", f"{_ISOLATE}bidi", "trailing dot."),
    ("Ünïcödé 漢字 🏗", "e\u0301 is not \u00e9", " leading and trailing space "),
    ("L" + "o" * 250 + "ng",),
    ("COM1", "NUL.txt", "~$lock"),
    # XML 1.0 cannot carry an escape character, so over EWS these arrive as the server writes them
    # for XML; the subjects below reach the export stream untouched.
    (f"{_ESC}[31mred{_ESC}[0m", f"{_ESC}]0;title\a", "two\nlines"),
)  # fmt: skip

SUBJECTS: tuple[str, ...] = (
    f"{_ESC}[31mred{_ESC}[0m {_ESC}]0;title\a {_ESC}[2J",
    f"Offer {_RIGHT_TO_LEFT_OVERRIDE}cod.exe",
    "../../../etc/passwd",
    "CON",
    "C:\\Windows\\system32",
    ".profile",
    '=HYPERLINK("https://nowhere.example";"click")',
    "+cmd|' /C calc'!A0",
    "<img src=x onerror=alert(1)> {{ 7 * 7 }} %s %n",
    "first line\r\nSubject: second line\r\n\r\nbody?",
    "x" * 1024,
    "zero\u200bwidth\ufeff and \u2028 line separator",
    "unpaired \\ud800 spelt out, 漢字, 🏗️",
    "",
)

FILE_NAMES: tuple[str, ...] = (
    "../../outside.txt",
    "C:\\x\\outside.txt",
    "/etc/cron.d/outside",
    "CON.txt",
    f"photo{_RIGHT_TO_LEFT_OVERRIDE}gnp.exe",
    "a" * 300 + ".txt",
    "line\nbreak.txt",
    ".bashrc",
    "=1+1.csv",
    "",
)
