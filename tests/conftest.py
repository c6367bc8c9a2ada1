"""What all suites share: a suite that is skipped says why, and in CI that is a failure."""

import asyncio
import os
from pathlib import Path

import judge
import pytest
from hypothesis import HealthCheck, settings

from corridor.store.postgresql.database import connect, database_at
from corridor.store.postgresql.migrate import upgrade
from corridor.testing.postgres import binaries, cluster

# The same examples at each run, and no verdict on the speed of a machine that is shared.
settings.register_profile("corridor", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("corridor")

SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(scope="session")
def shared():
    """The folder of third-party data beside the checkout; a test that needs it is skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip(f"third-party data are not there: {SHARED.name}/ beside the checkout")
    return SHARED


@pytest.fixture(scope="session")
def postgres():
    """A PostgreSQL server of this session; a test that needs it is skipped where PostgreSQL is not installed."""
    programs = binaries()
    if programs is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    with cluster(programs) as running:
        yield running


@pytest.fixture(scope="session")
def postgres_template(postgres):
    """The name of a migrated database without rows, copied for each test."""
    url = postgres.create()
    asyncio.run(_migrate(url))
    return url.rpartition("/")[2]


async def _migrate(url):
    database = database_at(url, "test")
    connection = await connect(database)
    try:
        await upgrade(connection, database)
    finally:
        await connection.close()


@pytest.fixture
def postgres_url(postgres, postgres_template):
    """A migrated database of this test's own."""
    url = postgres.create(template=postgres_template)
    yield url
    postgres.drop(url)


@pytest.fixture(scope="session", autouse=True)
def _watched_wire():
    with pytest.MonkeyPatch.context() as patch:
        judge.watch(patch)
        yield


@pytest.fixture(autouse=True)
def _what_is_sent_obeys_the_schemas(_watched_wire):
    """Fail the test that had this node send what the schemas of the protocol refuse."""
    judge.verdicts.clear()
    yield
    assert judge.verdicts == []


@pytest.fixture(scope="session")
def wire_judge():
    """Our schemas of DSP 2025-1; for tests that send what is wrong on purpose, or receive what another process sent."""
    return judge


NOWHERE = "not to be had here"
"""Begins the reason of a skip that no installation can mend: what the suite needs is not in the registry."""


def reasons_of(reporter):
    """Why suites were skipped."""
    skipped = reporter.stats.get("skipped", []) if reporter else []
    said = (report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr) for report in skipped)
    return sorted({reason.removeprefix("Skipped: ") for reason in said})


def failures_in(reasons):
    """The reasons that are a failure in CI, which installs what is missing."""
    return [reason for reason in reasons if not reason.startswith(NOWHERE)]


def pytest_sessionfinish(session, exitstatus):
    reasons = reasons_of(session.config.pluginmanager.get_plugin("terminalreporter"))
    if os.environ.get("CI") == "true" and failures_in(reasons) and exitstatus == 0:
        session.exitstatus = 1


def pytest_terminal_summary(terminalreporter, config):
    if getattr(config, "workerinput", None) is not None:
        return
    reasons = reasons_of(terminalreporter)
    if not reasons:
        terminalreporter.write_line("no suite was skipped")
        return
    for reason in reasons:
        terminalreporter.write_line(f"skipped: {reason}")
    if os.environ.get("CI") == "true" and failures_in(reasons):
        terminalreporter.write_line("in CI a skipped suite is a failure")
