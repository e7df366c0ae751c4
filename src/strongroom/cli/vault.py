"""``strongroom vault``: the key that everything secret is sealed under."""

from __future__ import annotations

from strongroom.cli import output
from strongroom.cli.command import command, group
from strongroom.cli.settings import Settings

app = group("The key that all connections' and storages' secrets are sealed under.")


@command(app, "rotate-key", exits=(2, 4))
def rotate_key(settings: Settings) -> None:
    """Put a new service key in the place of this one; nothing has to be entered again."""
    with settings.application() as application:
        application.vault.rotate_key()
    if settings.is_json:
        output.document({"rotated": True})
    else:
        output.text("There is a new service key; older copies of the old one open nothing here.")
