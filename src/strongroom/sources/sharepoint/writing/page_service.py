"""By which way web parts get onto a classic page, and whether there is one for us.

REST reads web parts and cannot place them. The client object model can, and takes tokens; where it
refuses, the old service for web part pages may still. That one is from before tokens: Online it
takes the cookies of the old sign-in, which Microsoft has ended, and nothing else. Both are asked
before anything is written, and whoever restores hears what will be missing, and by which connection
it could be had.

Source:
    https://github.com/s-KaiNet/node-sp-auth/issues/98 (tokens are refused, cookies are taken)
    https://github.com/SubPointSolutions/spmeta2/issues/522 (an application may be refused)
"""

from __future__ import annotations

from dataclasses import dataclass

from strongroom.errors import ItemError
from strongroom.sources.sharepoint.writing.places import joined
from strongroom.sources.sharepoint.writing.reading_back import web_address
from strongroom.sources.sharepoint.writing.sending import send
from strongroom.sources.sharepoint.writing.standing import Document, Standing
from strongroom.wire.sharepoint import ENDED_ON
from strongroom.wire.sharepoint.rest import RestConnection
from strongroom.wire.sharepoint.rest_refusals import SiteDenied, SiteRefused
from strongroom.wire.sharepoint.sites import api
from strongroom.wire.sharepoint.writing.placing import place_web_part, try_import
from strongroom.wire.sharepoint.writing.web_parts import add_web_part, added_id, web_parts_of
from strongroom.wire.sign_in import BearerSignIn

SHUT = "web-parts-shut"
"""Code of a web part that there is no way for."""
_HOME = "default.aspx"
_NO_SUCH_FILE = ("-2147024894", "-2130575338")
_HARMLESS = (
    '<WebPart xmlns="http://schemas.microsoft.com/WebPart/v2"><Title>?</Title><Assembly>'
    "Microsoft.SharePoint, Version=16.0.0.0, Culture=neutral, PublicKeyToken=71e9bce111e9429c"
    "</Assembly><TypeName>Microsoft.SharePoint.WebPartPages.ImageWebPart</TypeName></WebPart>"
)
"""What is tried and goes nowhere; no script in it."""
_NEITHER = (
    "the server does not let this connection put web parts onto a page by its client object model"
    " (for lack of a right, or because the site allows no custom scripts); the old service for"
    " web part pages (WebPartPages.asmx)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """A web part on its way onto a page.

    Attributes:
        rest: The connection.
        web: Path of the page's web.
        page_url: Whole address of the page.
        xml: As it goes there.
        zone, index: Where on the page.
    """

    rest: RestConnection
    web: str
    page_url: str
    xml: str
    zone: str
    index: int

    @property
    def page(self) -> str:
        """Path of the page on the server."""
        return f"/{self.page_url.split('/', 3)[3]}"

    def place(self, shut: str) -> str:
        """Put it there, by the old service where the client object model refuses; give its id.

        Args:
            shut: Why the old service does not take us; empty: it may.

        Raises:
            SiteDenied: the old service does not take us either.
            SiteRefused, ItemError: the server does not take this one.
        """
        try:
            return place_web_part(
                self.rest, self.web, self.page, xml=self.xml, zone=self.zone, index=self.index
            )
        except (SiteDenied, SiteRefused) as error:
            if error.status == 401:
                raise
            if shut:
                raise ItemError("No way onto the page.", code=SHUT, why=error.why) from error
        question = add_web_part(
            self.web, page_url=self.page_url, xml=self.xml, zone=self.zone, index=self.index
        )
        return added_id(send(self.rest, question).body)


def why_shut(standing: Standing) -> str:
    """Try both ways with something that changes nothing; say why neither takes us, if so.

    A page that is not there is an answer of the old service as well: it listened.
    """
    if _takes_imports(standing):
        return ""
    page = joined(_HOME)
    try:
        url = f"{web_address(standing.rest, standing.root).rstrip('/')}{page}"
        standing.rest.read(web_parts_of(standing.root, page_url=url))
    except SiteDenied as error:
        return why_denied(standing, error)
    except SiteRefused:
        return ""
    return ""


def _takes_imports(standing: Standing) -> bool:
    """Say whether the client object model takes web parts; where nothing can be tried, it may."""
    folder = f"{api(standing.root)}/web/rootfolder?$select=WelcomePage"
    home = str(standing.rest.get(folder, Document).get("WelcomePage") or _HOME)
    try:
        try_import(standing.rest, standing.root, joined(standing.root, home), xml=_HARMLESS)
    except SiteDenied:
        return False
    except SiteRefused as error:
        return error.code.startswith(_NO_SUCH_FILE)
    return True


def why_denied(standing: Standing, error: SiteDenied) -> str:
    """Say in plain words what the old service's no means for this connection, and what to do."""
    ended = f"Microsoft ended for SharePoint Online on {ENDED_ON.isoformat()}"
    if not standing.is_online:
        return (
            f"{_NEITHER} does not take {standing.rest.user} ({error.why.rstrip('.')}): let the"
            " account use it, or restore these pages through a connection that may (--conflict"
            " replace)."
        )
    if isinstance(standing.rest.transport.sign_in, BearerSignIn):
        return (
            f"{_NEITHER} takes no tokens, only the old sign-in by user name and app password,"
            f" which {ended}. Where a tenant still takes it, restore these pages once more through"
            " a connection with --auth legacy and --app-password-file (--conflict replace); where"
            " none does, allow this one to customise pages and scripts in the site, or Strongroom"
            " knows no way to put them back. What they are stays in the backup."
        )
    return (
        f"{_NEITHER} takes the sign-in by user name and app password no more, which {ended}."
        " Allow a connection by certificate to customise pages and scripts in the site; Strongroom"
        " knows no other way to put them back there. What they are stays in the backup, and a"
        " SharePoint Server takes them."
    )
