"""What is not there yet, in the words that whoever asks for it is told."""

from __future__ import annotations

SITES = "Sites of SharePoint cannot be backed up or restored yet."
"""They can be signed in to, tested and listed."""
