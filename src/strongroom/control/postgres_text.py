"""Text on PostgreSQL, as SQLite has it. Imported only where there is a PostgreSQL."""

from __future__ import annotations

from typing import Any

from psycopg import Connection
from psycopg.types.string import StrDumperUnknown
from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql.base import PGTypeCompiler

_NOTHING, _LETTER_FOR_NOTHING = "\0", "\N{REPLACEMENT CHARACTER}"


class _OrderOfCodePoints(PGTypeCompiler):
    """Makes columns of text whose order is that of its code points.

    PostgreSQL would order by the rules of the language that it was installed in, which is another
    order on another machine, and which no index of beginnings follows.
    """

    def visit_TEXT(self, type_: Any, **options: Any) -> str:  # noqa: ANN401, N802 - SQLAlchemy's
        written = super().visit_TEXT(type_, **options)
        return written if type_.collation else f'{written} COLLATE "C"'


class _WithoutNothing(StrDumperUnknown):
    """Writes text; PostgreSQL takes no NUL, which a name that a server told may hold.

    Another letter stands for it, also where it is looked for.
    """

    def dump(self, obj: str) -> Any:  # noqa: ANN401 - a buffer of the driver's
        return super().dump(obj.replace(_NOTHING, _LETTER_FOR_NOTHING))


def order_by_code_points(engine: Engine) -> None:
    """Have the tables that are made with this engine order their text so."""
    engine.dialect.type_compiler_instance = _OrderOfCodePoints(engine.dialect)


def write_without_nothing(connection: Connection[Any]) -> None:
    """Have this connection take every text."""
    connection.adapters.register_dumper(str, _WithoutNothing)
