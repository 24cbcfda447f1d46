"""A build that waits on its model holds no connection of Postgres: many may wait at once."""

from pathlib import Path

import psycopg
from django.db import connection

from builds.adapters.model_scripted import ScriptedModel
from builds.ports import Reply, Request
from tests.world import EXAMPLES, World, make_world

HELD = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"


class Counting(ScriptedModel):
    """Counts, while it answers, who is connected to the database."""

    def __init__(self, database: str, name: str) -> None:
        super().__init__(EXAMPLES)
        self.database = database
        self.name = name
        self.held: list[int] = []

    def complete(self, request: Request) -> Reply:
        with psycopg.connect(self.database) as other:
            row = other.execute(HELD, [self.name]).fetchone()
            self.held.append(int(row[0]) if row else -1)
        return super().complete(request)


def test_no_connection_is_held_while_a_model_answers(
    child_environment: dict[str, str], tmp_path: Path
) -> None:
    model = Counting(child_environment["DATABASE_URL"], str(connection.settings_dict["NAME"]))
    world: World = make_world(tmp_path, model=model)
    job = world.run(world.submit())
    assert job.status == "succeeded"
    assert len(model.held) >= 9
    assert set(model.held) == {0}
