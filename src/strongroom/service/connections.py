"""All verbs of connections in one: what they are is in the files that are joined here."""

from __future__ import annotations

from strongroom.service.connection_diagnosing import ConnectionDiagnosing, Diagnosis
from strongroom.service.connection_enrolling import ConnectionEnrolling, RegisteredView
from strongroom.service.connection_guarding import ConnectionGuarding
from strongroom.service.connection_testing import ConnectionTest, ConnectionTesting
from strongroom.service.connection_views import ConnectionEdit, ConnectionView

__all__ = [
    "ConnectionEdit",
    "ConnectionTest",
    "ConnectionView",
    "Connections",
    "Diagnosis",
    "RegisteredView",
]


class Connections(ConnectionEnrolling, ConnectionGuarding, ConnectionTesting, ConnectionDiagnosing):
    """The verbs. Safe in many threads."""
