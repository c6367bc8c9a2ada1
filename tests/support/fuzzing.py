"""Fuzzers of both listeners: what they send is made from a seed, what comes back is judged, and 5xx is a fault.

`DspFuzzer` bends valid messages of every route, their structure, their spelling and their bytes, and the requests
around them. `fuzz_management` sends what schemathesis makes of the OpenAPI document.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import json
import random
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import quote

import judge
from rawclient import RawClient
from respell import expanded, mixed, prefixed

from corridor.dsp.binding import ROUTES, Area
from corridor.dsp.codec.v2025_1 import _FORMS
from corridor.dsp.codec.v2025_1.vocabulary import TERMS

DSP = "/dsp/2025-1"
CONTEXT = "https://w3id.org/dspace/2025/1/context.jsonld"
JUNK = [
    *(
        None,
        True,
        False,
        0,
        -1,
        1.5,
        2**53,
        2**63,
        1e308,
        "",
        " ",
        "a",
        "\x00",
        "\ufeff",
        "\u202e",
        "💩" * 9,
        "a" * 5000,
    ),
    *([], {}, [[]], [None], {"": None}, {"@id": "urn:x"}, {"@value": "x"}, {"@list": []}, {"@set": [{}]}, [{}, {}]),
    *(
        "..",
        "../..",
        "%00",
        "urn:uuid:1",
        "did:web:localhost",
        "did:web:x.example#key-1",
        "http://",
        "https://[::1",
        "//",
    ),
    *(
        "file:///etc/passwd",
        "http://169.254.169.254/",
        "https://x.example:99999/",
        "javascript:0",
        "1970-01-01T00:00:00Z",
    ),
    *("9999-12-31T23:59:59+14:00", "0000-00-00T00:00:00Z", "24:00:00", "P1Y", "xsd:integer", CONTEXT, "@type", "Offer"),
    *({"@context": "https://x.example/"}, {"@context": {"odrl": "https://x.example/"}}, {"@value": 1, "@type": []}),
    {"leftOperand": "dateTime", "operator": "lteq", "rightOperand": [[]]},
    {"and": [{"or": [{"xone": []}]}]},
]
NAMES = [*TERMS, "@context", "@id", "@type", "@value", "@graph", "@vocab", "odrl:permission", "dspace:offer", "x:y", ""]
NO_REQUEST = b"Invalid HTTP request received."
"""What the HTTP server itself answers to bytes that are no request: no application ever sees them."""
_LONG = 100
NOBODY = ("urn:uuid:none", "urn:uuid:none")
OFFER = {"@id": "alerts/use", "@type": "Offer", "target": "alerts", "permission": [{"action": "use"}]}
CONSTRAINT = {"leftOperand": "dateTime", "operator": "lteq", "rightOperand": "2030-01-01T00:00:00Z"}


def _nested(value):
    """Every object and list in a value."""
    if isinstance(value, dict | list):
        yield value
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _nested(inner)


@dataclass
class Tally:
    """What came back.

    Attributes:
        statuses: how often each status came; 0 where the connection was closed without an answer.
        faults: what must not be: 5xx, and answers that our schemas refuse.
    """

    statuses: Counter = field(default_factory=Counter)
    faults: list = field(default_factory=list)

    @property
    def sent(self):
        return self.statuses.total()

    def __str__(self):
        counts = ", ".join(f"{status or 'closed'}: {count}" for status, count in sorted(self.statuses.items()))
        return f"{self.sent} requests, {len(self.faults)} faults ({counts})"


class DspFuzzer:
    """Requests to the protocol listener.

    Args:
        seed: what they are made from.
        callback: where the node may answer the processes that it begins.
        ids: the DIDs of the caller and of the node.
        tokens: gives an `Authorization` value that is good for one request.
    """

    def __init__(self, seed, callback, ids, tokens):
        self._random = random.Random(seed)
        self._callback = callback
        self._me, self._node = ids
        self._tokens = tokens
        self.processes = {"negotiations": [NOBODY], "transfers": [NOBODY], "catalog": [NOBODY]}
        self.agreements = ["urn:uuid:none"]

    def _one(self, options):
        return self._random.choice(options)

    def _often(self, chance):
        return self._random.random() < chance

    def request(self):
        """Method, target, header fields and body of the next request."""
        route = self._one(ROUTES)
        pids = self._one(self.processes[route.path.split("/")[1]])
        pid = self._one([pids[0], pids[0], pids[0], pids[1]])
        path = DSP + route.path.replace("{pid}", quote(pid, safe=":")).replace("{id}", "alerts")
        body = self._body(route, pids) if route.message else b""
        method, fields = route.method, {"Content-Type": "application/json", "Authorization": self._tokens()}
        if self._often(0.2):
            method, path, fields = self._bent(method, path, fields)
        return method, path, fields, body

    def _bent(self, method, path, fields):
        match self._random.randrange(6):
            case 0:
                method = self._one(["GET", "POST", "PUT", "HEAD", "OPTIONS", "PATCH", "DELETE", "QUERY"])
            case 1:
                cut = self._random.randrange(len(path))
                path = (
                    path[:cut]
                    + self._one(["%00", "%ff", "..", "/", "//", "%2e%2e/", "?page=%ff", "?", "*", "é"])
                    + path[cut:]
                )
            case 2:
                path += "?page=" + quote(str(self._one(JUNK)))[:3000]
            case 3:
                kinds = ["text/plain", "", "application/ld+json", "application/json; charset=utf-16", "a" * 500, "é"]
                fields = {**fields, "Content-Type": self._one(kinds)}
            case 4:
                fields = {**fields, "Authorization": self._bad_token(fields["Authorization"])}
            case 5:
                extra = [
                    ("Expect", "100-continue"),
                    ("Content-Encoding", "gzip"),
                    ("Accept", "*/*;q=é"),
                    ("X", "a" * 9000),
                ]
                name, value = self._one(
                    [*extra, ("Transfer-Encoding", "identity"), ("Host", "é"), ("Range", "bytes=0-")]
                )
                fields = {**fields, name: value}
        return method, path, fields

    def _bad_token(self, token):
        place = self._random.randrange(len(token))
        return self._one(
            ["", "Bearer", "Bearer .", "Basic YTpi", token[:place], token[:place] + "A" + token[place:], "é"]
        )

    def _body(self, route, pids):
        document = self._message(route, pids)
        if self._often(0.3):
            spell = self._one([expanded, prefixed, lambda one: mixed(one, self._one)])
            document = spell(document)
        for _ in range(self._one([0, 0, 1, 1, 2, 5])):
            document = self._changed(document)
        text = json.dumps(document, ensure_ascii=self._often(0.5)).encode("utf-8", "surrogatepass")
        return self._scrambled(text) if self._often(0.15) else text

    def _message(self, route, pids):
        fresh = f"urn:uuid:{self._random.randrange(10**9)}"
        provider_pid, consumer_pid = (fresh, fresh) if route.begins else pids
        agreement = {
            **OFFER,
            "@id": "urn:agreement:1",
            "@type": "Agreement",
            "timestamp": "2026-11-25T10:00:00Z",
            "assigner": self._me,
            "assignee": self._node,
        }
        address = {
            "@type": "DataAddress",
            "endpointType": "https://w3id.org/idsa/v4.1/HTTP",
            "endpoint": self._callback,
            "endpointProperties": [{"@type": "EndpointProperty", "name": "authorization", "value": "x"}],
        }
        document = {
            "@context": [CONTEXT],
            "@type": _FORMS[route.message].name,
            "@id": f"urn:uuid:{self._random.randrange(10**9)}",
            "providerPid": provider_pid,
            "consumerPid": consumer_pid,
            "callbackAddress": self._callback,
            "offer": copy.deepcopy(OFFER),
            "agreement": agreement,
            "eventType": self._one(["ACCEPTED", "FINALIZED"]),
            "agreementId": self._one(self.agreements),
            "format": "HttpData-PULL",
            "dataAddress": address,
            "code": "c",
            "reason": ["r"],
        }
        if self._often(0.3):
            document["offer"]["permission"][0]["constraint"] = [CONSTRAINT, {"or": [CONSTRAINT, CONSTRAINT]}]
        if self._often(0.9):
            for name in {"providerPid", "callbackAddress", "consumerPid"} & self._superfluous(route):
                del document[name]
        return copy.deepcopy(document)

    @staticmethod
    def _superfluous(route):
        if route.area is Area.CATALOG:
            return {"providerPid", "consumerPid", "callbackAddress"}
        if not route.begins:
            return {"callbackAddress"}
        return {"consumerPid"} if route.path.endswith("/offers") else {"providerPid"}

    def _changed(self, document):
        """The document with one thing in it replaced, removed, added, renamed, doubled or wrapped."""
        # A document that has grown is not made to grow again: the fuzzer would stall, and not the node.
        parts = [part for part in _nested(document) if part and len(part) <= _LONG]
        if not parts:
            return self._one(JUNK)
        part = self._one(parts)
        key = self._one(list(part) if isinstance(part, dict) else list(range(len(part))))
        match self._random.randrange(6):
            case 0:
                part[key] = copy.deepcopy(self._one(JUNK))
            case 1:
                del part[key]
            case 2 if isinstance(part, dict):
                part[self._one(NAMES)] = copy.deepcopy(self._one([*JUNK, part[key]]))
            case 3 if isinstance(part, dict):
                part[self._one(NAMES)] = part.pop(key)
            case 4 if isinstance(part, list) and len(parts) < _LONG:
                part.extend(copy.deepcopy(part[:_LONG]) * self._one([1, 3, _LONG]))
            case _:
                for _ in range(self._one([1, 3, 70])):
                    part[key] = self._one([[part[key]], {"@id": part[key]}, {"and": [part[key]]}])
        return document

    def _scrambled(self, text):
        place = self._random.randrange(len(text) or 1)
        match self._random.randrange(5):
            case 0:
                return text[:place]
            case 1:
                return text[:place] + self._random.randbytes(self._one([1, 4, 64])) + text[place:]
            case 2:
                return self._random.randbytes(self._random.randrange(300))
            case 3:
                return (
                    text[:place]
                    + self._one([b'"', b"{", b"[" * 99, b"\\ud800", b"\\u0000", b"1e999", b"NaN"])
                    + text[place:]
                )
            case _:
                return text + text[place:]

    def learn(self, document):
        """Remember what the node says of processes and agreements, so that later requests hit them."""
        area = {"ContractNegotiation": "negotiations", "TransferProcess": "transfers"}.get(document.get("@type"))
        if area is not None:
            known = self.processes[area]
            known.append((document["providerPid"], document["consumerPid"]))
            del known[1:-50]


async def fuzz_protocol(url, fuzzer, count, *, workers=8):
    """Send `count` requests of the fuzzer, some at a time."""
    tally, left = Tally(), iter(range(count))

    async def work():
        client = RawClient(url)
        with contextlib.closing(client):
            for _ in left:
                method, target, fields, body = fuzzer.request()
                try:
                    status, heard, answer = await client.ask(method, target, fields, body)
                except TimeoutError:
                    client.close()
                    tally.faults.append(("no answer", method, target, fields, body))
                    continue
                tally.statuses[status] += 1
                path = target.partition("?")[0]
                judged = status and method != "HEAD" and answer != NO_REQUEST
                odd = judge.faults_in_answer(path, status, heard, answer) if judged else []
                if status >= 500 or odd:
                    tally.faults.append((status, odd, method, target, fields, body, answer))
                elif 200 <= status < 300 and answer:
                    fuzzer.learn(json.loads(answer))

    await asyncio.gather(*(work() for _ in range(workers)))
    return tally


def fuzz_management(url, token, count, *, seed=1):
    """Send about `count` requests that schemathesis makes from the API's own description, valid and invalid ones."""
    import hypothesis  # noqa: PLC0415 - slow to import, and wanted by two tests only
    import requests  # noqa: PLC0415
    import schemathesis  # noqa: PLC0415
    from schemathesis import GenerationMode  # noqa: PLC0415

    headers = {"Authorization": f"Bearer {token}"}
    document = requests.get(f"{url}/openapi.json", headers=headers, timeout=30).json()
    operations = [one.ok() for one in schemathesis.openapi.from_dict(document).get_all_operations()]
    modes = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    tally, session = Tally(), requests.Session()
    chosen = hypothesis.settings(
        max_examples=max(1, round(count / len(operations) / len(modes))),
        database=None,
        deadline=None,
        derandomize=False,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )

    def ask(case):
        if isinstance(case.query, dict):
            case.query.pop("wait", None)  # nothing is learnt by waiting
        answer = case.call(base_url=url, headers=headers, session=session, timeout=60)
        tally.statuses[answer.status_code] += 1
        if answer.status_code >= 500:
            tally.faults.append((answer.status_code, case.method, case.path, case.body, answer.text[:500]))

    for operation in operations:
        for mode in modes:
            drawn = hypothesis.given(operation.as_strategy(generation_mode=mode))(ask)
            with contextlib.suppress(hypothesis.errors.Unsatisfiable):
                hypothesis.seed(seed)(chosen(drawn))()
    session.close()
    return tally
