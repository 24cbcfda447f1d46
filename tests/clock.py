"""A clock for tests that have to wait for hours: the database's own, moved ahead.

Everything that waits goes by the database's time, `STATEMENT_TIMESTAMP()`. A function of that name in a
schema that is searched before Postgres' own is found first, so the product runs as it is.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.db import connection

MAKE = """
CREATE SCHEMA moved;
CREATE TABLE moved.clock (ahead interval NOT NULL);
INSERT INTO moved.clock VALUES ('0');
CREATE FUNCTION moved.statement_timestamp() RETURNS timestamptz LANGUAGE sql STABLE
    AS 'SELECT pg_catalog.statement_timestamp() + (SELECT ahead FROM moved.clock)';
"""


class Clock:
    """The database's time, for every connection that is opened while the fixture holds."""

    def now(self) -> datetime:
        """What `Now()` is."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT STATEMENT_TIMESTAMP()")
            found: datetime = cursor.fetchone()[0]
        return found

    def forward(self, by: timedelta) -> None:
        """Let time pass."""
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE moved.clock SET ahead = ahead + make_interval(secs => %s)", [by.total_seconds()]
            )

    def forward_to(self, moment: datetime) -> None:
        """Let time pass until then; never back."""
        self.forward(max(timedelta(0), moment - self.now()))


@pytest.fixture
def clock(transactional_db: None) -> Iterator[Clock]:
    """A clock that starts at the real time. Connections are opened anew, so that all of them see it."""
    name = connection.ops.quote_name(str(connection.settings_dict["NAME"]))
    with connection.cursor() as cursor:
        cursor.execute(MAKE)
        cursor.execute(f"ALTER DATABASE {name} SET search_path = moved, public, pg_catalog")
    connection.close()
    yield Clock()
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {name} RESET search_path")
        cursor.execute("DROP SCHEMA moved CASCADE")
    connection.close()
