"""What can go wrong, named by who must act.

Callers ask for the branch and never read the text. Only the command line's ``main`` (and later the
panel's one
handler) turns an error into an exit code; anything outside ``StrongroomError`` is our bug and shows
a traceback.

=====================  ==================  ====================================================
branch                 who acts            what happens
=====================  ==================  ====================================================
``OperatorError``      a person            the run stops and shows the hint; exit 2
``SignInEnded``        a person            the run pauses, keeps what it has, shows the hint; exit 2
``ServerUnreachable``  a person or time    no server answered at all; the run stops; exit 5
``TransientError``     time                pace waits and tries reads again within its budget
``OutcomeUnknown``     we                  look at the server before writing again
``ItemError``          nobody              this item is skipped or failed and counted; exit 3
``CursorExpired``      we                  list the folder anew, keep the blobs that are known
``IntegrityError``     a person, now       never retried, never skipped; exit 4
``Interrupted``        who asked for it    the run ends early and can go on later; exit 130
=====================  ==================  ====================================================
"""

from __future__ import annotations


class StrongroomError(Exception):
    """Something that we foresaw: says what happened, why, and what to do now.

    Attributes:
        what: One sentence: what did not work. Never holds a secret.
        why: The cause as far as it is known, or an empty string.
        hint: What the reader can do now, or an empty string.
    """

    exit_code = 1

    def __init__(self, what: str, *, why: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.what} {self.why}".strip()


class OperatorError(StrongroomError):
    """A person must act: wrong password, missing right, full disk, a name that does not exist."""

    exit_code = 2


class AccessDenied(OperatorError):
    """The server knows us and says no: sign-in refused, a right or a role is missing."""


class SignInEnded(AccessDenied):
    """Nobody lets this connection in any more, whatever it asks for, until a person has acted.

    Raised where that is certain, and only then: one mailbox that stays shut, or a sign-in server
    that is ill for a moment, is something else. Whoever tries one thing after another lets it
    through: it is not about the one thing.

    Attributes:
        is_proof_refused: What the connection keeps to prove itself (a password, a secret, a
            certificate, a person's sign-in) is not taken: the connection must be given another.
            False: the cause lies where the server's administrator can mend it.
    """

    def __init__(
        self, what: str, *, is_proof_refused: bool = True, why: str = "", hint: str = ""
    ) -> None:
        super().__init__(what, why=why, hint=hint)
        self.is_proof_refused = is_proof_refused


class StorageFull(OperatorError):
    """The storage took nothing more; what was stored before is intact."""


class ResourceLocked(OperatorError):
    """Somebody else holds a lock that we need (another process, an administrator's restic)."""


class ServerUnreachable(StrongroomError):
    """Nobody answers at that address, or who answers could not prove its name by TLS."""

    exit_code = 5


class TransientError(StrongroomError):
    """Time heals it: busy, throttled, connection broken, half an answer to a read.

    Attributes:
        retry_after_s: The server's own word on how long to wait, in seconds, or None.
        is_throttle: The server says that we are too fast (as opposed to being ill itself).
    """

    exit_code = 5

    def __init__(
        self,
        what: str,
        *,
        why: str = "",
        hint: str = "",
        retry_after_s: float | None = None,
        is_throttle: bool = False,
    ) -> None:
        super().__init__(what, why=why, hint=hint)
        self.retry_after_s = retry_after_s
        self.is_throttle = is_throttle


class OutcomeUnknown(StrongroomError):
    """A write got no answer: it may have happened. Look before writing again."""

    exit_code = 5


class ItemError(StrongroomError):
    """This one item cannot be had or written; the rest goes on and the ledger counts it.

    Attributes:
        code: The server's code or ours, stable, for the ledger (``ErrorItemCorrupt``,
            ``too-large``).
        is_permanent: True for *skipped* (known and documented), False for *failed* (tried again
            next run).
    """

    exit_code = 3

    def __init__(
        self, what: str, *, code: str, is_permanent: bool = False, why: str = "", hint: str = ""
    ) -> None:
        super().__init__(what, why=why, hint=hint)
        self.code = code
        self.is_permanent = is_permanent


class CursorExpired(StrongroomError):
    """The server does not take this cursor any more; list anew."""


class IntegrityError(StrongroomError):
    """Stored bytes are not what was stored, or what is stored does not fit together."""

    exit_code = 4


class Interrupted(StrongroomError):
    """We were asked to stop: what is done is kept, and the next attempt goes on from there."""

    exit_code = 130
