"""Logs: JSON lines that hold no secret, from us and from the libraries."""

import io
import json
import logging

import pytest
import structlog

from corridor.app.logs import set_up_logs
from corridor.base.errors import SettingsError

pytestmark = pytest.mark.usefixtures("own_logs")


@pytest.fixture
def lines(tmp_path):
    file = tmp_path / "logs" / "node.log"

    def read():
        return [json.loads(line) for line in file.read_text("utf-8").splitlines()]

    read.file = file
    return read


def test_each_line_is_one_json_object_with_level_and_instant(lines):
    set_up_logs("info", lines.file)
    structlog.get_logger("fresh").info("node ready", id="did:web:a.example", port=80)
    (line,) = lines()
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "node ready", "id": "did:web:a.example", "port": 80, "level": "info"}


@pytest.mark.parametrize("name", ["authorization", "Authorization", "token", "password", "secret", "management_token"])
def test_what_is_named_like_a_secret_is_blanked(lines, name):
    set_up_logs("info", lines.file)
    structlog.get_logger("fresh").info("asked", **{name: "hunter2"})
    assert lines()[0][name] == "[blanked]"
    assert "hunter2" not in lines.file.read_text("utf-8")


def test_less_than_the_level_is_not_written(lines):
    set_up_logs("warning", lines.file)
    log = structlog.get_logger("fresh")
    log.info("quiet")
    log.warning("loud")
    assert [line["event"] for line in lines()] == ["loud"]


def test_a_library_is_heard_from_warnings_on_even_when_we_debug(lines):
    set_up_logs("debug", lines.file)
    logging.getLogger("aiohttp").info("chatter")
    logging.getLogger("aiohttp").warning("trouble with %s", "a partner")
    assert [(line["event"], line["level"]) for line in lines()] == [("trouble with a partner", "warning")]


def test_a_traceback_stays_inside_its_line(lines):
    set_up_logs("info", lines.file)
    try:
        _ = 1 / 0
    except ZeroDivisionError:
        structlog.get_logger("fresh").exception("task broke")
    (line,) = lines()
    assert "ZeroDivisionError: division by zero" in line["exception"]


def test_without_a_file_lines_go_to_standard_error(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    set_up_logs("info", None)
    structlog.get_logger("fresh").info("node ready")
    assert json.loads(stream.getvalue())["event"] == "node ready"


def test_a_terminal_gets_readable_lines(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    stream = Terminal()
    monkeypatch.setattr("sys.stderr", stream)
    set_up_logs("info", None)
    structlog.get_logger("fresh").info("node ready", token="hunter2")
    assert "node ready" in stream.getvalue()
    assert "{" not in stream.getvalue()
    assert "hunter2" not in stream.getvalue()


def test_a_file_that_cannot_be_opened_is_named(tmp_path):
    with pytest.raises(SettingsError) as refused:
        set_up_logs("info", tmp_path)
    assert str(refused.value) == f"{tmp_path}: the log file cannot be opened: is a directory; correct `log.file`"
