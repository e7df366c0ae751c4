"""A conversation with the wizard, over verbs that are made up.

talk = Talk()
talk.goes(
    ("What is to be connected", "exchange-onprem"),
    ("What is the connection to be called", "office"),
)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from strongroom.errors import AccessDenied, OperatorError, ServerUnreachable
from strongroom.service import kinds
from strongroom.service.connection_enrolling import RegisteredView, check_wish
from strongroom.service.connection_testing import ConnectionTest
from strongroom.service.connection_views import ConnectionView
from strongroom.service.details import SECRETS, ConnectionDetails
from strongroom.service.drafts import NEVER_KEPT
from strongroom.service.ports import Confirm, FoundServer, Prompt, SignInPrompt
from strongroom.service.registration import (
    GrantedPermission,
    RegisteredApplication,
    RegistrationReport,
    RegistrationWish,
)
from strongroom.service.wizard.answers import Setting
from strongroom.service.wizard.wizard import Wizard
from strongroom.service.wizard.words import Done, Notice, Question, QuestionKind, Raw, Upload
from strongroom.vault.secret import Secret
from strongroom.words.capability import Capability, CapabilityOutcome
from tests.fakes.marked import canary

NOW = datetime(2026, 11, 27, 8, tzinfo=UTC)
PASSWORD = canary("typed into the wizard")
SERVER = "mail.example"
APPLICATION = "11111111-2222-3333-4444-555555555555"
RESTORING = "66666666-7777-8888-9999-000000000000"
REGISTERED = RegisteredApplication(
    purpose="backup",
    name="Strongroom office backup",
    client_id=APPLICATION,
    object_id="o",
    principal_id="p",
    permissions=(
        GrantedPermission(
            api="Microsoft Graph", name="User.Read.All", id="x", meaning="List the people."
        ),
    ),
    certificate="AB:CD",
    certificate_ends="2028-11-27T00:00:00Z",
)


@dataclass
class FakeConnections:
    """Verbs of connections that know one server and one password.

    Attributes:
        kept: What was added: name, details, password that guards.
        tried: What was probed, in order, with the mailbox.
        missing: Names of capabilities that are missing, with their remedies.
        doubts: What a search asks, and what speaks against it.
        found: What a search finds; empty: nothing.
    """

    kept: dict[str, tuple[ConnectionDetails, Secret | None]] = field(default_factory=dict)
    tried: list[tuple[ConnectionDetails, str | None]] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)
    doubts: Sequence[tuple[str, Sequence[str]]] = ()
    found: str = f"https://{SERVER}/EWS/Exchange.asmx"
    searched: list[ConnectionDetails] = field(default_factory=list)
    on_add: Callable[[], None] = lambda: None
    outside: str | None = None
    unlocked: set[str] = field(default_factory=set)
    wishes: list[RegistrationWish] = field(default_factory=list)

    def all(self) -> list[ConnectionView]:
        return [view_of(name, details) for name, (details, _) in self.kept.items()]

    def find(self, details: ConnectionDetails, confirm: Confirm) -> FoundServer:
        self.searched.append(details)
        answers = [confirm(question, cautions) for question, cautions in self.doubts]
        if not self.found or not all(answers):
            raise OperatorError(
                f"No Exchange server was found for {details.autodiscover}.",
                why="autodiscover.example: nobody answers.",
            )
        return FoundServer(server=self.found, attempts=["example: nothing", "autodiscover: found"])

    def probe(
        self, details: ConnectionDetails, mailbox: str | None = None, outside: str | None = None
    ) -> ConnectionTest:
        self.outside = outside
        kinds.check(details)
        kinds.check_secrets(details)
        self.tried.append((details, mailbox))
        if SERVER not in details.server + details.url and details.kind.endswith("onprem"):
            raise ServerUnreachable(f"Nobody answers at {details.server}.")
        if details.password is not None and details.password != Secret(PASSWORD):
            raise AccessDenied("The server refused the password.")
        lacking = [
            Capability(
                name=name, outcome=CapabilityOutcome.MISSING, detail="Refused.", remedy=remedy
            )
            for name, remedy in self.missing.items()
        ]
        proved = Capability(name="sign-in", outcome=CapabilityOutcome.PROVED, detail="Let in.")
        return ConnectionTest(facts={"product": "Fake"}, capabilities=(proved, *lacking))

    def test(self, name: str, mailbox: str | None = None) -> ConnectionTest:
        details, guard = self.kept[name]
        if guard is not None and name not in self.unlocked:
            raise AccessDenied("The connection is locked.")
        return self.probe(details, mailbox)

    def unlock(self, name: str, password: Secret) -> None:
        if password == self.kept[name][1]:
            self.unlocked.add(name)

    def add(
        self,
        name: str,
        details: ConnectionDetails,
        *,
        password: Secret | None = None,
        prompt: Prompt | None = None,
    ) -> ConnectionView:
        self.on_add()
        if name in self.kept:
            raise OperatorError(f"There is a connection named '{name}' already.")
        kinds.check(details)
        kinds.check_secrets(details)
        if details.auth in kinds.BY_PERSON:
            assert prompt is not None
            prompt(SignInPrompt(way=details.auth, url="https://login.example", code="", lasts_s=9))
            details = replace(details, token_cache=Secret("tokens"), user="ann@example.com")
        self.kept[name] = (details, password)
        return view_of(name, details, is_guarded=password is not None)

    def add_registered(
        self,
        name: str,
        details: ConnectionDetails,
        wish: RegistrationWish,
        prompt: Prompt,
        *,
        password: Secret | None = None,
    ) -> RegisteredView:
        self.wishes.append(wish)
        check_wish(details, wish)
        prompt(SignInPrompt(way=wish.sign_in, url="https://login.example", code="", lasts_s=9))
        made = replace(details, client_id=APPLICATION, certificate=Secret("made here"))
        report = RegistrationReport(
            tenant=details.tenant,
            administrator="admin@example.com",
            signed_in_through="Command Line Tools",
            applications=(REGISTERED,),
            checked=("The new sign-in works.",),
            steps=("Run the script.",) if wish.mailboxes else (),
            script="Connect-ExchangeOnline" if wish.mailboxes else "",
        )
        return RegisteredView(view=self.add(name, made, password=password), report=report)

    def registration_script(self, details: ConnectionDetails, wish: RegistrationWish) -> str:
        self.wishes.append(wish)
        assert details.certificate is not None
        return "Connect-MgGraph"


@dataclass
class FakeDrafts:
    """Verbs of drafts, for one account."""

    draft: dict[str, str] | None = None

    def save(self, answers: Mapping[str, str]) -> None:
        assert not answers.keys() & NEVER_KEPT
        self.draft = dict(answers)

    def load(self) -> Mapping[str, str] | None:
        return self.draft

    def forget(self) -> None:
        self.draft = None


class Talk:
    """One conversation; ``again`` is another one of the same person, after being torn away."""

    def __init__(
        self,
        connections: FakeConnections | None = None,
        drafts: FakeDrafts | None = None,
        setting: Setting | None = None,
    ) -> None:
        self.connections = connections or FakeConnections()
        self.drafts = drafts or FakeDrafts()
        self.setting = setting or Setting(now=NOW)
        self.told_while_working: list[Notice] = []
        self.prompts: list[SignInPrompt] = []
        self.wizard = Wizard(
            self.connections,
            self.drafts,
            self.setting,
            tell=self.told_while_working.append,
            prompt=self.prompts.append,
        )

    def again(self) -> Talk:
        return Talk(self.connections, self.drafts, self.setting)

    def goes(self, *turns: tuple[str, str]) -> None:
        """Take turns: what is asked begins so, and is answered so; ``back`` goes back."""
        for question, answer in turns:
            asked = self.asked(question)
            if answer == "back":
                assert self.wizard.back()
            else:
                self.wizard.answer(raw(asked, answer))

    def asked(self, text: str) -> Question:
        """Insist on what is asked now."""
        asked = self.wizard.now()
        assert isinstance(asked, Question), asked
        assert asked.text.startswith(text), (asked.text, "instead of", text)
        return asked

    def told(self) -> str:
        """Give all that is told now."""
        now = self.wizard.now()
        told = (*now.told, *now.left) if isinstance(now, Done) else now.told
        return "\n".join("\n".join((one.text, *one.lines, *one.commands)) for one in told)

    def done(self) -> Done:
        """Insist that the connection is there."""
        done = self.wizard.now()
        assert isinstance(done, Done), done
        return done


def raw(asked: Question, answer: str) -> Raw:
    """Turn what a person would type into an answer. Files are given as ``name|text``."""
    if asked.kind is QuestionKind.SECRET and answer:
        return Secret(answer)
    if asked.kind is QuestionKind.FILE and answer:
        name, _, text = answer.partition("|")
        return Upload(name=name, content=text.encode("latin-1"))
    return answer


def view_of(name: str, details: ConnectionDetails, *, is_guarded: bool = False) -> ConnectionView:
    return ConnectionView(
        id=name,
        name=name,
        kind=details.kind,
        server=details.server,
        user=details.user,
        auth=details.auth,
        access=details.access,
        has_own_ca=details.ca_pem is not None,
        created=NOW,
        url=details.url,
        tenant=details.tenant,
        cloud=details.cloud,
        client_id=details.client_id,
        restore_client_id=details.restore_client_id,
        secrets=tuple(one for one in SECRETS if getattr(details, one) is not None),
        is_guarded=is_guarded,
    )
