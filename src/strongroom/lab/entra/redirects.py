"""The way back to the application: in the query, in the fragment, or by a form."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from strongroom.lab.entra import pages
from strongroom.lab.entra.sessions import Journey
from strongroom.lab.https import Response


def send_back(journey: Journey, fields: Mapping[str, str]) -> Response:
    """Send the browser to the redirect address, with the state it came with."""
    whole = dict(fields)
    if journey.state:
        whole["state"] = journey.state
    address = journey.redirect_uri
    if journey.response_mode == "form_post":
        return pages.post_back_page(address, whole)
    if journey.response_mode == "fragment":
        address += f"#{urlencode(whole)}"
    else:
        address += f"{'&' if '?' in address else '?'}{urlencode(whole)}"
    return Response(status=302, headers=[("Location", address), ("Cache-Control", "no-store")])
