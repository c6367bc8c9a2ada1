"""What PostgreSQL runs, compiled from `store.queries` and never edited by hand.

`python -m corridor.store.postgresql.queries` writes this file, and a test proves that it says what `queries` says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

READS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "NEGOTIATION": (
        """
SELECT negotiations.body FROM negotiations WHERE negotiations.id = $1
""",
        ("id",),
    ),
    "NEGOTIATION_BY_PEER": (
        """
SELECT negotiations.body FROM negotiations WHERE negotiations.peer = $1 AND negotiations.peer_pid = $2
""",
        ("peer", "peer_pid"),
    ),
    "NEGOTIATIONS": (
        """
SELECT negotiations.body FROM negotiations WHERE negotiations.id > $1 ORDER BY negotiations.id LIMIT $2 OFFSET 0
""",
        ("after", "limit"),
    ),
    "NEGOTIATIONS_HELD": (
        """
SELECT negotiations.body FROM negotiations WHERE negotiations.id > $1 AND negotiations.held IS NOT NULL ORDER BY
negotiations.id LIMIT $2 OFFSET 0
""",
        ("after", "limit"),
    ),
    "AGREEMENT": (
        """
SELECT agreements.body FROM agreements WHERE agreements.id = $1
""",
        ("id",),
    ),
    "AGREEMENTS": (
        """
SELECT agreements.body FROM agreements WHERE agreements.id > $1 ORDER BY agreements.id LIMIT $2 OFFSET 0
""",
        ("after", "limit"),
    ),
    "TRANSFER": (
        """
SELECT transfers.body FROM transfers WHERE transfers.id = $1
""",
        ("id",),
    ),
    "TRANSFER_BY_PEER": (
        """
SELECT transfers.body FROM transfers WHERE transfers.peer = $1 AND transfers.peer_pid = $2
""",
        ("peer", "peer_pid"),
    ),
    "TRANSFERS": (
        """
SELECT transfers.body FROM transfers WHERE transfers.id > $1 ORDER BY transfers.id LIMIT $2 OFFSET 0
""",
        ("after", "limit"),
    ),
    "TRANSFERS_HELD": (
        """
SELECT transfers.body FROM transfers WHERE transfers.id > $1 AND transfers.held IS NOT NULL ORDER BY
transfers.id LIMIT $2 OFFSET 0
""",
        ("after", "limit"),
    ),
    "TRANSFERS_OF": (
        """
SELECT transfers.body FROM transfers WHERE transfers.agreement = $1 AND transfers.id > $2 ORDER BY transfers.id
LIMIT $3 OFFSET 0
""",
        ("agreement", "after", "limit"),
    ),
    "DATASET": (
        """
SELECT datasets.body FROM datasets WHERE datasets.id = $1
""",
        ("id",),
    ),
    "DATASETS": (
        """
SELECT datasets.body FROM datasets WHERE datasets.id > $1 ORDER BY datasets.id LIMIT $2 OFFSET 0
""",
        ("after", "limit"),
    ),
    "DATASETS_ON_OFFER": (
        """
SELECT datasets.body FROM datasets WHERE datasets.id > $1 AND datasets.withdrawn IS NULL ORDER BY datasets.id
LIMIT $2 OFFSET 0
""",
        ("after", "limit"),
    ),
    "ON_OFFER": (
        """
SELECT datasets.body FROM datasets WHERE datasets.id > $1 AND datasets.withdrawn IS NULL ORDER BY datasets.id
LIMIT $2 OFFSET 0
""",
        ("start", "limit"),
    ),
    "ON_OFFER_BEFORE": (
        """
SELECT datasets.body FROM datasets WHERE datasets.id < $1 AND datasets.withdrawn IS NULL ORDER BY datasets.id
DESC LIMIT $2 OFFSET 0
""",
        ("start", "limit"),
    ),
    "FOUND": (
        """
SELECT entry.dataset, CASE WHEN (($1 = '' OR (EXISTS (SELECT 1 FROM dataset_terms AS term1 WHERE term1.term = $1
AND term1.dataset = entry.dataset))) AND ($2 = '' OR (EXISTS (SELECT 1 FROM dataset_terms AS term2 WHERE
term2.term = $2 AND term2.dataset = entry.dataset))) AND ($3 = '' OR (EXISTS (SELECT 1 FROM dataset_terms AS
term3 WHERE term3.term = $3 AND term3.dataset = entry.dataset))) AND ($4 = '' OR (EXISTS (SELECT 1 FROM
dataset_terms AS term4 WHERE term4.term = $4 AND term4.dataset = entry.dataset))) AND ($5 = '' OR (EXISTS
(SELECT 1 FROM dataset_terms AS term5 WHERE term5.term = $5 AND term5.dataset = entry.dataset))) AND ($6 = '' OR
(EXISTS (SELECT 1 FROM dataset_terms AS term6 WHERE term6.term = $6 AND term6.dataset = entry.dataset))) AND ($7
= '' OR (EXISTS (SELECT 1 FROM dataset_terms AS term7 WHERE term7.term = $7 AND term7.dataset =
entry.dataset)))) THEN (SELECT datasets.body FROM datasets WHERE datasets.id = entry.dataset) END AS body FROM
dataset_terms AS entry WHERE entry.term = $8 AND entry.dataset > $9 ORDER BY entry.dataset LIMIT $10 OFFSET 0
""",
        ("term1", "term2", "term3", "term4", "term5", "term6", "term7", "term0", "start", "limit"),
    ),
    "FOUND_BEFORE": (
        """
SELECT entry.dataset, CASE WHEN (($1 = '' OR (EXISTS (SELECT 1 FROM dataset_terms AS term1 WHERE term1.term = $1
AND term1.dataset = entry.dataset))) AND ($2 = '' OR (EXISTS (SELECT 1 FROM dataset_terms AS term2 WHERE
term2.term = $2 AND term2.dataset = entry.dataset))) AND ($3 = '' OR (EXISTS (SELECT 1 FROM dataset_terms AS
term3 WHERE term3.term = $3 AND term3.dataset = entry.dataset))) AND ($4 = '' OR (EXISTS (SELECT 1 FROM
dataset_terms AS term4 WHERE term4.term = $4 AND term4.dataset = entry.dataset))) AND ($5 = '' OR (EXISTS
(SELECT 1 FROM dataset_terms AS term5 WHERE term5.term = $5 AND term5.dataset = entry.dataset))) AND ($6 = '' OR
(EXISTS (SELECT 1 FROM dataset_terms AS term6 WHERE term6.term = $6 AND term6.dataset = entry.dataset))) AND ($7
= '' OR (EXISTS (SELECT 1 FROM dataset_terms AS term7 WHERE term7.term = $7 AND term7.dataset =
entry.dataset)))) THEN (SELECT datasets.body FROM datasets WHERE datasets.id = entry.dataset) END AS body FROM
dataset_terms AS entry WHERE entry.term = $8 AND entry.dataset < $9 ORDER BY entry.dataset DESC LIMIT $10 OFFSET
0
""",
        ("term1", "term2", "term3", "term4", "term5", "term6", "term7", "term0", "start", "limit"),
    ),
    "TERM_SIZE": (
        """
SELECT count(*) AS n FROM (SELECT dataset_terms.dataset AS dataset FROM dataset_terms WHERE dataset_terms.term =
$1 LIMIT $2 OFFSET 0) AS entries
""",
        ("term", "limit"),
    ),
    "PAPER": (
        """
SELECT papers.body FROM papers WHERE papers.id = $1
""",
        ("id",),
    ),
    "PAPERS": (
        """
SELECT papers.body FROM papers ORDER BY papers.number
""",
        (),
    ),
    "TASKS": (
        """
SELECT tasks.id, tasks.kind, tasks.queue, tasks.subject, tasks.due, tasks.created, tasks.attempts,
tasks.problem, tasks.payload, tasks.message_type, tasks.message, tasks.parked FROM tasks ORDER BY tasks.number
LIMIT $1 OFFSET 0
""",
        ("limit",),
    ),
    "TASK": (
        """
SELECT tasks.id, tasks.kind, tasks.queue, tasks.subject, tasks.due, tasks.created, tasks.attempts,
tasks.problem, tasks.payload, tasks.message_type, tasks.message, tasks.parked FROM tasks WHERE tasks.id = $1
""",
        ("id",),
    ),
    "GRANT": (
        """
SELECT grants.body FROM grants WHERE grants.id = $1
""",
        ("id",),
    ),
    "GRANT_BY_DIGEST": (
        """
SELECT grants.body FROM grants WHERE grants.token_digest = $1
""",
        ("token_digest",),
    ),
    "USAGE": (
        """
SELECT usages.requests, usages.size, usages.rows FROM usages WHERE usages.agreement = $1 AND usages.transfer =
$2
""",
        ("agreement", "transfer"),
    ),
    "COUNTED": (
        """
SELECT counted.population, max(counted.n) AS n FROM counted WHERE counted.jurisdiction = $1 AND counted.name =
$2 AND counted.day >= $3 AND counted.day <= $4 GROUP BY counted.population
""",
        ("jurisdiction", "name", "start", "end"),
    ),
    "COUNTED_SUM": (
        """
SELECT coalesce(sum(greatest.n), 0) AS n FROM (SELECT counted.population AS population, max(counted.n) AS n FROM
counted WHERE counted.jurisdiction = $1 AND counted.name = $2 AND counted.day >= $3 AND counted.day <= $4 GROUP
BY counted.population) AS greatest
""",
        ("jurisdiction", "name", "start", "end"),
    ),
    "RECEIPT": (
        """
SELECT receipts.body FROM receipts WHERE receipts.id = $1
""",
        ("id",),
    ),
    "RECEIPTS": (
        """
SELECT receipts.body FROM receipts WHERE receipts.agreement = $1 ORDER BY receipts.at, receipts.number
""",
        ("agreement",),
    ),
    "SUBSCRIPTION": (
        """
SELECT subscriptions.body FROM subscriptions WHERE subscriptions.id = $1
""",
        ("id",),
    ),
    "SUBSCRIPTIONS": (
        """
SELECT subscriptions.body FROM subscriptions WHERE subscriptions.id > $1 ORDER BY subscriptions.id LIMIT $2
OFFSET 0
""",
        ("after", "limit"),
    ),
    "LETTERS": (
        """
SELECT dead_letters.body FROM dead_letters WHERE dead_letters.subscription = $1 AND dead_letters.position > $2
ORDER BY dead_letters.position LIMIT $3 OFFSET 0
""",
        ("subscription", "after", "limit"),
    ),
    "EVENTS": (
        """
SELECT events.position, events.body FROM events WHERE events.position > $1 ORDER BY events.position LIMIT $2
OFFSET 0
""",
        ("after", "limit"),
    ),
    "EVENTS_OF": (
        """
SELECT events.position, events.body FROM (SELECT events.position AS position FROM events WHERE events.agreement
= $1 AND events.position > $2 UNION SELECT events.position AS position FROM events WHERE events.negotiation =
(SELECT agreements.negotiation FROM agreements WHERE agreements.id = $1) AND events.position > $2 UNION SELECT
events.position AS position FROM events WHERE events.transfer IN (SELECT transfers.id FROM transfers WHERE
transfers.agreement = $1) AND events.position > $2 ORDER BY position LIMIT $3 OFFSET 0) AS found JOIN events ON
events.position = found.position ORDER BY events.position
""",
        ("agreement", "after", "limit"),
    ),
    "LOG_SIZE": (
        """
SELECT coalesce(max(events.position) + 1, 0) AS size FROM events
""",
        (),
    ),
    "LEAF": (
        """
SELECT events.leaf FROM events WHERE events.position = $1
""",
        ("position",),
    ),
    "LOG_NODE": (
        """
SELECT log_nodes.hash FROM log_nodes WHERE log_nodes.level = $1 AND log_nodes.position = $2
""",
        ("level", "position"),
    ),
}
"""Every read by its name: the text, and the names of its parameters in order."""

WRITES: Final = (
    "ADD_NEGOTIATION",
    "REPLACE_NEGOTIATION",
    "ADD_AGREEMENT",
    "REPLACE_AGREEMENT",
    "ADD_TRANSFER",
    "REPLACE_TRANSFER",
    "ADD_DATASET",
    "REPLACE_DATASET",
    "FORGET_TERMS",
    "ADD_TERM",
    "ADD_PAPER",
    "REPLACE_PAPER",
    "ADD_SUBSCRIPTION",
    "REPLACE_SUBSCRIPTION",
    "DROP_SUBSCRIPTION",
    "PUT_LETTER",
    "DROP_LETTER",
    "DROP_LETTERS",
    "PUT_TASK",
    "DROP_TASK",
    "ADD_GRANT",
    "PUT_GRANT",
    "ADD_SERVED",
    "ADD_USAGE",
    "PUT_COUNTED",
    "PUT_RECEIPT",
    "APPEND_EVENT",
    "ADD_LOG_NODE",
    "FORGET_USED",
    "USE_ONCE",
)
"""What `COMMIT` can do, by name."""

HEAD: Final = """
SELECT tasks.id, tasks.kind, tasks.queue, tasks.subject, tasks.due, tasks.created, tasks.attempts,
tasks.problem, tasks.payload, tasks.message_type, tasks.message, tasks.parked FROM tasks WHERE queue = $1 AND
owner = $2 AND EXISTS (SELECT 1 FROM replicas WHERE replicas.id = $2 AND replicas.until > (extract(epoch FROM
clock_timestamp()) * 1000000)::bigint) ORDER BY number LIMIT 1
"""

OWN_TASKS: Final = """
SELECT tasks.id, tasks.kind, tasks.queue, tasks.subject, tasks.due, tasks.created, tasks.attempts,
tasks.problem, tasks.payload, tasks.message_type, tasks.message, tasks.parked FROM tasks WHERE owner = $1 ORDER
BY number LIMIT $2
"""

OWN_TASKS_OF: Final = """
SELECT tasks.id, tasks.kind, tasks.queue, tasks.subject, tasks.due, tasks.created, tasks.attempts,
tasks.problem, tasks.payload, tasks.message_type, tasks.message, tasks.parked FROM tasks WHERE owner = $1 AND
queue = ANY ($2::text[]) ORDER BY number
"""

GRANTS_OF: Final = """
SELECT body FROM grants WHERE id = ANY ($1::text[])
"""

PAPERS_OF: Final = """
SELECT body FROM papers WHERE id = ANY ($1::text[])
"""

GRANTS_REVOKED: Final = """
SELECT body FROM grants WHERE revoked > $1
"""

PAPERS_REVOKED: Final = """
SELECT body FROM papers WHERE revoked > $1
"""

REPLICAS: Final = """
SELECT count(*) FROM replicas WHERE until > (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
"""

CLAIM: Final = """
INSERT INTO owner (one, participant) VALUES (1, $1) ON CONFLICT DO NOTHING
"""

OWNER: Final = """
SELECT participant FROM owner
"""

LEAVE: Final = """
DELETE FROM replicas WHERE id = $1
"""

TELL: Final = """
SELECT pg_notify('corridor_' || 'events'::regclass::oid, $1)
"""

CHANNEL: Final = """
SELECT 'corridor_' || 'events'::regclass::oid
"""

BEAT: Final = r"""
CREATE OR REPLACE FUNCTION pg_temp.corridor_beat(v_replica text, v_lease bigint, v_thorough boolean)
RETURNS TABLE (fresh boolean, claimed bigint) LANGUAGE plpgsql AS $function$
#variable_conflict use_column
DECLARE
    v_now bigint := (extract(epoch FROM clock_timestamp()) * 1000000)::bigint;
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
        PERFORM pg_advisory_xact_lock((1129271890::bigint << 32) | 'events'::regclass::oid::bigint);
        UPDATE tasks SET owner = v_replica WHERE owner IS NULL OR owner NOT IN (SELECT id FROM replicas);
        GET DIAGNOSTICS claimed = ROW_COUNT;
    END IF;
    RETURN NEXT;
END
$function$
"""

COMMIT: Final = r"""
CREATE OR REPLACE FUNCTION pg_temp.corridor_commit(
    v_replica text, v_names text[], v_strict boolean[], v_rows jsonb[], v_ends integer[], v_told jsonb
) RETURNS text[] LANGUAGE plpgsql AS $function$
#variable_conflict use_column
DECLARE
    r jsonb;
    v_outcome text;
    v_outcomes text[] := '{}';
    v_queues text[] := '{}';
    v_done text[] := '{}';
    v_queues_before text[];
    v_done_before text[];
    v_changed bigint;
    v_holder text;
    v_place bigint;
    v_level bigint;
    v_left bytea;
    v_hash bytea;
BEGIN
    PERFORM pg_advisory_xact_lock((1129271890::bigint << 32) | 'events'::regclass::oid::bigint);
    FOR v_work IN 1 .. cardinality(v_ends) LOOP
        v_outcome := '';
        v_queues_before := v_queues;
        v_done_before := v_done;
        BEGIN
            FOR v_step IN coalesce(v_ends[v_work - 1], 0) + 1 .. v_ends[v_work] LOOP
                r := v_rows[v_step];
                CASE v_names[v_step]
                WHEN 'ADD_NEGOTIATION' THEN
                    INSERT INTO negotiations (id, role, peer, peer_pid, state, version, created, updated, body,
                        held) VALUES (r->>'id', r->>'role', r->>'peer', r->>'peer_pid', r->>'state',
                        (r->>'version')::bigint, (r->>'created')::bigint, (r->>'updated')::bigint, r->>'body',
                        (r->>'held')::bigint) ON CONFLICT DO NOTHING;
                WHEN 'REPLACE_NEGOTIATION' THEN
                    UPDATE negotiations SET role=r->>'role', peer=r->>'peer', peer_pid=r->>'peer_pid',
                        state=r->>'state', version=(r->>'version')::bigint, created=(r->>'created')::bigint,
                        updated=(r->>'updated')::bigint, body=r->>'body', held=(r->>'held')::bigint WHERE
                        negotiations.id = r->>'key' AND negotiations.version = (r->>'replaces')::bigint;
                WHEN 'ADD_AGREEMENT' THEN
                    INSERT INTO agreements (id, role, peer, negotiation, dataset, version, concluded, body)
                        VALUES (r->>'id', r->>'role', r->>'peer', r->>'negotiation', r->>'dataset',
                        (r->>'version')::bigint, (r->>'concluded')::bigint, r->>'body') ON CONFLICT DO NOTHING;
                WHEN 'REPLACE_AGREEMENT' THEN
                    UPDATE agreements SET role=r->>'role', peer=r->>'peer', negotiation=r->>'negotiation',
                        dataset=r->>'dataset', version=(r->>'version')::bigint,
                        concluded=(r->>'concluded')::bigint, body=r->>'body' WHERE agreements.id = r->>'key' AND
                        agreements.version = (r->>'replaces')::bigint;
                WHEN 'ADD_TRANSFER' THEN
                    INSERT INTO transfers (id, role, peer, peer_pid, state, agreement, dataset, version,
                        created, updated, body, held) VALUES (r->>'id', r->>'role', r->>'peer', r->>'peer_pid',
                        r->>'state', r->>'agreement', r->>'dataset', (r->>'version')::bigint,
                        (r->>'created')::bigint, (r->>'updated')::bigint, r->>'body', (r->>'held')::bigint) ON
                        CONFLICT DO NOTHING;
                WHEN 'REPLACE_TRANSFER' THEN
                    UPDATE transfers SET role=r->>'role', peer=r->>'peer', peer_pid=r->>'peer_pid',
                        state=r->>'state', agreement=r->>'agreement', dataset=r->>'dataset',
                        version=(r->>'version')::bigint, created=(r->>'created')::bigint,
                        updated=(r->>'updated')::bigint, body=r->>'body', held=(r->>'held')::bigint WHERE
                        transfers.id = r->>'key' AND transfers.version = (r->>'replaces')::bigint;
                WHEN 'ADD_DATASET' THEN
                    INSERT INTO datasets (id, version, published, withdrawn, body) VALUES (r->>'id',
                        (r->>'version')::bigint, (r->>'published')::bigint, (r->>'withdrawn')::bigint,
                        r->>'body') ON CONFLICT DO NOTHING;
                WHEN 'REPLACE_DATASET' THEN
                    UPDATE datasets SET version=(r->>'version')::bigint, published=(r->>'published')::bigint,
                        withdrawn=(r->>'withdrawn')::bigint, body=r->>'body' WHERE datasets.id = r->>'key' AND
                        datasets.version = (r->>'replaces')::bigint;
                WHEN 'FORGET_TERMS' THEN
                    DELETE FROM dataset_terms WHERE dataset_terms.dataset = r->>'dataset';
                WHEN 'ADD_TERM' THEN
                    INSERT INTO dataset_terms (term, dataset) VALUES (r->>'term', r->>'dataset') ON CONFLICT DO
                        NOTHING;
                WHEN 'ADD_PAPER' THEN
                    INSERT INTO papers (id, kind, version, added, revoked, body) VALUES (r->>'id', r->>'kind',
                        (r->>'version')::bigint, (r->>'added')::bigint, (r->>'revoked')::bigint, r->>'body') ON
                        CONFLICT DO NOTHING;
                WHEN 'REPLACE_PAPER' THEN
                    UPDATE papers SET kind=r->>'kind', version=(r->>'version')::bigint,
                        added=(r->>'added')::bigint, revoked=(r->>'revoked')::bigint, body=r->>'body' WHERE
                        papers.id = r->>'key' AND papers.version = (r->>'replaces')::bigint;
                WHEN 'ADD_SUBSCRIPTION' THEN
                    INSERT INTO subscriptions (id, state, version, created, body) VALUES (r->>'id', r->>'state',
                        (r->>'version')::bigint, (r->>'created')::bigint, r->>'body') ON CONFLICT DO NOTHING;
                WHEN 'REPLACE_SUBSCRIPTION' THEN
                    UPDATE subscriptions SET state=r->>'state', version=(r->>'version')::bigint,
                        created=(r->>'created')::bigint, body=r->>'body' WHERE subscriptions.id = r->>'key' AND
                        subscriptions.version = (r->>'replaces')::bigint;
                WHEN 'DROP_SUBSCRIPTION' THEN
                    DELETE FROM subscriptions WHERE subscriptions.id = r->>'id';
                WHEN 'PUT_LETTER' THEN
                    INSERT INTO dead_letters (subscription, position, at, body) VALUES (r->>'subscription',
                        (r->>'position')::bigint, (r->>'at')::bigint, r->>'body') ON CONFLICT (subscription,
                        position) DO UPDATE SET at = excluded.at, body = excluded.body;
                WHEN 'DROP_LETTER' THEN
                    DELETE FROM dead_letters WHERE dead_letters.subscription = r->>'subscription' AND
                        dead_letters.position = (r->>'position')::bigint;
                WHEN 'DROP_LETTERS' THEN
                    DELETE FROM dead_letters WHERE dead_letters.subscription = r->>'id';
                WHEN 'PUT_TASK' THEN
                    SELECT owner INTO v_holder FROM tasks WHERE queue = r->>'queue' ORDER BY number LIMIT 1;
                    IF v_holder IS NULL THEN
                        v_holder := v_replica;
                        UPDATE tasks SET owner = v_replica WHERE queue = r->>'queue' AND owner IS NULL;
                    ELSIF v_holder <> v_replica THEN
                        v_queues := v_queues || (r->>'queue');
                    END IF;
                    INSERT INTO tasks (id, kind, queue, subject, due, created, attempts, problem, payload,
                        message_type, message, parked, owner) VALUES (r->>'id', r->>'kind', r->>'queue',
                        r->>'subject', (r->>'due')::bigint, (r->>'created')::bigint, (r->>'attempts')::bigint,
                        r->>'problem', r->>'payload', r->>'message_type', r->>'message', (r->>'parked')::bigint,
                        v_holder) ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, queue = excluded.queue,
                        subject = excluded.subject, due = excluded.due, created = excluded.created, attempts =
                        excluded.attempts, problem = excluded.problem, payload = excluded.payload, message_type
                        = excluded.message_type, message = excluded.message, parked = excluded.parked, owner =
                        excluded.owner;
                WHEN 'DROP_TASK' THEN
                    DELETE FROM tasks WHERE tasks.id = r->>'id' RETURNING tasks.owner INTO v_holder;
                    IF v_holder <> v_replica THEN
                        v_done := v_done || (r->>'id');
                    END IF;
                WHEN 'ADD_GRANT' THEN
                    INSERT INTO grants (id, token_digest, transfer, agreement, issued, revoked, body) VALUES
                        (r->>'id', r->>'token_digest', r->>'transfer', r->>'agreement', (r->>'issued')::bigint,
                        (r->>'revoked')::bigint, r->>'body') ON CONFLICT DO NOTHING;
                WHEN 'PUT_GRANT' THEN
                    INSERT INTO grants (id, token_digest, transfer, agreement, issued, revoked, body) VALUES
                        (r->>'id', r->>'token_digest', r->>'transfer', r->>'agreement', (r->>'issued')::bigint,
                        (r->>'revoked')::bigint, r->>'body') ON CONFLICT (id) DO UPDATE SET token_digest =
                        excluded.token_digest, transfer = excluded.transfer, agreement = excluded.agreement,
                        issued = excluded.issued, revoked = excluded.revoked, body = excluded.body;
                WHEN 'ADD_SERVED' THEN
                    INSERT INTO served (id, transfer, agreement, dataset, peer, at, size, rows, whole) VALUES
                        (r->>'id', r->>'transfer', r->>'agreement', r->>'dataset', r->>'peer',
                        (r->>'at')::bigint, (r->>'size')::bigint, (r->>'rows')::bigint, (r->>'whole')::boolean)
                        ON CONFLICT DO NOTHING;
                WHEN 'ADD_USAGE' THEN
                    INSERT INTO usages (agreement, transfer, requests, size, rows) VALUES (r->>'agreement',
                        r->>'transfer', (r->>'requests')::bigint, (r->>'size')::bigint, (r->>'rows')::bigint) ON
                        CONFLICT (agreement, transfer) DO UPDATE SET requests = (usages.requests +
                        excluded.requests), size = (usages.size + excluded.size), rows = (usages.rows +
                        excluded.rows);
                WHEN 'PUT_COUNTED' THEN
                    INSERT INTO counted (jurisdiction, name, population, agreement, day, n) VALUES
                        (r->>'jurisdiction', r->>'name', r->>'population', r->>'agreement', r->>'day',
                        (r->>'n')::bigint) ON CONFLICT (jurisdiction, name, population, agreement, day) DO
                        UPDATE SET n = excluded.n WHERE counted.n < excluded.n;
                WHEN 'PUT_RECEIPT' THEN
                    INSERT INTO receipts (id, kind, agreement, transfer, complete, at, body) VALUES (r->>'id',
                        r->>'kind', r->>'agreement', r->>'transfer', (r->>'complete')::boolean,
                        (r->>'at')::bigint, r->>'body') ON CONFLICT (id) DO UPDATE SET kind = excluded.kind,
                        agreement = excluded.agreement, transfer = excluded.transfer, complete =
                        excluded.complete, at = excluded.at, body = excluded.body WHERE receipts.complete IS
                        false;
                WHEN 'APPEND_EVENT' THEN
                    SELECT coalesce(max(position) + 1, 0) INTO v_place FROM events;
                    INSERT INTO events (position, agreement, negotiation, transfer, leaf, body) VALUES (v_place,
                        r->>'agreement', r->>'negotiation', r->>'transfer', decode(r->>'leaf', 'hex'),
                        r->>'body');
                    v_hash := decode(r->>'leaf', 'hex');
                    v_level := 0;
                    WHILE v_place & 1 = 1 LOOP
                        IF v_level = 0 THEN
                            SELECT leaf INTO STRICT v_left FROM events WHERE position = v_place - 1;
                        ELSE
                            SELECT hash INTO STRICT v_left FROM log_nodes WHERE level = v_level AND position =
                                v_place - 1;
                        END IF;
                        v_hash := sha256('\x01'::bytea || v_left || v_hash);
                        v_level := v_level + 1;
                        v_place := v_place >> 1;
                        INSERT INTO log_nodes (level, position, hash) VALUES (v_level, v_place, v_hash);
                    END LOOP;
                WHEN 'ADD_LOG_NODE' THEN
                    INSERT INTO log_nodes (level, position, hash) VALUES ((r->>'level')::bigint,
                        (r->>'position')::bigint, decode(r->>'hash', 'hex'));
                WHEN 'FORGET_USED' THEN
                    DELETE FROM used_tokens WHERE used_tokens.expires < (r->>'now')::bigint;
                WHEN 'USE_ONCE' THEN
                    INSERT INTO used_tokens (issuer, token_id, expires) VALUES (r->>'issuer', r->>'token_id',
                        (r->>'expires')::bigint) ON CONFLICT DO NOTHING;
                    GET DIAGNOSTICS v_changed = ROW_COUNT;
                    IF v_changed = 0 THEN
                        v_outcome := 'used';
                    END IF;
                WHEN 'COUNTED_SUM' THEN
                    SELECT (SELECT coalesce(sum(greatest.n), 0) AS n FROM (SELECT counted.population AS
                        population, max(counted.n) AS n FROM counted WHERE counted.jurisdiction =
                        r->>'jurisdiction' AND counted.name = r->>'name' AND counted.day >= r->>'start' AND
                        counted.day <= r->>'end' GROUP BY counted.population) AS greatest)::bigint INTO
                        v_changed;
                    IF v_changed <> (r->>'expected')::bigint THEN
                        RAISE EXCEPTION USING ERRCODE = 'CR002', MESSAGE = v_step || ' ' || v_changed;
                    END IF;
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
        IF octet_length(v_told::text) > 7500 THEN
            v_told := jsonb_build_object('by', v_replica, 'all', true);
        END IF;
        PERFORM pg_notify('corridor_' || 'events'::regclass::oid, v_told::text);
    END IF;
    RETURN v_outcomes;
END
$function$
"""
