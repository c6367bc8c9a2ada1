from __future__ import annotations

import sqlite3
from contextlib import closing

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from corridor.store import statements
from corridor.store.migrations.versions import v0003_replicas
from corridor.store.rows import task_row
from corridor.testing import store_samples as a


def migrate(path, to):
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", "corridor.store:migrations")
        config.set_main_option("path_separator", "os")
        command.upgrade(config, to)
    engine.dispose()


def test_it_only_goes_forward():
    assert v0003_replicas.revision == "0003"
    assert not hasattr(v0003_replicas, "downgrade")


def test_tasks_of_the_release_before_are_kept_and_belong_to_nobody(tmp_path):
    path = tmp_path / "node.db"
    migrate(path, "0001")
    row = {name: value for name, value in task_row(a.task()).items() if name != "parked"}
    with closing(sqlite3.connect(path)) as database:
        names, marks = ", ".join(row), ", ".join(f":{name}" for name in row)
        database.execute(f"INSERT INTO tasks ({names}) VALUES ({marks})", row)  # noqa: S608 - names of columns
        database.commit()
    migrate(path, "0003")
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT parked, owner FROM tasks").fetchall() == [(None, None)]
        assert len(database.execute(statements.TASKS, {"limit": 9}).fetchall()) == 1
