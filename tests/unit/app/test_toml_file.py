"""What the settings of a node and of a host have in common; the rest of it is tested with those of a node."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from corridor.app.toml_file import (
    LogSettings,
    Positive,
    check_address,
    check_log,
    check_url,
    convert,
    is_http,
    read_toml,
)
from corridor.base.errors import SettingsError


@dataclass(frozen=True)
class Inner:
    size: Positive = 1


@dataclass(frozen=True)
class Model:
    name: str
    inner: Inner = field(default_factory=Inner)


def test_a_document_becomes_settings():
    assert convert({"name": "a", "inner": {"size": 3}}, Model, "file") == Model("a", Inner(3))


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({}, "file: `name` is missing; add it"),
        ({"name": 1}, "file: `name`: expected `str`, got `int`; correct it"),
        ({"name": "a", "inner": {"size": 0}}, "file: `inner.size`: expected `int` >= 1; correct it"),
        ({"nam": "a"}, "file: there is no setting `nam`; did you mean `name`?"),
        ({"name": "a", "inner": {"x": 1}}, "file: there is no setting `inner.x`; known here: size"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(document, said):
    with pytest.raises(SettingsError) as refused:
        convert(document, Model, "file")
    assert str(refused.value).startswith(said)


def test_a_missing_file_has_the_remedy_of_who_asked(tmp_path):
    with pytest.raises(SettingsError, match=r"there is no settings file .*; make one"):
        read_toml(tmp_path / "none.toml", "make one")


@pytest.mark.parametrize(
    ("url", "good"), [("https://a.example", True), ("ftp://a", False), ("a", False), ("http://[", False)]
)
def test_a_url_is_http_with_a_host(url, good):
    assert is_http(url) is good
    if not good:
        with pytest.raises(SettingsError, match="`x` is not an http"):
            check_url("x", url, "file")


@pytest.mark.parametrize("address", ["", "a", "a:", "a:70000", "a b:1", "http://a:1"])
def test_what_is_no_address_is_refused(address):
    check_address("x", "127.0.0.1:1", "file")
    with pytest.raises(SettingsError, match="`x` is not an address"):
        check_address("x", address, "file")


def test_a_level_that_there_is_not_is_refused():
    check_log(LogSettings("debug"), "file")
    with pytest.raises(SettingsError, match=r"`log.level` cannot be `loud`; use debug, info, warning or error"):
        check_log(LogSettings("loud"), "file")
