from __future__ import annotations

import socket
import threading

import pytest

from corridor.base.errors import ForbiddenError, SettingsError, UnreachableError
from corridor.client import transport
from corridor.client.transport import Transport


@pytest.fixture
def wire(scripted):
    found = Transport(scripted.url, "token", 2.0)
    yield found
    found.close()


@pytest.mark.parametrize("url", ["", "127.0.0.1:19193", "ftp://x", "http://", "http://[", "file:///etc/passwd"])
def test_what_is_no_http_url_is_refused(url):
    with pytest.raises(SettingsError):
        Transport(url, "t", 1.0)


@pytest.mark.parametrize("token", ["", "a\nb", "\u00e9"])
def test_what_cannot_be_a_token_is_refused(token):
    with pytest.raises(SettingsError):
        Transport("http://127.0.0.1:1", token, 1.0)


def test_a_node_that_does_not_run_is_told_with_what_to_do():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and not listening
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(UnreachableError, match="the node does not answer at http") as told:
            Transport(url, "t", 1.0).json("GET", "/status")
    assert told.value.remedy == "start it with `corridor serve`"


def test_a_path_before_the_api_is_kept(scripted):
    Transport(scripted.url + "/node/", "t", 2.0).json("GET", "/status")
    assert scripted.asked[0][1] == "/node/status"


def test_parameters_that_are_not_given_are_left_out(wire, scripted):
    wire.json("GET", "/x", {"a": None, "b": True, "c": False, "d": 1, "e": "x y"})
    assert scripted.asked[0][1] == "/x?b=true&c=false&d=1&e=x+y"


def test_a_refusal_is_raised_as_it_was_there(wire, scripted):
    scripted.answer(b'{"detail":"no","place":"$.a","remedy":"ask","code":"terms"}', 403)
    with pytest.raises(ForbiddenError) as refused:
        wire.json("GET", "/x")
    assert (refused.value.message, refused.value.place) == ("no", "$.a")
    assert (refused.value.remedy, refused.value.code) == ("ask", "terms")


def test_a_refusal_in_no_known_form_is_still_a_refusal(wire, scripted):
    scripted.answer(b"<html>", 403)
    with pytest.raises(ForbiddenError, match="403"):
        wire.json("GET", "/x")


def test_redirects_are_not_followed(wire, scripted):
    scripted.answer(b"", 302, Location="http://127.0.0.1:1/evil")
    with pytest.raises(Exception, match="302"):
        wire.json("GET", "/x")
    assert len(scripted.asked) == 1


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"a":', b'{"a":1,"a":2}', b"\xff"])
def test_an_answer_that_is_no_json_is_told(wire, scripted, body):
    scripted.answer(body)
    with pytest.raises(UnreachableError, match="no JSON"):
        wire.json("GET", "/x")


def test_an_answer_over_the_bounds_is_not_read_to_its_end(wire, scripted, monkeypatch):
    monkeypatch.setattr(transport, "MAX_FILE", 10)
    scripted.answer(b"x" * 11)
    with pytest.raises(UnreachableError, match="more than 10 bytes"):
        wire.content("/x")
    scripted.answer(b"x" * 10)
    assert wire.content("/x") == b"x" * 10


def test_an_answer_that_breaks_off_is_told(wire, scripted):
    scripted.answer(b"{}", Content_Length="100")
    with pytest.raises(UnreachableError, match="does not answer"):
        wire.json("GET", "/x")
    scripted.answer(b"{}")
    assert wire.json("GET", "/x") == {}


def test_an_answer_that_does_not_come_is_waited_for_no_longer_than_asked():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        accepted = []
        thread = threading.Thread(target=lambda: accepted.append(silent.accept()))
        thread.start()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(UnreachableError, match="did not answer in time"):
            Transport(url, "t", 0.05).json("GET", "/x")
        thread.join()
        accepted[0][0].close()


def test_a_closed_client_lets_go_of_its_connections(scripted):
    wire = Transport(scripted.url, "t", 2.0)
    wire.json("GET", "/x")
    wire.close()
    assert len(wire._pool.pools) == 0
