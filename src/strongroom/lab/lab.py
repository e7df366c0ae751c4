"""The lab as a whole, in this process: an organisation, and the servers that show it.

with Lab(Wishes(seed=7)) as lab:
    lab.ews_url, lab.ca_pem, lab.admin_password, lab.estate, lab.outgoing
    lab.cloud.tenant, lab.cloud.directory, lab.cloud.endpoints, lab.cloud.applications
    lab.farm, lab.sites_url
"""

from __future__ import annotations

import http.client
import secrets
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from strongroom.clock import Clock, SystemClock
from strongroom.errors import OperatorError
from strongroom.lab.autodiscover.face import AutodiscoverFace
from strongroom.lab.cloud import Cloud, online
from strongroom.lab.counters import Counters
from strongroom.lab.estate.estate import Estate
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.estate.words import OutgoingMail
from strongroom.lab.https import Request, Response
from strongroom.lab.quirks import Quirks
from strongroom.lab.seed.archives import load_archive
from strongroom.lab.seed.bulk import Load, bulk
from strongroom.lab.seed.organisation import populate
from strongroom.lab.seed.packages import Unread
from strongroom.lab.seed.people import DOMAIN
from strongroom.lab.seed.stage import Cast
from strongroom.lab.seed.story_clock import StoryClock
from strongroom.lab.server import LabServer
from strongroom.lab.sharepoint import Farm, SharePointFace
from strongroom.lab.sharepoint.content.seed_archive import read_archive
from strongroom.lab.sign_in.words import Entered
from strongroom.lab.sites import describe_sites, fill_archives, fill_story, with_archives
from strongroom.lab.weather import WEATHER, Profile, Weather
from strongroom.words.json import Json

ADMINISTRATOR = f"backup-service@{DOMAIN}"
STORY_ENDS = datetime(2026, 11, 20, 9, tzinfo=UTC)
"""The seeded story ends here, whatever the date is: the same seed gives the same times."""

_PASSWORD_BYTES = 18
_READY_WITHIN_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the lab should hold and how it should behave.

    Attributes:
        seed: Of the organisation, the loads and the weather.
        port: TCP port; 0 for any free one.
        mail: Archives; each fills a mailbox named after it.
        documents: Archives; each fills a site named after it, online and on the farm.
        has_site_content: Something is in the other sites too; by default they are empty, for tests
            that fill them themselves.
        without: What the server lacks: ``export``, or names of EWS operations.
        weather: A name out of ``WEATHER``.
        loads: Benchmark loads.
        validates_answers: Check every answer against the schema (tests; costs time).
    """

    seed: int = 1
    port: int = 0
    mail: tuple[Path, ...] = ()
    documents: tuple[Path, ...] = ()
    has_site_content: bool = False
    without: tuple[str, ...] = ()
    weather: str = "calm"
    loads: tuple[Load, ...] = ()
    validates_answers: bool = False

    def __post_init__(self) -> None:
        if self.weather not in WEATHER:
            raise OperatorError(
                f"There is no weather named {self.weather!r}.",
                hint=f"Choose one of {', '.join(WEATHER)}.",
            )


class Lab:
    """A running lab. Passwords and the certificate authority are new at every start.

    Attributes:
        estate: What it serves; hold ``estate.lock`` to look into it while it runs.
        cast: The people of the seeded organisation.
        unread: What of the archives could not be read; once it runs, also what a SharePoint did
            not take.
        server: The HTTPS server of the premises: EWS, Autodiscover, and SharePoint's farm.
        farm, farm_face: SharePoint Server.
        cloud: The same organisation's tenant, behind servers of its own.
        admin_password: Of ``ADMINISTRATOR``, who may impersonate everyone.
    """

    def __init__(self, wishes: Wishes | None = None, *, clock: Clock | None = None) -> None:
        """Fill the estate; nothing listens yet.

        Args:
            wishes: What is wanted; by default the organisation of seed 1 in calm weather.
            clock: What time it is once the story is told; by default the system's.

        Raises:
            OperatorError: an archive cannot be read, or two would fill one site.
        """
        self.wishes = wishes or Wishes()
        self._passwords: dict[str, str] = {}
        self._clock = StoryClock(STORY_ENDS, after=clock)
        self.estate = Estate(clock=self._clock, seed=self.wishes.seed)
        self.admin_password = secrets.token_urlsafe(_PASSWORD_BYTES)
        self.estate.add_account(
            ADMINISTRATOR,
            password=self.admin_password,
            may_impersonate=True,
            may_search_mailboxes=True,
        )
        self.unread: list[Unread] = []
        self._archives = [read_archive(one) for one in self.wishes.documents]
        self.unread += [unread for one in self._archives for unread in one.unread]
        self._are_sites_filled = False
        sites = with_archives(self._archives)
        self.cast = self._fill()
        weather = WEATHER[self.wishes.weather]
        quirks = Quirks(without=self.wishes.without, latency_s=weather.latency_s)
        self.server = LabServer(
            self.estate,
            port=self.wishes.port,
            faults=weather.faults(self.wishes.seed),
            quirks=quirks,
            validates_answers=self.wishes.validates_answers,
            weather=self._weather(weather.profile),
        )
        self.cloud = Cloud(
            self.estate,
            authority=self.server.authority,
            clock=clock or SystemClock(),
            password=self.password,
            faults=weather.faults(self.wishes.seed),
            quirks=online(quirks),
            sites=sites,
            drive_of=self.cast.users[0],
        )
        # Not of the whole server: Entra ID, which answers there too, is others' server.
        self.cloud.server.exchange.weather = self._weather(weather.profile)
        self.cloud.graph.mail.weather = self._weather(weather.of_sites)
        self.cloud.graph.mail.faults = weather.faults(self.wishes.seed)
        self.cloud.set_site_weather(self._weather(weather.of_sites))
        self.autodiscover = AutodiscoverFace(
            self.estate, ews_url=lambda: self.ews_url, sign_in=self._enter
        )
        self.server.pages["/autodiscover/"] = self.autodiscover.answer
        self.farm = Farm(kind="windows", clock=clock or SystemClock())
        for path, title in sites.items():
            self.farm.add_site(path, title)
        self.farm_face = SharePointFace(
            self.farm,
            url=lambda: self.url,
            estate=self.estate,
            weather=self._weather(weather.of_sites),
        )
        for beginning in self.farm_face.beginnings:
            self.server.pages[beginning] = self.farm_face.answer
        exchanges = (self.server.exchange, self.cloud.server.exchange)
        mail = self.cloud.graph.mail
        counters = Counters(
            self.estate, lambda: exchanges[0].requests + exchanges[1].requests + mail.requests
        )
        self.server.pages["/lab/"] = counters.answer

    @property
    def url(self) -> str:
        """``https://localhost:PORT``."""
        return self.server.url

    @property
    def ews_url(self) -> str:
        """Where EWS answers."""
        return self.server.ews_url

    @property
    def weather(self) -> Weather | None:
        """What requests to the premises go through; None: nothing."""
        return self.server.weather

    @property
    def ca_pem(self) -> bytes:
        """Certificate of the authority that vouches for the server, PEM."""
        return self.server.ca_pem

    @property
    def outgoing(self) -> list[OutgoingMail]:
        """All mail that was sent, or would have been."""
        with self.estate.lock:
            return list(self.estate.outgoing)

    def password(self, address: str) -> str:
        """Give the password of a mailbox's owner; drawn when it is first asked for."""
        return self._passwords.setdefault(address, secrets.token_urlsafe(_PASSWORD_BYTES))

    def start(self) -> Self:
        """Listen, and wait until the server answers."""
        self.server.start()
        self.cloud.start()
        self._fill_sites()
        self._ask_until_it_answers()
        return self

    def stop(self) -> None:
        """Stop listening and wait for all threads. Safe to call twice."""
        self.server.stop()
        inside = self.cloud.server.exchange.weather, self.cloud.graph.mail.weather
        for inner in (*inside, self.farm_face.weather):
            if inner is not None:
                inner.close()
        self.cloud.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def ready_document(self, ca_file: Path) -> dict[str, Json]:
        """Say all that a client needs to know, passwords included."""
        return {
            "ca_file": str(ca_file),
            "admin": {"user": ADMINISTRATOR, "password": self.admin_password},
            "exchange": {"ews_url": self.ews_url},
            "autodiscover": {"url": f"{self.url}/autodiscover/autodiscover.svc"},
            "mailboxes": [self._describe(mailbox) for mailbox in self.estate.mailboxes],
            "sharepoint_server": {"sites": describe_sites(self.farm_face, self.url)},
            **self.cloud.describe(),
        }

    def _weather(self, profile: Profile | None) -> Weather | None:
        if profile is None:
            return None
        return Weather(profile, seed=self.wishes.seed, clock=self._clock)

    def _enter(self, request: Request) -> Entered | Response:
        exchange = self.server.exchange
        return exchange.door.enter(request, exchange.quirks.sign_in_rules)

    def _describe(self, mailbox: Mailbox) -> dict[str, Json]:
        return {
            "address": mailbox.address,
            "password": self.password(mailbox.address),
            "items": count_items(mailbox),
            "role": mailbox.role,
            "archive_items": count_items(mailbox.archive) if mailbox.archive else None,
        }

    def _fill(self) -> Cast:
        wishes, set_time = self.wishes, self._clock.set
        cast = populate(
            self.estate,
            seed=wishes.seed,
            now=STORY_ENDS,
            password=self.password,
            set_time=set_time,
        )
        for archive in wishes.mail:
            loaded = load_archive(
                self.estate,
                archive,
                now=STORY_ENDS,
                password=self.password,
                set_time=set_time,
            )
            self.unread += loaded.unread
        set_time(STORY_ENDS)
        for load in wishes.loads:
            bulk(self.estate, load, seed=wishes.seed, now=STORY_ENDS, password=self.password)
        self._clock.run_on()
        return cast

    def _fill_sites(self) -> None:
        """Fill the sites, the first time; online ones have their ids only once it listens."""
        if self._are_sites_filled:
            return
        self._are_sites_filled = True
        chief = self.cast.users[0]
        for face in (self.cloud.farm_face, self.farm_face):
            self.unread += fill_archives(face, self._archives, chief)
            if self.wishes.has_site_content:
                fill_story(face, chief, number=self.wishes.seed)

    def _ask_until_it_answers(self) -> None:
        context = ssl.create_default_context(cadata=self.ca_pem.decode("ascii"))
        place = urlsplit(self.url)
        connection = http.client.HTTPSConnection(
            place.hostname or "localhost", place.port, context=context, timeout=_READY_WITHIN_S
        )
        try:
            connection.request("GET", "/lab/requests")
            connection.getresponse().read()
        finally:
            connection.close()


def count_items(mailbox: Mailbox) -> int:
    """Count what lies in the folders that people see, hidden items of these folders included."""
    top = mailbox.folder_by_role("msgfolderroot")
    return sum(len(folder.items) for folder in (top, *top.descendants()))
