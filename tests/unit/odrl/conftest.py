from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from corridor.odrl.evaluate import compile_policy
from corridor.odrl.model import PolicyKind
from corridor.odrl.parse import parse_policy
from corridor.odrl.world import World

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


@pytest.fixture
def now():
    return NOW


@pytest.fixture
def agreement():
    """Makes the JSON of an agreement of one permission to use, with the given constraints and any other members."""

    def make(*constraints, permission=None, **members):
        return {
            "@type": "Agreement",
            "@id": "urn:agreement:1",
            "target": "urn:dataset:alerts",
            "assigner": "did:web:provider.example",
            "assignee": "did:web:consumer.example",
            "permission": [{"action": "use", "constraint": list(constraints), **(permission or {})}],
            **members,
        }

    return make


@pytest.fixture
def atom():
    """Makes the JSON of one comparison."""

    def make(left, operator, right):
        return {"leftOperand": left, "operator": operator, "rightOperand": right}

    return make


@pytest.fixture
def compiled():
    """Compiles the JSON of an agreement."""

    def compile_body(body, **options):
        return compile_policy(parse_policy(body, kind=PolicyKind.AGREEMENT), **options)

    return compile_body


@pytest.fixture
def world():
    """Makes a world in which the agreement's consumer uses the agreement's dataset."""

    def make(**known):
        stated = {"target": "urn:dataset:alerts", "assignee": "did:web:consumer.example", "now": NOW} | known
        return World(**stated)

    return make


@pytest.fixture
def days():
    def make(count):
        return timedelta(days=count)

    return make
