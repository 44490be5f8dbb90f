"""10,000 malformed requests: each gets an answer, or a sentence with the right status, and none fails the server."""

from __future__ import annotations

import json
import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytest.importorskip("starlette", reason='the page needs: pip install "taskonomy[page]"')

NAMES = ("normals", "rgb2sfnorm", "jigsaw", "denoising", "nromals", "", "__proto__", "\ud800", "\x00", "a" * 5000)
KEYS = (
    *("roles", "costs", "transfer_costs", "weights", "have", "forced", "ruled_out", "budget", "order", "objective"),
    *("alternatives", "neighbours", "target", "top", "draws", "seed", "best_edges", "transferred_only", "solver"),
)
PATHS = ("taxonomy", "staircase", "significance", "recommend", "bootstrap", "download/csv", "download/json", "nothing")
ALLOWED = {200, 400, 404, 413, 415, 422}
LEAVES = (
    *(None, True, False, 0, 1, 2, -1, 0.5, 1e9, 1e10, 1e308, -1e308, 5e-324, 2**63, 10**30, float("nan"), float("inf")),
    *(*NAMES, "both", "target", "source", "unused", "sqrt", "gain", "<script>alert(1)</script>", "../../etc/passwd"),
)


def value(draws: random.Random, depth: int = 0) -> Any:
    """Anything that JSON can say, mostly something that a request has."""
    kind = draws.random()
    if depth > 3 or kind < 0.6:
        return draws.choice(LEAVES)
    if kind < 0.8:
        return [value(draws, depth + 1) for _ in range(draws.randrange(4))]
    return {draws.choice((*KEYS, *NAMES)): value(draws, depth + 1) for _ in range(draws.randrange(4))}


def near_miss(draws: random.Random) -> Any:
    """A request that is nearly, sometimes wholly, sound."""
    number = lambda: draws.choice((0, 1, 2.5, 5e-324, 1e9, -1, 1e10, "1", None, float("nan")))  # noqa: E731
    shapes = {
        "roles": lambda: {draws.choice(NAMES[:4]): draws.choice(("both", "target", "source", "unused", "x", 0))},
        "budget": number,
        "order": lambda: draws.choice((1, 2, 100, 101, 0, 1.0, True)),
        "objective": lambda: draws.choice(("sqrt", "gain", "quality", "affinity", "x", [], {})),
        "draws": lambda: draws.choice((1, 5, 0, -1)),
        "target": lambda: draws.choice(NAMES[:5]),
    }
    shapes |= dict.fromkeys(("costs", "weights", "transfer_costs"), lambda: {draws.choice(NAMES[:4]): number()})
    shapes |= dict.fromkeys(("have", "forced", "ruled_out"), lambda: [draws.choice(NAMES[:5])])
    return {key: shapes[key]() for key in draws.sample(tuple(shapes), draws.randrange(5))}


def mangled(draws: random.Random, text: bytes) -> bytes:
    """Some bytes of it changed, dropped or doubled."""
    content = bytearray(text)
    for _ in range(draws.randrange(1, 4)):
        place = draws.randrange(len(content) + 1)
        content[place : place + draws.randrange(3)] = draws.randbytes(draws.randrange(3))
    return bytes(content)


def holds(client: Any, path: str, body: bytes) -> int:
    """Send it, and look at what comes back; an exception of the program comes through."""
    answer = client.send("POST", f"/api/{path}", body)
    assert answer.status in ALLOWED
    if answer.status != 200:
        said = answer.json
        assert set(said) == {"error", "hint"}
        assert said["error"].endswith(".") or said["error"].endswith("?")
        assert len(said["error"]) < 600
        assert said["hint"]
    return int(answer.status)


def test_ten_thousand_malformed_bodies(client) -> None:
    draws = random.Random(0)
    seen: Counter[int] = Counter()
    for _ in range(10_000):
        kind = draws.random()
        body = json.dumps(near_miss(draws) if kind < 0.5 else value(draws)).encode()
        if kind > 0.8:
            body = mangled(draws, body)
        # What is sound is solved; most requests go where that is quick.
        path = draws.choice(PATHS) if draws.random() < 0.2 else "taxonomy"
        seen[holds(client, path, body)] += 1
    assert sum(seen.values()) == 10_000
    # They reach every place where a request can be refused, and beyond.
    assert min(seen[status] for status in (200, 400, 404, 422)) >= 100


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(LEAVES),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from((*KEYS, *NAMES)), inner, max_size=3),
    max_leaves=10,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(PATHS), body=st.dictionaries(st.sampled_from(KEYS), JSON, max_size=4) | JSON)
def test_whatever_json_can_say(client, path: str, body: Any) -> None:
    holds(client, path, json.dumps(body).encode())


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=200), kind=st.sampled_from(("application/json", "text/html", "a/b; c=d", "\xff")))
def test_whatever_bytes_can_say(client, body: bytes, kind: str) -> None:
    answer = client.send("POST", "/api/taxonomy", body, content_type=kind.encode("latin-1").decode("latin-1"))
    assert answer.status in ALLOWED


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.text(max_size=30).map(lambda text: f"/{text}")
    | st.lists(st.sampled_from(("..", ".", "api", "%2e"))).map("/".join),
    method=st.sampled_from(("GET", "POST", "PUT", "DELETE", "TRACE", "HEAD")),
)
def test_whatever_a_path_can_say(client, path: str, method: str) -> None:
    try:
        path.encode()
    except UnicodeEncodeError:
        return
    answer = client.send(method, path, b"{}")
    assert answer.status in ALLOWED | {405}
