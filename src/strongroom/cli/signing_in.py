"""Showing a person at a terminal where to sign in."""

from __future__ import annotations

import os
import sys
import threading
import webbrowser
from typing import TYPE_CHECKING

from strongroom.cli import output

if TYPE_CHECKING:
    from strongroom.service.ports import SignInPrompt


def show(prompt: SignInPrompt) -> None:
    """Say where to sign in, open a browser there if that is the way, and return at once."""
    minutes = max(1, int(prompt.lasts_s // 60))
    if prompt.code:
        output.message("Open this address in a browser, on any device, and enter the code there:")
        output.message(f"  address: {prompt.url}")
        output.message(f"  code:    {prompt.code}")
    else:
        output.message("Sign in in the browser, on this machine. If none opens, open this address:")
        output.message(prompt.url)
    output.message(f"Waiting for the sign-in, {minutes} minutes at most; Ctrl-C gives it up.")
    if prompt.way == "browser" and _has_browser():
        # Some browsers end only when they are closed.
        threading.Thread(target=webbrowser.open, args=(prompt.url,), daemon=True).start()


def _has_browser() -> bool:
    """Say whether a browser would show itself beside the terminal, not in it."""
    if os.environ.get("BROWSER") or sys.platform in {"win32", "darwin"}:
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
