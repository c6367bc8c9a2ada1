from __future__ import annotations

import importlib

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect

from corridor.store import migrate


def settings(**attributes):
    config = Config(attributes=attributes)
    config.set_main_option("script_location", "corridor.store:migrations")
    config.set_main_option("path_separator", "os")
    return config


def test_the_versions_known_are_those_that_migrations_lead_to():
    found = [script.revision for script in ScriptDirectory.from_config(settings()).walk_revisions()]
    assert tuple(reversed(found)) == migrate.VERSIONS


def test_the_environment_migrates_the_connection_that_it_is_given():
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        migrate._upgrade_to_head(connection)
        assert "negotiations" in inspect(connection).get_table_names()
    engine.dispose()


def test_the_environment_tells_the_migrations_what_the_database_has():
    engine, told = create_engine("sqlite://"), []
    with engine.begin() as connection:
        migrate._upgrade_to_head(connection)
        config = settings(connection=connection)
        scripts = ScriptDirectory.from_config(config)
        with EnvironmentContext(config, scripts, fn=lambda revision, _: told.append(revision) or ()):
            importlib.import_module("corridor.store.migrations.env")
    assert told == [(migrate.VERSIONS[-1],)]
    engine.dispose()
