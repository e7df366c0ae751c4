"""GetServerTimeZones: proves a connection without touching any mailbox.

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/getservertimezones-operation
"""

from __future__ import annotations

from collections.abc import Sequence

from lxml import etree

from strongroom.wire.ews.answers import Answer
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.operation import Operation
from strongroom.wire.ews.xml import M, T, text


def get_server_time_zones(
    connection: EwsConnection, ids: Sequence[str] = ("UTC",)
) -> dict[str, str]:
    """Read time zones: their names by id; empty ``ids`` asks for all.

    Raises:
        StrongroomError: as ``EwsConnection.read``.
    """
    return connection.read(operation(ids))


def operation(ids: Sequence[str]) -> Operation[dict[str, str]]:
    """Build the request."""
    inside = "".join(f"<t:Id>{text(each)}</t:Id>" for each in ids)
    which = f"<m:Ids>{inside}</m:Ids>" if ids else ""
    return Operation(
        name="GetServerTimeZones",
        body=(
            f'<m:GetServerTimeZones ReturnFullTimeZoneData="false">{which}</m:GetServerTimeZones>'
        ),
        parse=parse,
    )


def parse(answer: Answer) -> dict[str, str]:
    """Read the answer."""
    return answer.one(_zones)


def _zones(message: etree._Element) -> dict[str, str]:
    zones = message.iterfind(f"{M}TimeZoneDefinitions/{T}TimeZoneDefinition")
    return {zone.get("Id", ""): zone.get("Name", "") for zone in zones}
