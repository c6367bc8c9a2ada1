"""The world that the core takes as arguments: the clock, fresh ids, chance."""

from __future__ import annotations

import random
import uuid
from datetime import UTC, datetime


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present instant in UTC."""
        return datetime.now(UTC)


def new_id() -> str:
    """A fresh `urn:uuid:` of version 4 (RFC 9562)."""
    return f"urn:uuid:{uuid.uuid4()}"


def jitter() -> float:
    """A factor between 0.5 and 1.5 that spreads retries."""
    return random.uniform(0.5, 1.5)  # noqa: S311 - spreads load, protects nothing
