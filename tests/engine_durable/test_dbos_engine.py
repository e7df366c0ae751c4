"""Whoever has let go of the database does not touch it any more."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from strongroom.control.database import DatabasePlace
from strongroom.engine.dbos_engine import CloseableEngine


@pytest.mark.parametrize("kind", ["sqlite_place", "dbos_place"])
def test_a_closed_engine_connects_nowhere_whoever_holds_it(
    kind: str, request: pytest.FixtureRequest
) -> None:
    place: DatabasePlace = request.getfixturevalue(kind)
    engine = CloseableEngine(place)
    holder = engine.engine.execution_options(schema_translate_map=None)
    with holder.begin() as in_use:
        with holder.begin() as db:
            db.execute(sa.text("SELECT 1"))
        engine.close()
        in_use.execute(sa.text("SELECT 1"))
    for _ in range(2):
        with pytest.raises(RuntimeError, match="let go"):
            holder.connect()
