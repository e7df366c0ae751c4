"""``strongroom connection``: named ways to servers. One file per command; ``add`` per kind."""

from __future__ import annotations

from strongroom.cli.command import group
from strongroom.cli.connection import (
    add_exchange_online,
    add_exchange_onprem,
    add_sharepoint_online,
    add_sharepoint_onprem,
    diagnosing,
    editing,
    enrolling,
    registering,
    showing,
    testing,
)
from strongroom.cli.connection.files import read_certificates
from strongroom.cli.connection.options import Name

__all__ = ["Name", "add_app", "app", "read_certificates"]

app = group("Named ways to servers; their details are kept sealed.")
add_app = group("Add a connection; the server is not asked until it is tested or used.")
app.add_typer(add_app, name="add")
for _module in (
    add_exchange_onprem,
    add_exchange_online,
    add_sharepoint_onprem,
    add_sharepoint_online,
):
    _module.register(add_app)
for _module in (showing, editing, testing, diagnosing, enrolling, registering):
    _module.register(app)
