"""The statements that SQLite runs, compiled from `queries` and never edited by hand.

They are kept as text so that a node starts without SQLAlchemy (0.3 s and 28 MB). `python -m corridor.store.queries`
writes this file, and a test proves that it says what `queries` says.
"""

from __future__ import annotations

from typing import Final

ADD_NEGOTIATION: Final = """
INSERT INTO negotiations (id, role, peer, peer_pid, state, version, created, updated, body, held) VALUES (:id,
:role, :peer, :peer_pid, :state, :version, :created, :updated, :body, :held) ON CONFLICT DO NOTHING
"""

REPLACE_NEGOTIATION: Final = """
UPDATE negotiations SET role=:role, peer=:peer, peer_pid=:peer_pid, state=:state, version=:version,
created=:created, updated=:updated, body=:body, held=:held WHERE negotiations.id = :key AND negotiations.version =
:replaces
"""

ADD_AGREEMENT: Final = """
INSERT INTO agreements (id, role, peer, negotiation, dataset, version, concluded, body) VALUES (:id, :role, :peer,
:negotiation, :dataset, :version, :concluded, :body) ON CONFLICT DO NOTHING
"""

REPLACE_AGREEMENT: Final = """
UPDATE agreements SET role=:role, peer=:peer, negotiation=:negotiation, dataset=:dataset, version=:version,
concluded=:concluded, body=:body WHERE agreements.id = :key AND agreements.version = :replaces
"""

ADD_TRANSFER: Final = """
INSERT INTO transfers (id, role, peer, peer_pid, state, agreement, dataset, version, created, updated, body, held)
VALUES (:id, :role, :peer, :peer_pid, :state, :agreement, :dataset, :version, :created, :updated, :body, :held) ON
CONFLICT DO NOTHING
"""

REPLACE_TRANSFER: Final = """
UPDATE transfers SET role=:role, peer=:peer, peer_pid=:peer_pid, state=:state, agreement=:agreement,
dataset=:dataset, version=:version, created=:created, updated=:updated, body=:body, held=:held WHERE transfers.id =
:key AND transfers.version = :replaces
"""

ADD_DATASET: Final = """
INSERT INTO datasets (id, version, published, withdrawn, body) VALUES (:id, :version, :published, :withdrawn, :body)
ON CONFLICT DO NOTHING
"""

REPLACE_DATASET: Final = """
UPDATE datasets SET version=:version, published=:published, withdrawn=:withdrawn, body=:body WHERE datasets.id =
:key AND datasets.version = :replaces
"""

FORGET_TERMS: Final = """
DELETE FROM dataset_terms WHERE dataset_terms.dataset = :dataset
"""

ADD_TERM: Final = """
INSERT INTO dataset_terms (term, dataset) VALUES (:term, :dataset) ON CONFLICT DO NOTHING
"""

ADD_PAPER: Final = """
INSERT INTO papers (id, kind, version, added, revoked, body) VALUES (:id, :kind, :version, :added, :revoked, :body)
ON CONFLICT DO NOTHING
"""

REPLACE_PAPER: Final = """
UPDATE papers SET kind=:kind, version=:version, added=:added, revoked=:revoked, body=:body WHERE papers.id = :key
AND papers.version = :replaces
"""

ADD_SUBSCRIPTION: Final = """
INSERT INTO subscriptions (id, state, version, created, body) VALUES (:id, :state, :version, :created, :body) ON
CONFLICT DO NOTHING
"""

REPLACE_SUBSCRIPTION: Final = """
UPDATE subscriptions SET state=:state, version=:version, created=:created, body=:body WHERE subscriptions.id = :key
AND subscriptions.version = :replaces
"""

DROP_SUBSCRIPTION: Final = """
DELETE FROM subscriptions WHERE subscriptions.id = :id
"""

PUT_LETTER: Final = """
INSERT INTO dead_letters (subscription, position, at, body) VALUES (:subscription, :position, :at, :body) ON
CONFLICT (subscription, position) DO UPDATE SET at = excluded.at, body = excluded.body
"""

DROP_LETTER: Final = """
DELETE FROM dead_letters WHERE dead_letters.subscription = :subscription AND dead_letters.position = :position
"""

DROP_LETTERS: Final = """
DELETE FROM dead_letters WHERE dead_letters.subscription = :id
"""

PUT_TASK: Final = """
INSERT INTO tasks (id, kind, queue, subject, due, created, attempts, problem, payload, message_type, message,
parked) VALUES (:id, :kind, :queue, :subject, :due, :created, :attempts, :problem, :payload, :message_type,
:message, :parked) ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, queue = excluded.queue, subject =
excluded.subject, due = excluded.due, created = excluded.created, attempts = excluded.attempts, problem =
excluded.problem, payload = excluded.payload, message_type = excluded.message_type, message = excluded.message,
parked = excluded.parked
"""

DROP_TASK: Final = """
DELETE FROM tasks WHERE tasks.id = :id
"""

ADD_GRANT: Final = """
INSERT INTO grants (id, token_digest, transfer, agreement, issued, revoked, body) VALUES (:id, :token_digest,
:transfer, :agreement, :issued, :revoked, :body) ON CONFLICT DO NOTHING
"""

PUT_GRANT: Final = """
INSERT INTO grants (id, token_digest, transfer, agreement, issued, revoked, body) VALUES (:id, :token_digest,
:transfer, :agreement, :issued, :revoked, :body) ON CONFLICT (id) DO UPDATE SET token_digest =
excluded.token_digest, transfer = excluded.transfer, agreement = excluded.agreement, issued = excluded.issued,
revoked = excluded.revoked, body = excluded.body
"""

ADD_SERVED: Final = """
INSERT INTO served (id, transfer, agreement, dataset, peer, at, size, rows, whole) VALUES (:id, :transfer,
:agreement, :dataset, :peer, :at, :size, :rows, :whole) ON CONFLICT DO NOTHING
"""

ADD_USAGE: Final = """
INSERT INTO usages (agreement, transfer, requests, size, rows) VALUES (:agreement, :transfer, :requests, :size,
:rows) ON CONFLICT (agreement, transfer) DO UPDATE SET requests = (usages.requests + excluded.requests), size =
(usages.size + excluded.size), rows = (usages.rows + excluded.rows)
"""

PUT_COUNTED: Final = """
INSERT INTO counted (jurisdiction, name, population, agreement, day, n) VALUES (:jurisdiction, :name, :population,
:agreement, :day, :n) ON CONFLICT (jurisdiction, name, population, agreement, day) DO UPDATE SET n = excluded.n
WHERE counted.n < excluded.n
"""

PUT_RECEIPT: Final = """
INSERT INTO receipts (id, kind, agreement, transfer, complete, at, body) VALUES (:id, :kind, :agreement, :transfer,
:complete, :at, :body) ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, agreement = excluded.agreement, transfer
= excluded.transfer, complete = excluded.complete, at = excluded.at, body = excluded.body WHERE receipts.complete IS
0
"""

APPEND_EVENT: Final = """
INSERT INTO events (position, agreement, negotiation, transfer, leaf, body) VALUES (:position, :agreement,
:negotiation, :transfer, :leaf, :body)
"""

ADD_LOG_NODE: Final = """
INSERT INTO log_nodes (level, position, hash) VALUES (:level, :position, :hash)
"""

FORGET_USED: Final = """
DELETE FROM used_tokens WHERE used_tokens.expires < :now
"""

USE_ONCE: Final = """
INSERT INTO used_tokens (issuer, token_id, expires) VALUES (:issuer, :token_id, :expires) ON CONFLICT DO NOTHING
"""

NEGOTIATION: Final = """
SELECT negotiations.body FROM negotiations WHERE negotiations.id = :id
"""

NEGOTIATION_BY_PEER: Final = """
SELECT negotiations.body FROM negotiations WHERE negotiations.peer = :peer AND negotiations.peer_pid = :peer_pid
"""

NEGOTIATIONS: Final = """
SELECT negotiations.body FROM negotiations WHERE negotiations.id > :after ORDER BY negotiations.id LIMIT :limit
OFFSET 0
"""

NEGOTIATIONS_HELD: Final = """
SELECT negotiations.body FROM negotiations WHERE negotiations.id > :after AND negotiations.held IS NOT NULL ORDER BY
negotiations.id LIMIT :limit OFFSET 0
"""

AGREEMENT: Final = """
SELECT agreements.body FROM agreements WHERE agreements.id = :id
"""

AGREEMENTS: Final = """
SELECT agreements.body FROM agreements WHERE agreements.id > :after ORDER BY agreements.id LIMIT :limit OFFSET 0
"""

TRANSFER: Final = """
SELECT transfers.body FROM transfers WHERE transfers.id = :id
"""

TRANSFER_BY_PEER: Final = """
SELECT transfers.body FROM transfers WHERE transfers.peer = :peer AND transfers.peer_pid = :peer_pid
"""

TRANSFERS: Final = """
SELECT transfers.body FROM transfers WHERE transfers.id > :after ORDER BY transfers.id LIMIT :limit OFFSET 0
"""

TRANSFERS_HELD: Final = """
SELECT transfers.body FROM transfers WHERE transfers.id > :after AND transfers.held IS NOT NULL ORDER BY
transfers.id LIMIT :limit OFFSET 0
"""

TRANSFERS_OF: Final = """
SELECT transfers.body FROM transfers WHERE transfers.agreement = :agreement AND transfers.id > :after ORDER BY
transfers.id LIMIT :limit OFFSET 0
"""

DATASET: Final = """
SELECT datasets.body FROM datasets WHERE datasets.id = :id
"""

DATASETS: Final = """
SELECT datasets.body FROM datasets WHERE datasets.id > :after ORDER BY datasets.id LIMIT :limit OFFSET 0
"""

DATASETS_ON_OFFER: Final = """
SELECT datasets.body FROM datasets WHERE datasets.id > :after AND datasets.withdrawn IS NULL ORDER BY datasets.id
LIMIT :limit OFFSET 0
"""

ON_OFFER: Final = """
SELECT datasets.body FROM datasets WHERE datasets.id > :start AND datasets.withdrawn IS NULL ORDER BY datasets.id
LIMIT :limit OFFSET 0
"""

ON_OFFER_BEFORE: Final = """
SELECT datasets.body FROM datasets WHERE datasets.id < :start AND datasets.withdrawn IS NULL ORDER BY datasets.id
DESC LIMIT :limit OFFSET 0
"""

FOUND: Final = """
SELECT entry.dataset, CASE WHEN ((:term1 = '' OR (EXISTS (SELECT 1 FROM dataset_terms AS term1 WHERE term1.term =
:term1 AND term1.dataset = entry.dataset))) AND (:term2 = '' OR (EXISTS (SELECT 1 FROM dataset_terms AS term2 WHERE
term2.term = :term2 AND term2.dataset = entry.dataset))) AND (:term3 = '' OR (EXISTS (SELECT 1 FROM dataset_terms AS
term3 WHERE term3.term = :term3 AND term3.dataset = entry.dataset))) AND (:term4 = '' OR (EXISTS (SELECT 1 FROM
dataset_terms AS term4 WHERE term4.term = :term4 AND term4.dataset = entry.dataset))) AND (:term5 = '' OR (EXISTS
(SELECT 1 FROM dataset_terms AS term5 WHERE term5.term = :term5 AND term5.dataset = entry.dataset))) AND (:term6 =
'' OR (EXISTS (SELECT 1 FROM dataset_terms AS term6 WHERE term6.term = :term6 AND term6.dataset = entry.dataset)))
AND (:term7 = '' OR (EXISTS (SELECT 1 FROM dataset_terms AS term7 WHERE term7.term = :term7 AND term7.dataset =
entry.dataset)))) THEN (SELECT datasets.body FROM datasets WHERE datasets.id = entry.dataset) END AS body FROM
dataset_terms AS entry WHERE entry.term = :term0 AND entry.dataset > :start ORDER BY entry.dataset LIMIT :limit
OFFSET 0
"""

FOUND_BEFORE: Final = """
SELECT entry.dataset, CASE WHEN ((:term1 = '' OR (EXISTS (SELECT 1 FROM dataset_terms AS term1 WHERE term1.term =
:term1 AND term1.dataset = entry.dataset))) AND (:term2 = '' OR (EXISTS (SELECT 1 FROM dataset_terms AS term2 WHERE
term2.term = :term2 AND term2.dataset = entry.dataset))) AND (:term3 = '' OR (EXISTS (SELECT 1 FROM dataset_terms AS
term3 WHERE term3.term = :term3 AND term3.dataset = entry.dataset))) AND (:term4 = '' OR (EXISTS (SELECT 1 FROM
dataset_terms AS term4 WHERE term4.term = :term4 AND term4.dataset = entry.dataset))) AND (:term5 = '' OR (EXISTS
(SELECT 1 FROM dataset_terms AS term5 WHERE term5.term = :term5 AND term5.dataset = entry.dataset))) AND (:term6 =
'' OR (EXISTS (SELECT 1 FROM dataset_terms AS term6 WHERE term6.term = :term6 AND term6.dataset = entry.dataset)))
AND (:term7 = '' OR (EXISTS (SELECT 1 FROM dataset_terms AS term7 WHERE term7.term = :term7 AND term7.dataset =
entry.dataset)))) THEN (SELECT datasets.body FROM datasets WHERE datasets.id = entry.dataset) END AS body FROM
dataset_terms AS entry WHERE entry.term = :term0 AND entry.dataset < :start ORDER BY entry.dataset DESC LIMIT :limit
OFFSET 0
"""

TERM_SIZE: Final = """
SELECT count(*) AS n FROM (SELECT dataset_terms.dataset AS dataset FROM dataset_terms WHERE dataset_terms.term =
:term LIMIT :limit OFFSET 0) AS entries
"""

PAPER: Final = """
SELECT papers.body FROM papers WHERE papers.id = :id
"""

PAPERS: Final = """
SELECT papers.body FROM papers ORDER BY papers.number
"""

TASKS: Final = """
SELECT tasks.id, tasks.kind, tasks.queue, tasks.subject, tasks.due, tasks.created, tasks.attempts, tasks.problem,
tasks.payload, tasks.message_type, tasks.message, tasks.parked FROM tasks ORDER BY tasks.number LIMIT :limit OFFSET
0
"""

TASK: Final = """
SELECT tasks.id, tasks.kind, tasks.queue, tasks.subject, tasks.due, tasks.created, tasks.attempts, tasks.problem,
tasks.payload, tasks.message_type, tasks.message, tasks.parked FROM tasks WHERE tasks.id = :id
"""

GRANT: Final = """
SELECT grants.body FROM grants WHERE grants.id = :id
"""

GRANT_BY_DIGEST: Final = """
SELECT grants.body FROM grants WHERE grants.token_digest = :token_digest
"""

USAGE: Final = """
SELECT usages.requests, usages.size, usages.rows FROM usages WHERE usages.agreement = :agreement AND usages.transfer
= :transfer
"""

COUNTED: Final = """
SELECT counted.population, max(counted.n) AS n FROM counted WHERE counted.jurisdiction = :jurisdiction AND
counted.name = :name AND counted.day >= :start AND counted.day <= :end GROUP BY counted.population
"""

COUNTED_SUM: Final = """
SELECT coalesce(sum(greatest.n), 0) AS n FROM (SELECT counted.population AS population, max(counted.n) AS n FROM
counted WHERE counted.jurisdiction = :jurisdiction AND counted.name = :name AND counted.day >= :start AND
counted.day <= :end GROUP BY counted.population) AS greatest
"""

RECEIPT: Final = """
SELECT receipts.body FROM receipts WHERE receipts.id = :id
"""

RECEIPTS: Final = """
SELECT receipts.body FROM receipts WHERE receipts.agreement = :agreement ORDER BY receipts.at, receipts.number
"""

SUBSCRIPTION: Final = """
SELECT subscriptions.body FROM subscriptions WHERE subscriptions.id = :id
"""

SUBSCRIPTIONS: Final = """
SELECT subscriptions.body FROM subscriptions WHERE subscriptions.id > :after ORDER BY subscriptions.id LIMIT :limit
OFFSET 0
"""

LETTERS: Final = """
SELECT dead_letters.body FROM dead_letters WHERE dead_letters.subscription = :subscription AND dead_letters.position
> :after ORDER BY dead_letters.position LIMIT :limit OFFSET 0
"""

EVENTS: Final = """
SELECT events.position, events.body FROM events WHERE events.position > :after ORDER BY events.position LIMIT :limit
OFFSET 0
"""

EVENTS_OF: Final = """
SELECT events.position, events.body FROM (SELECT events.position AS position FROM events WHERE events.agreement =
:agreement AND events.position > :after UNION SELECT events.position AS position FROM events WHERE
events.negotiation = (SELECT agreements.negotiation FROM agreements WHERE agreements.id = :agreement) AND
events.position > :after UNION SELECT events.position AS position FROM events WHERE events.transfer IN (SELECT
transfers.id FROM transfers WHERE transfers.agreement = :agreement) AND events.position > :after ORDER BY position
LIMIT :limit OFFSET 0) AS found JOIN events ON events.position = found.position ORDER BY events.position
"""

LOG_SIZE: Final = """
SELECT coalesce(max(events.position) + 1, 0) AS size FROM events
"""

LEAF: Final = """
SELECT events.leaf FROM events WHERE events.position = :position
"""

LOG_NODE: Final = """
SELECT log_nodes.hash FROM log_nodes WHERE log_nodes.level = :level AND log_nodes.position = :position
"""
