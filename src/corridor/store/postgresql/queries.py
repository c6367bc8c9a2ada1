"""The statements of `store.queries` for PostgreSQL, as text in `statements`, which `render` writes.

Reads are statements of their own. Everything that writes is one function that each connection makes for itself
(`pg_temp`): a batch of commits is one round trip, one transaction and one sync, holds the lock on the log for not a
moment longer, and waits for nothing on the client's side. As the function is not part of the schema, releases of
Corridor that run side by side each have their own.

`python -m corridor.store.postgresql.queries > src/corridor/store/postgresql/statements.py` renews that file.
"""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from sqlalchemy import Dialect, Insert, LargeBinary, bindparam, literal_column, select, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.types import NullType

from corridor.store import schema as s
from corridor.store.queries import STATEMENTS, task_columns

_HEADER: Final = '''"""What PostgreSQL runs, compiled from `store.queries` and never edited by hand.

`python -m corridor.store.postgresql.queries` writes this file, and a test proves that it says what `queries` says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
'''

_WIDTH: Final = 112
LOCK: Final = "(1129271890::bigint << 32) | 'events'::regclass::oid::bigint"
"""The key of the lock that makes commits come one after another: `CORR`, and the table of the log they append to."""
CHANNEL: Final = "'corridor_' || 'events'::regclass::oid"
"""The channel on which replicas tell each other; other schemas of the database have others."""
_PAYLOAD: Final = 7500
"""Bytes of a notification, which PostgreSQL holds to less than 8000."""

_NOW: Final = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
_ALIVE: Final = f"EXISTS (SELECT 1 FROM replicas WHERE replicas.id = $2 AND replicas.until > {_NOW})"  # noqa: S608 - a constant

_dialect: Final[Callable[..., Dialect]] = PGDialect
_MARK = re.compile(r"%\((?P<name>\w+)\)s(::[A-Z]+)?")


def _put_task() -> Any:
    """A task is its queue's owner's, who is known by then as `v_holder`."""
    statement = insert(s.tasks).values(
        {**{column.name: bindparam(column.name) for column in task_columns()}, "owner": literal_column("v_holder")}
    )
    changed = {name: statement.excluded[name] for name in (*(c.name for c in task_columns()), "owner") if name != "id"}
    return statement.on_conflict_do_update(index_elements=["id"], set_=changed)


def _append_event() -> Any:
    """A leaf goes where the log ends, which is known by then as `v_place`."""
    given: dict[str, Any] = {
        column.name: bindparam(column.name) for column in s.events.columns if column.name != "position"
    }
    return insert(s.events).values({**given, "position": literal_column("v_place")})


def _drop_task() -> Any:
    """Who had the task is told that it is done; `RETURNING` needs `INTO` in a function, which `_write` adds."""
    statement: Any = STATEMENTS["DROP_TASK"]
    return statement.returning(s.tasks.c.owner)


_WRITES: Final[Mapping[str, ClauseElement]] = {
    **{name: statement for name, statement in STATEMENTS.items() if isinstance(statement, UpdateBase)},
    "PUT_TASK": _put_task(),
    "DROP_TASK": _drop_task(),
    "APPEND_EVENT": _append_event(),
}

_BEFORE: Final[Mapping[str, str]] = {
    "PUT_TASK": """\
SELECT owner INTO v_holder FROM tasks WHERE queue = r->>'queue' ORDER BY number LIMIT 1;
IF v_holder IS NULL THEN
    v_holder := v_replica;
    UPDATE tasks SET owner = v_replica WHERE queue = r->>'queue' AND owner IS NULL;
ELSIF v_holder <> v_replica THEN
    v_queues := v_queues || (r->>'queue');
END IF;""",
    "APPEND_EVENT": "SELECT coalesce(max(position) + 1, 0) INTO v_place FROM events;",
}
_AFTER: Final[Mapping[str, str]] = {
    # The Merkle tree hash of RFC 9162, 2.1.1: every subtree that this leaf completes is written once.
    "APPEND_EVENT": """\
v_hash := decode(r->>'leaf', 'hex');
v_level := 0;
WHILE v_place & 1 = 1 LOOP
    IF v_level = 0 THEN
        SELECT leaf INTO STRICT v_left FROM events WHERE position = v_place - 1;
    ELSE
        SELECT hash INTO STRICT v_left FROM log_nodes WHERE level = v_level AND position = v_place - 1;
    END IF;
    v_hash := sha256('\\x01'::bytea || v_left || v_hash);
    v_level := v_level + 1;
    v_place := v_place >> 1;
    INSERT INTO log_nodes (level, position, hash) VALUES (v_level, v_place, v_hash);
END LOOP;""",
    "DROP_TASK": """\
IF v_holder <> v_replica THEN
    v_done := v_done || (r->>'id');
END IF;""",
    "USE_ONCE": """\
GET DIAGNOSTICS v_changed = ROW_COUNT;
IF v_changed = 0 THEN
    v_outcome := 'used';
END IF;""",
}

_COMMIT: Final = """\
CREATE OR REPLACE FUNCTION pg_temp.corridor_commit(
    v_replica text, v_names text[], v_strict boolean[], v_rows jsonb[], v_ends integer[], v_told jsonb
) RETURNS text[] LANGUAGE plpgsql AS $function$
#variable_conflict use_column
DECLARE
    r jsonb;
    v_outcome text;
    v_outcomes text[] := '{{}}';
    v_queues text[] := '{{}}';
    v_done text[] := '{{}}';
    v_queues_before text[];
    v_done_before text[];
    v_changed bigint;
    v_holder text;
    v_place bigint;
    v_level bigint;
    v_left bytea;
    v_hash bytea;
BEGIN
    PERFORM pg_advisory_xact_lock({lock});
    FOR v_work IN 1 .. cardinality(v_ends) LOOP
        v_outcome := '';
        v_queues_before := v_queues;
        v_done_before := v_done;
        BEGIN
            FOR v_step IN coalesce(v_ends[v_work - 1], 0) + 1 .. v_ends[v_work] LOOP
                r := v_rows[v_step];
                CASE v_names[v_step]
{branches}
                END CASE;
                IF v_strict[v_step] THEN
                    GET DIAGNOSTICS v_changed = ROW_COUNT;
                    IF v_changed <> 1 THEN
                        RAISE EXCEPTION USING ERRCODE = 'CR001', MESSAGE = v_step;
                    END IF;
                END IF;
            END LOOP;
        EXCEPTION
            WHEN SQLSTATE 'CR001' THEN v_outcome := 'stale ' || SQLERRM;
            WHEN SQLSTATE 'CR002' THEN v_outcome := 'guard ' || SQLERRM;
            WHEN unique_violation THEN v_outcome := 'taken ' || SQLERRM;
        END;
        IF v_outcome NOT IN ('', 'used') THEN
            v_queues := v_queues_before;
            v_done := v_done_before;
        END IF;
        v_outcomes := v_outcomes || v_outcome;
    END LOOP;
    IF v_told IS NOT NULL AND '' = ANY (v_outcomes) THEN
        v_told := v_told || jsonb_build_object('by', v_replica, 'queues', v_queues, 'done', v_done);
        IF octet_length(v_told::text) > {payload} THEN
            v_told := jsonb_build_object('by', v_replica, 'all', true);
        END IF;
        PERFORM pg_notify({channel}, v_told::text);
    END IF;
    RETURN v_outcomes;
END
$function$"""

_GUARD: Final = """\
SELECT ({sum})::bigint INTO v_changed;
IF v_changed <> (r->>'expected')::bigint THEN
    RAISE EXCEPTION USING ERRCODE = 'CR002', MESSAGE = v_step || ' ' || v_changed;
END IF;"""

_BEAT: Final = """\
CREATE OR REPLACE FUNCTION pg_temp.corridor_beat(v_replica text, v_lease bigint, v_thorough boolean)
RETURNS TABLE (fresh boolean, claimed bigint) LANGUAGE plpgsql AS $function$
#variable_conflict use_column
DECLARE
    v_now bigint := {now};
    v_gone bigint;
BEGIN
    claimed := 0;
    SELECT until < v_now INTO fresh FROM replicas WHERE id = v_replica;
    fresh := coalesce(fresh, true);
    INSERT INTO replicas (id, until) VALUES (v_replica, v_now + v_lease)
        ON CONFLICT (id) DO UPDATE SET until = excluded.until;
    DELETE FROM replicas WHERE id IN (SELECT id FROM replicas WHERE until < v_now FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS v_gone = ROW_COUNT;
    IF v_gone > 0 OR fresh OR v_thorough THEN
        PERFORM pg_advisory_xact_lock({lock});
        UPDATE tasks SET owner = v_replica WHERE owner IS NULL OR owner NOT IN (SELECT id FROM replicas);
        GET DIAGNOSTICS claimed = ROW_COUNT;
    END IF;
    RETURN NEXT;
END
$function$"""


def _reads() -> Iterator[tuple[str, ClauseElement]]:
    for name, statement in STATEMENTS.items():
        if not isinstance(statement, UpdateBase):
            yield name, statement


def _read(statement: ClauseElement) -> tuple[str, tuple[str, ...]]:
    """The text with numbered parameters, and their names in order."""
    made: Any = statement.compile(dialect=_dialect(paramstyle="numeric_dollar"))
    return " ".join(str(made).split()), tuple(made.positiontup or ())


def _write(statement: Any) -> str:
    """The text with the values out of the JSON object `r`."""
    # Without `inline`, SQLAlchemy would have the number of a new row given back.
    made = (statement.inline() if isinstance(statement, Insert) else statement).compile(
        dialect=_dialect(paramstyle="pyformat")
    )

    def value(found: re.Match[str]) -> str:
        kind, name = made.binds[found["name"]].type, found["name"]
        if isinstance(kind, LargeBinary):
            return f"decode(r->>'{name}', 'hex')"
        # How many rows a statement may take has no type of its own.
        sort = "bigint" if isinstance(kind, NullType) else kind.compile(dialect=_dialect()).lower()
        return f"r->>'{name}'" if sort == "text" else f"(r->>'{name}')::{sort}"

    return _MARK.sub(value, " ".join(str(made).split())).replace("tasks.owner", "tasks.owner INTO v_holder")


def commit_function() -> str:
    """The function that carries out a batch of commits."""
    branches = []
    for name, statement in _WRITES.items():
        branches.append(_branch(name, _BEFORE.get(name, ""), f"{_write(statement)};", _AFTER.get(name, "")))
    branches.append(_branch("COUNTED_SUM", _GUARD.format(sum=_write(STATEMENTS["COUNTED_SUM"]))))
    return _COMMIT.format(lock=LOCK, channel=CHANNEL, payload=_PAYLOAD, branches="\n".join(branches))


def _branch(name: str, *texts: str) -> str:
    return textwrap.indent(
        "\n".join([f"WHEN '{name}' THEN", *(textwrap.indent(t, "    ") for t in texts if t)]), " " * 16
    )


def _own_reads() -> dict[str, str]:
    """What only replicas ask."""
    task = select(*task_columns())
    where = {
        "HEAD": f"{_plain(task)} WHERE queue = $1 AND owner = $2 AND {_ALIVE} ORDER BY number LIMIT 1",
        "OWN_TASKS": f"{_plain(task)} WHERE owner = $1 ORDER BY number LIMIT $2",
        "OWN_TASKS_OF": f"{_plain(task)} WHERE owner = $1 AND queue = ANY ($2::text[]) ORDER BY number",
        "GRANTS_OF": "SELECT body FROM grants WHERE id = ANY ($1::text[])",
        "PAPERS_OF": "SELECT body FROM papers WHERE id = ANY ($1::text[])",
        "GRANTS_REVOKED": "SELECT body FROM grants WHERE revoked > $1",
        "PAPERS_REVOKED": "SELECT body FROM papers WHERE revoked > $1",
        "REPLICAS": f"SELECT count(*) FROM replicas WHERE until > {_NOW}",  # noqa: S608 - a constant
        "CLAIM": "INSERT INTO owner (one, participant) VALUES (1, $1) ON CONFLICT DO NOTHING",
        "OWNER": "SELECT participant FROM owner",
        "LEAVE": "DELETE FROM replicas WHERE id = $1",
        "TELL": f"SELECT pg_notify({CHANNEL}, $1)",
        "CHANNEL": f"SELECT {CHANNEL}",
    }
    return {name: " ".join(sql.split()) for name, sql in where.items()}


def _plain(statement: Any) -> str:
    return str(statement.where(true()).compile(dialect=_dialect())).partition(" \nWHERE")[0]


def render() -> str:
    """The text of the module `statements`."""
    parts = [_HEADER, "\nREADS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {\n"]
    for name, statement in _reads():
        sql, names = _read(statement)
        listed = ", ".join(f'"{each}"' for each in names) + ("," if len(names) == 1 else "")
        parts.append(f'    "{name}": (\n        """\n{_wrapped(sql)}\n""",\n        ({listed}),\n    ),\n')
    parts.append('}\n"""Every read by its name: the text, and the names of its parameters in order."""\n')
    known = "".join(f'\n    "{name}",' for name in _WRITES)
    parts.append(f"\nWRITES: Final = ({known}\n)\n" + '"""What `COMMIT` can do, by name."""\n')
    parts += [f'\n{name}: Final = """\n{_wrapped(sql)}\n"""\n' for name, sql in _own_reads().items()]
    beat = _BEAT.format(lock=LOCK, now=_NOW)
    parts += [f'\n{name}: Final = r"""\n{text}\n"""\n' for name, text in (("BEAT", beat), ("COMMIT", _folded()))]
    return "".join(parts)


def _folded() -> str:
    """The function with lines of a width that can be read; statements break where they have spaces."""
    lines = []
    for line in commit_function().splitlines():
        indent = " " * (len(line) - len(line.lstrip()))
        more = indent + "    "
        lines += textwrap.wrap(
            line, _WIDTH, subsequent_indent=more, break_long_words=False, break_on_hyphens=False
        ) or [""]
    return "\n".join(lines)


def _wrapped(sql: str) -> str:
    return "\n".join(textwrap.wrap(sql, _WIDTH, break_long_words=False, break_on_hyphens=False))


if __name__ == "__main__":
    sys.stdout.write(render())
