"""All verbs over one open home: what the command line, the socket and the panel hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from strongroom.clock import Clock
from strongroom.control.chosen_database import chosen_database
from strongroom.control.database import open_database
from strongroom.control.home import Home, prepare
from strongroom.engine.work import Handler
from strongroom.engine.worker import Worker
from strongroom.service import calling
from strongroom.service.approvals import Approvals
from strongroom.service.audit import Audit, Vault
from strongroom.service.audit_sending import AuditSending
from strongroom.service.auditing import AuditLog
from strongroom.service.backing_up import BackupWork
from strongroom.service.callers import Caller, home_account, own_account
from strongroom.service.connections import Connections
from strongroom.service.definitions import Definitions
from strongroom.service.delegation import Delegation
from strongroom.service.drafts import Drafts
from strongroom.service.exporting_runs import ExportWork
from strongroom.service.guard import Guard
from strongroom.service.health_of_home import Health
from strongroom.service.history import History
from strongroom.service.holding import Holds
from strongroom.service.homes import Homes
from strongroom.service.immutability import Immutability
from strongroom.service.jobs import Jobs
from strongroom.service.kept import Kept
from strongroom.service.keys import Keys
from strongroom.service.metrics import Metrics
from strongroom.service.notifying import Notifications
from strongroom.service.ports import Ports
from strongroom.service.prune_work import PruneWork
from strongroom.service.replicas import Replicas
from strongroom.service.replicating import ReplicateWork
from strongroom.service.reports import Reports
from strongroom.service.restores import Restores
from strongroom.service.restoring import RestoreWork
from strongroom.service.retention import RetentionVerbs
from strongroom.service.runs import Runs
from strongroom.service.schedules import Schedules
from strongroom.service.sending_notices import SendingNotices
from strongroom.service.session import Session
from strongroom.service.shared import Shared
from strongroom.service.storage_rekeying import StorageRekeying
from strongroom.service.storages import Storages
from strongroom.service.upkeep import Upkeep
from strongroom.service.verbs import Verbs
from strongroom.service.verifying import VerifyWork
from strongroom.service.working import has_worker, make_worker
from strongroom.vault.key_holder import KeyHolder
from strongroom.vault.service_key import FileKey
from strongroom.words.job_kind import JobKind


class SessionVerbs:
    """All verbs, as one session may call them.

    They are declared below as they are made, so that callers in another process, who make none,
    know them too.
    """

    connections: Connections
    storages: Storages
    storage_keys: StorageRekeying
    homes: Homes
    replicas: Replicas
    immutability: Immutability
    retention: RetentionVerbs
    holds: Holds
    jobs: Jobs
    schedules: Schedules
    restores: Restores
    kept: Kept
    upkeep: Upkeep
    delegation: Delegation
    approvals: Approvals
    definitions: Definitions
    drafts: Drafts
    history: History
    health: Health
    metrics: Metrics
    audit: Audit
    reports: Reports
    vault: Vault
    notifications: Notifications
    runs: Runs

    is_service = False
    """There is a running service behind them, which does what runs ask for."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self.connections = Connections(shared)
        self.storages = Storages(shared)
        self.storage_keys = StorageRekeying(shared, self.storages)
        self.homes = Homes(shared, self.storages)
        self.replicas = Replicas(shared, self.storages)
        self.retention = RetentionVerbs(shared, self.storages)
        self.holds = Holds(shared, self.storages)
        self.immutability = Immutability(shared, self.storages)
        self.jobs = Jobs(shared, self.connections, self.storages)
        self.schedules = Schedules(shared)
        self.restores = Restores(shared, self.connections, self.storages)
        self.kept = Kept(shared, self.storages)
        self.upkeep = Upkeep(shared, self.storages)
        self.delegation = Delegation(shared, self.connections, self.storages)
        self.approvals = Approvals(shared, self.connections, self.storages)
        self.definitions = Definitions(shared, self.connections, self.jobs)
        self.drafts = Drafts(shared)
        self.history = History(shared)
        self.health = Health(shared)
        self.metrics = Metrics(shared)
        self.audit = Audit(shared)
        self.reports = Reports(shared)
        self.vault = Vault(shared)
        self.notifications = Notifications(shared)
        self._handlers: Mapping[str, Handler] = {
            JobKind.BACKUP: BackupWork(shared, self.connections, self.storages),
            JobKind.RESTORE: RestoreWork(shared, self.connections, self.storages),
            JobKind.VERIFY: VerifyWork(shared, self.storages),
            JobKind.EXPORT: ExportWork(shared, self.storages),
            JobKind.PRUNE: PruneWork(shared, self.storages),
            JobKind.REPLICATE: ReplicateWork(shared, self.storages),
        }
        self.runs = Runs(shared, self._handlers)

    @property
    def session(self) -> Session:
        """Who calls."""
        return self._shared.session

    @property
    def nouns(self) -> Mapping[str, Verbs]:
        """All classes of verbs, by noun."""
        return {one.noun: one for one in vars(self).values() if isinstance(one, Verbs)}

    def call(
        self,
        name: str,
        arguments: Mapping[str, Any],
        *,
        supplied: Mapping[str, Callable[..., object]] | None = None,
    ) -> Any:  # noqa: ANN401 - JSON
        """Call a verb by its name (see ``calling.call``)."""
        return calling.call(self.nouns, name, arguments, supplied=supplied)

    def invoke(
        self,
        name: str,
        arguments: Mapping[str, Any],
        *,
        supplied: Mapping[str, Callable[..., object]] | None = None,
    ) -> Any:  # noqa: ANN401 - whatever the verb gives
        """Call a verb by its name; give what it gives (see ``calling.invoke``)."""
        return calling.invoke(self.nouns, name, arguments, supplied=supplied)


class Application(SessionVerbs):
    """One open home. A context manager: leaving it closes the control database.

    Args:
        home: The home directory; made if it is missing.
        ports: The outside.
        caller: Who calls; None: the account that this process runs as.
        why: Why they call, for the audit log.
        key_holder: Where the service key is kept; None: in the home.

    Raises:
        OperatorError: the home cannot be used.
        IntegrityError: the control database is damaged.
    """

    def __init__(
        self,
        home: Path,
        ports: Ports,
        *,
        caller: Caller | None = None,
        why: str = "",
        key_holder: KeyHolder | None = None,
    ) -> None:
        prepared = prepare(home)
        self._database = open_database(chosen_database(prepared))
        ports.share_waits(self._database)
        keys = Keys(self._database, key_holder or FileKey(home))
        log = AuditLog(self._database, keys, ports.clock)
        self._sending = AuditSending(self._database, keys, ports.clock, ports.open_sink)
        log.on_written = self._sending.wake
        self._notices = SendingNotices(self._database, keys, ports.clock, ports.office)
        guard = Guard(self._database, log, home=home_account(home), clock=ports.clock)
        shared = Shared(
            home=prepared,
            database=self._database,
            ports=ports,
            keys=keys,
            log=log,
            sending=self._sending,
            notices=self._notices,
            guard=guard,
            session=Session(caller or own_account(), why=why),
        )
        super().__init__(shared)

    def for_session(self, session: Session) -> SessionVerbs:
        """Give the verbs as another session may call them, over the same open home."""
        return SessionVerbs(self._shared.seen_by(session))

    def make_worker(self) -> Worker:
        """Make the worker that serves the home, for whoever holds its lock."""
        return make_worker(self._shared, self._handlers, make_run=self.jobs.run_by_schedule)

    @property
    def has_worker(self) -> bool:
        """Somebody does what runs ask for, here or on another machine."""
        return has_worker(self._shared)

    @property
    def has_shared_database(self) -> bool:
        """Several machines may work on its control database."""
        return self._database.place.is_shared

    @property
    def home(self) -> Home:
        """Where things lie in the home."""
        return self._shared.home

    @property
    def clock(self) -> Clock:
        """Time, as the verbs have it."""
        return self._shared.ports.clock

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.session.lock()
        self._notices.close()
        self._sending.close()
        self._database.close()
