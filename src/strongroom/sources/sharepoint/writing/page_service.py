"""Whether the old service for web part pages takes us: by it web parts get onto a classic page.

REST reads web parts and cannot place them. The service is from before tokens: Online it takes the
cookies of the old sign-in, which Microsoft has ended, and nothing else. So it is asked before
anything is written, and whoever restores hears what will be missing, and by which way it could be
had.

Source:
    https://github.com/s-KaiNet/node-sp-auth/issues/98 (tokens are refused, cookies are taken)
"""

from __future__ import annotations

from strongroom.sources.sharepoint.writing.places import joined
from strongroom.sources.sharepoint.writing.reading_back import web_address
from strongroom.sources.sharepoint.writing.standing import Standing
from strongroom.wire.sharepoint import ENDED_ON
from strongroom.wire.sharepoint.rest_refusals import SiteDenied, SiteRefused
from strongroom.wire.sharepoint.writing.web_parts import web_parts_of
from strongroom.wire.sign_in import BearerSignIn

_HOME = "default.aspx"


def why_shut(standing: Standing) -> str:
    """Ask the service something that changes nothing; say why it does not take us, if it does not.

    A page that is not there is an answer as well: it listened.
    """
    page = joined(web_address(standing.rest, standing.root), _HOME)
    try:
        standing.rest.read(web_parts_of(standing.root, page_url=page))
    except SiteDenied as error:
        return why_denied(standing, error)
    except SiteRefused:
        return ""
    return ""


def why_denied(standing: Standing, error: SiteDenied) -> str:
    """Say in plain words what its no means for this connection, and what to do about it."""
    if not standing.is_online:
        return (
            "only the old service for web part pages (WebPartPages.asmx) puts one onto a page, and"
            f" it does not take {standing.rest.user} ({error.why.rstrip('.')}): let the account"
            " use it, or restore these pages through a connection that may (--conflict replace)."
        )
    if isinstance(standing.rest.transport.sign_in, BearerSignIn):
        return (
            "only the old service for web part pages (WebPartPages.asmx) puts one onto a page, and"
            " it takes no tokens, only the old sign-in by user name and app password, which"
            f" Microsoft ended for SharePoint Online on {ENDED_ON.isoformat()}. Where a tenant"
            " still takes it, restore these pages once more through a connection with --auth"
            " legacy and --app-password-file (--conflict replace); where none does, Strongroom"
            " knows no way to put them back, and what they are stays in the backup."
        )
    return (
        "only the old service for web part pages (WebPartPages.asmx) puts one onto a page, and it"
        " takes the sign-in by user name and app password no more: Microsoft ended that for"
        f" SharePoint Online on {ENDED_ON.isoformat()}. Strongroom knows no other way to put them"
        " back there; what they are stays in the backup, and a SharePoint Server takes them."
    )
