"""Asking one place, SOAP before POX, and following where it leads.

The order at every place: a question without credential or address; only a 401 that offers exactly
our way to sign in is answered; then the real request, signed in. A server that offers nothing but
Basic to somebody who uses NTLM gets nothing: making clients fall back is how passwords were
collected.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from strongroom.errors import AccessDenied, OperatorError, ServerUnreachable, StrongroomError
from strongroom.wire.autodiscover import pox, soap
from strongroom.wire.autodiscover.address import Address
from strongroom.wire.autodiscover.answers import Answer, NotHere, OtherAddress, OtherUrl, Settings
from strongroom.wire.autodiscover.authenticator import Authenticator
from strongroom.wire.autodiscover.challenges import schemes
from strongroom.wire.autodiscover.places import Places, joined, shown
from strongroom.wire.autodiscover.told import Outcome, QuestionKind, Way
from strongroom.wire.autodiscover.trail import Trail
from strongroom.wire.autodiscover.xml import NotUnderstood
from strongroom.wire.http import HttpAnswer, HttpClient
from strongroom.wire.origins import ForbiddenOrigin, Origin

REDIRECT_STATUSES = frozenset({301, 302, 307, 308})
# Web sites redirect all they do not know to their front page. Asking a person about each would
# teach to say yes, so only what is named like the service counts.
_SERVICE = re.compile(r".*/autodiscover\.(svc|xml)", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    suffix: str
    headers: Callable[[], Mapping[str, str]]
    request: Callable[[str, str], bytes]
    answer: Callable[[bytes], Answer]


_FORMS = tuple(
    _Form(suffix=form.SUFFIX, headers=form.headers, request=form.request, answer=form.answer)
    for form in (soap, pox)
)


class _Stop(Exception):
    """This place has nothing for us; the text says why, in words."""

    def __init__(self, told: str, *, outcome: Outcome = Outcome.DISCARDED) -> None:
        super().__init__(told)
        self.told = told
        self.outcome = outcome


class Walk:
    """Asks places for one search.

    Args:
        http: For questions without a credential.
        sign_in: For the rest.
        places: Admits what answers name.
        trail: Where everything is written down.
    """

    def __init__(
        self, *, http: HttpClient, sign_in: Authenticator, places: Places, trail: Trail
    ) -> None:
        self._http = http
        self._sign_in = sign_in
        self._places = places
        self._trail = trail
        self._refusing: set[Origin] = set()

    def ask(self, url: str, way: Way, address: Address) -> Settings | Address | None:
        """Ask one admitted place, and those that it leads to.

        Args:
            url: Of either form; the other one is asked too.
            way: How we came to it, for the trail.
            address: Whom it is asked about.

        Returns:
            The settings; or the address to look for instead; or None, and the trail says why.

        Raises:
            SearchEnded: a bound was reached.
        """
        for form in _FORMS:
            asked = shown(url)[:-4] + form.suffix
            if Origin.of(asked) in self._refusing | self._trail.unreachable:
                break
            found = self._ask_noted(asked, form, way, address)
            if found is not None:
                return found
        return None

    def follow(
        self,
        target: str,
        way: Way,
        address: Address,
        *,
        named_by: str,
        cautions: Sequence[str] = (),
    ) -> Settings | Address | None:
        """Ask a place that somebody named, if it may be asked.

        Raises:
            SearchEnded: a bound was reached.
        """
        where = shown(target)
        if not _SERVICE.fullmatch(where):
            told = f"{named_by} leads to a page that is no Autodiscover service."
            self._trail.note(way, where, Outcome.DISCARDED, told)
            return None
        try:
            url = self._places.enter(
                target,
                kind=QuestionKind.AUTODISCOVER,
                named_by=named_by,
                cautions=tuple(cautions),
            )
        except ForbiddenOrigin as error:
            self._trail.note(way, where, Outcome.REFUSED, str(error))
            return None
        self._trail.count_redirect()
        return self.ask(url, way, address)

    def _ask_noted(
        self, url: str, form: _Form, way: Way, address: Address
    ) -> Settings | Address | None:
        try:
            return self._ask(url, form, way, address)
        except _Stop as stop:
            self._trail.note(way, url, stop.outcome, stop.told)
        except NotUnderstood as error:
            self._trail.note(way, url, Outcome.DISCARDED, str(error))
        except ServerUnreachable as error:
            self._trail.unreachable.add(Origin.of(url))
            self._trail.note(way, url, Outcome.DISCARDED, str(error))
        except StrongroomError as error:
            self._trail.note(way, url, Outcome.DISCARDED, str(error))
        return None

    def _ask(self, url: str, form: _Form, way: Way, address: Address) -> Settings | Address | None:
        if not self._trail.visit(address.key, url):
            raise _Stop("It was asked before.")
        question = self._http.request("GET", url)
        if question.status in REDIRECT_STATUSES:
            return self._redirected(url, question, way, address)
        self._check_challenge(question)
        try:
            answer = self._sign_in.post(
                url,
                headers={**form.headers(), "X-AnchorMailbox": address.text},
                body=form.request(address.text, url),
            )
        except AccessDenied as denied:
            self._note_refusal(url, way, str(denied))
            return None
        if answer.status in REDIRECT_STATUSES:
            return self._redirected(url, answer, way, address)
        if answer.status == 401:
            self._note_refusal(url, way, "It refused the sign-in.")
            return None
        if answer.status != 200:
            raise _Stop(f"It answered with HTTP status {answer.status}.")
        return self._understood(url, form.answer(answer.body), way, address)

    def _check_challenge(self, question: HttpAnswer) -> None:
        """Let a server through that wants our way to sign in, and nothing less."""
        if question.status != 401:
            raise _Stop(
                f"It asks for no sign-in (HTTP status {question.status}), so it is no Autodiscover."
            )
        offered = schemes(question.header_values.get("www-authenticate", ()))
        ours = {scheme.casefold() for scheme in self._sign_in.schemes}
        if not any(scheme.casefold() in ours for scheme in offered):
            raise _Stop(
                f"It wants {_listed(offered)}, and this connection signs in by"
                f" {_listed(self._sign_in.schemes)}; nothing was sent instead.",
                outcome=Outcome.REFUSED,
            )

    def _note_refusal(self, url: str, way: Way, told: str) -> None:
        """Ask no more there: the other form would only be one more wrong password."""
        self._refusing.add(Origin.of(url))
        self._trail.note(way, url, Outcome.DISCARDED, told)
        self._trail.count_refusal()

    def _redirected(
        self, url: str, answer: HttpAnswer, way: Way, address: Address
    ) -> Settings | Address | None:
        target = joined(url, answer.headers.get("location", ""))
        self._trail.note(way, url, Outcome.REDIRECTED, f"It leads to {shown(target)}.")
        return self.follow(target, way, address, named_by=_speaker(url))

    def _understood(
        self, url: str, answer: Answer, way: Way, address: Address
    ) -> Settings | Address | None:
        if isinstance(answer, NotHere):
            raise _Stop(f"It says {answer.code}: {answer.message}")
        if isinstance(answer, OtherUrl):
            target = joined(url, answer.url)
            self._trail.note(way, url, Outcome.REDIRECTED, f"It leads to {shown(target)}.")
            return self.follow(target, way, address, named_by=_speaker(url))
        if isinstance(answer, OtherAddress):
            return self._other_address(url, answer.address, way)
        if not answer.ews_urls:
            raise _Stop("It knows the mailbox, but names no place for Exchange Web Services.")
        return answer

    def _other_address(self, url: str, text: str, way: Way) -> Address:
        try:
            other = self._places.enter_address(text, named_by=_speaker(url))
        except ForbiddenOrigin as error:
            raise _Stop(str(error), outcome=Outcome.REFUSED) from error
        except OperatorError as error:
            raise _Stop(f"It names another address. {error}") from error
        self._trail.note(way, url, Outcome.REDIRECTED, f"It says to look for {other.text}.")
        return other


def _speaker(url: str) -> str:
    return Origin.of(url).host


def _listed(names: Sequence[str]) -> str:
    return " or ".join(dict.fromkeys(names)) or "no known way to sign in"
