"""The ways that messages may go: a table. What is not in it is refused, whatever apprise can do.

Each way names the settings that an address of its sort may have. All others are refused, because
among apprise's are some that switch the proof of the server's name off (``verify``), follow it
elsewhere (``redirect``), read files (``template``, ``pgpprv``), fetch what is to be attached
(``attach``), or call a failure a success (``optional``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

PLAIN_SETTINGS: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One sort of address.

    Attributes:
        sort: What to call it in lists.
        module: Where apprise has it, below ``apprise.plugins``.
        plugin: Its class there.
        schemes: What an address of it begins with.
        settings: What may stand behind the ``?`` of an address.
        letters_max: Letters of a message that it takes; the rest is cut off.
        has_additions: An address may add headers to the request (``?+Authorization=…``), and what
            stands behind the ``?`` of its URL (``?-token=…``).
        plain: Those of its schemes that go without TLS: on this machine alone.
        line_end: What it takes for the end of a line.
        is_markdown: It reads every text as Markdown. Ours is plain either way, but apprise would
            set a backslash before each full stop.
    """

    sort: str
    module: str
    plugin: str
    schemes: frozenset[str]
    settings: frozenset[str] = PLAIN_SETTINGS
    letters_max: int = 8000
    has_additions: bool = False
    plain: frozenset[str] = frozenset()
    line_end: str = "\n"
    is_markdown: bool = False


MAIL = Way(
    sort="mail",
    module="email.base",
    plugin="NotifyEmail",
    schemes=frozenset({"mailtos", "mailto"}),
    settings=frozenset(
        {"user", "pass", "password", "to", "cc", "bcc", "from", "name", "reply", "smtp", "port"}
        | {"mode"}
    ),
)
TEAMS = Way(
    sort="Microsoft Teams",
    module="workflows",
    plugin="NotifyWorkflows",
    schemes=frozenset({"workflows", "workflow"}),
    settings=frozenset(
        {"api-version", "ver", "sp", "sv", "sig", "signature", "id", "workflow"}
        | {"pa", "powerautomate", "route", "routeid"}
    ),
    line_end="\n\n",  # a card takes a single one for a space
    is_markdown=True,
)
SLACK = Way(
    sort="Slack",
    module="slack",
    plugin="NotifySlack",
    schemes=frozenset({"slack"}),
    settings=frozenset({"to"}),
)
WEBHOOK = Way(
    sort="webhook",
    module="custom_json",
    plugin="NotifyJSON",
    schemes=frozenset({"jsons", "json"}),
    has_additions=True,
    plain=frozenset({"json"}),
)
GOOGLE_CHAT = Way(
    sort="Google Chat",
    module="google_chat",
    plugin="NotifyGoogleChat",
    schemes=frozenset({"gchat"}),
    settings=frozenset({"workspace", "key", "token", "thread", "threadkey"}),
    letters_max=3500,
    is_markdown=True,
)
MATTERMOST = Way(
    sort="Mattermost",
    module="mattermost",
    plugin="NotifyMattermost",
    schemes=frozenset({"mmosts", "mmost"}),
    settings=frozenset({"to", "channel", "channels"}),
    letters_max=3500,
    plain=frozenset({"mmost"}),
)
NTFY = Way(
    sort="ntfy",
    module="ntfy",
    plugin="NotifyNtfy",
    schemes=frozenset({"ntfys", "ntfy"}),
    settings=frozenset({"to", "priority", "token", "mode", "auth"}),
    letters_max=3500,
    plain=frozenset({"ntfy"}),
)
GOTIFY = Way(
    sort="Gotify",
    module="gotify",
    plugin="NotifyGotify",
    schemes=frozenset({"gotifys", "gotify"}),
    settings=frozenset({"priority"}),
    plain=frozenset({"gotify"}),
)
PAGERDUTY = Way(
    sort="PagerDuty",
    module="pagerduty",
    plugin="NotifyPagerDuty",
    schemes=frozenset({"pagerduty"}),
    settings=frozenset({"region", "source", "component", "group", "class", "severity"}),
    letters_max=900,
)
WAYS = (
    MAIL,
    TEAMS,
    SLACK,
    WEBHOOK,
    GOOGLE_CHAT,
    MATTERMOST,
    NTFY,
    GOTIFY,
    PAGERDUTY,
)
BY_SCHEME: Mapping[str, Way] = {scheme: way for way in WAYS for scheme in way.schemes}
NATIVE = (TEAMS, SLACK, GOOGLE_CHAT)
"""Services that give their addresses as ``https://``: those are taken as they are."""
