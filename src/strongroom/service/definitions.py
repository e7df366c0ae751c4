"""Definitions as one document without secrets, to keep in version control and to take in again.

    {"format": "strongroom definitions", "version": 1,
     "connections": [{"name": …, "kind": …, …}],
     "jobs": [{"name": …, "kind": "backup", "connection": NAME, "storage": NAME, …}]}

In a fixed order, so that a difference in the document is a difference in what is defined.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from strongroom.control import jobs as job_rows
from strongroom.control import retention as retention_rows
from strongroom.errors import OperatorError
from strongroom.service.connections import Connections
from strongroom.service.details import KINDS, SECRETS, ConnectionDetails
from strongroom.service.job_definitions import (
    job_definition,
    new_job,
    require_trusted,
    shape_of,
)
from strongroom.service.jobs import Jobs
from strongroom.service.locks import Locks
from strongroom.service.new_jobs import NewJob, keep_job
from strongroom.service.rights import Right
from strongroom.service.shared import Shared
from strongroom.service.verbs import Verbs, verb
from strongroom.words.job_kind import JobKind
from strongroom.words.json import Json

FORMAT = "strongroom definitions"
VERSION = 1
_NOT_EXPORTED = {*SECRETS, "is_guarded"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenIn:
    """What came of taking definitions in.

    Attributes:
        connections: Names of those that are new; each needs its secrets before it can sign in.
        jobs: Names of those that are new.
    """

    connections: tuple[str, ...]
    jobs: tuple[str, ...]


class Definitions(Verbs):
    """The verbs. Safe in many threads."""

    noun = "definitions"

    def __init__(self, shared: Shared, connections: Connections, jobs: Jobs) -> None:
        super().__init__(shared)
        self._connections = connections
        self._jobs = jobs
        self._locks = Locks(shared)

    @verb(Right.MANAGE, is_audited=True)
    def give_out(self) -> Mapping[str, Json]:
        """Write all connections and jobs as a document, without any secret.

        Raises:
            Locked: a connection is guarded, and its password was not given in this session.
        """
        with self._shared.database.read() as db:
            jobs = job_rows.everything(db)
            kept = {one.job_id: one for one in retention_rows.everything(db)}
        connections: list[Json] = []
        for name in sorted(one.name for one in self._connections.everything()):
            record = self._connections.record(name)
            details = self._connections.details(record)
            self._locks.require_open(record, details, "definitions.give_out")
            plain: dict[str, Json] = json.loads(details.without_secrets().to_bytes())
            shown = {key: value for key, value in plain.items() if key not in _NOT_EXPORTED}
            connections.append({"name": name, **dict(sorted(shown.items()))})
        return {
            "format": FORMAT,
            "version": VERSION,
            "connections": connections,
            "jobs": [
                job_definition(job, kept.get(job.id))
                for job in sorted(jobs, key=lambda one: one.name)
            ],
        }

    @verb(Right.MANAGE, is_audited=True)
    def take_in(self, document: Mapping[str, Any]) -> TakenIn:
        """Add the connections and jobs of a document; those that are there stay as they are.

        All or nothing. A connection that is there is never changed by it: what a file says must not
        move where a kept secret goes.

        Raises:
            OperatorError: it is no such document, holds a secret or something unknown, or names a
                storage that is not here.
        """
        _check(document)
        shared = self._shared
        known = {one.name: one for one in self._connections.everything()}
        require_trusted(document["jobs"], is_home=shared.guard.is_home(shared.session))
        used = {one["connection"] for one in document["jobs"] if "connection" in one}
        for name in sorted(used & known.keys()):
            self._connections.require_usable(known[name], "definitions.take_in")
        with shared.database.read() as db:
            there = {one.name for one in job_rows.everything(db)}
        jobs = [self._new_job(one) for one in document["jobs"] if one["name"] not in there]
        with shared.database.write() as db:
            new = [one for one in document["connections"] if one["name"] not in known]
            for one in new:
                self._connections.add_within(db, one["name"], _details(one))
            for job in jobs:
                keep_job(db, job, shared.ports.clock.now())
        return TakenIn(
            connections=tuple(one["name"] for one in new),
            jobs=tuple(job.name for job in jobs),
        )

    def _new_job(self, entry: Mapping[str, Any]) -> NewJob:
        """Read a job; of what it restores or exports, find out which resource that is."""
        new = new_job(entry)
        if entry["kind"] not in {JobKind.RESTORE, JobKind.EXPORT}:
            return new
        source = self._jobs.source_of(entry["storage"], entry["resource"]).to_json()
        return replace(new, selection={**new.selection, "source": source})


def _details(entry: Mapping[str, Any]) -> ConnectionDetails:
    fields = {key: value for key, value in entry.items() if key != "name"}
    if fields.get("kind") not in KINDS:
        raise OperatorError("The definitions hold a kind of connection that is not known.")
    return ConnectionDetails.from_bytes(json.dumps(fields).encode())


def _check(document: Mapping[str, Any]) -> None:
    is_known = document.get("format") == FORMAT and document.get("version") == VERSION
    lists = [document.get("connections"), document.get("jobs")]
    if not is_known or not all(_is_list_of_named(one) for one in lists):
        raise OperatorError(
            "This is not a document of definitions.",
            why=f"It should be of the format '{FORMAT}', version {VERSION}.",
            hint="Make one with `strongroom connection export`.",
        )
    for entry in document["connections"]:
        _check_entry(entry, _Connection)
    for entry in document["jobs"]:
        _check_entry(entry, shape_of(entry))


def _check_entry(entry: Mapping[str, Any], shape: type[msgspec.Struct]) -> None:
    _refuse_secrets(entry)
    try:
        msgspec.convert(dict(entry), shape)
    except msgspec.ValidationError as error:
        # The library names the place and the type, never the value.
        raise OperatorError(
            f"The definition of '{entry['name']}' cannot be understood.", why=f"{error}."
        ) from error


def _refuse_secrets(entry: Mapping[str, Any]) -> None:
    if entry.keys() & _NOT_EXPORTED:
        raise OperatorError(
            "The definitions hold a secret, so nothing was taken in.",
            why="Files that are kept in version control must not; whoever reads it has it.",
            hint="Take it out of the file and of its history, change it on the server, and give it "
            "with `strongroom connection edit`.",
        )


class _Connection(msgspec.Struct, forbid_unknown_fields=True):
    """What may be said of a connection, and in which types."""

    name: str
    kind: str
    server: str = ""
    url: str = ""
    sign_in_server: str = ""
    autodiscover: str = ""
    directory: str = ""
    user: str = ""
    uses_tickets: bool = False
    auth: str = "basic"
    access: str = "impersonation"
    ca_pem: str | None = None
    fingerprint: str = ""
    certificate_name: str = ""
    proxy: str = ""
    tenant: str = ""
    cloud: str = "global"
    endpoints: dict[str, str] | None = None
    client_id: str = ""
    restore_client_id: str = ""
    sees_permissions: bool = False
    owners: tuple[str, ...] = ()


def _is_list_of_named(entries: object) -> bool:
    return isinstance(entries, Sequence) and all(
        isinstance(one, Mapping) and isinstance(one.get("name"), str) for one in entries
    )
