"""What is shown for running a node: a closed unit for systemd, and services that fit the image and the product."""

import configparser
import re

import pytest
import yaml
from pages import ROOT, blocks, page

UNIT = "deploy/corridor@.service"
HOWTO = "docs/howto/run-on-postgresql.md"


class Unit(configparser.RawConfigParser):
    """Settings that may be given twice; what counts here is that they are given."""

    optionxform = staticmethod(str)


@pytest.fixture
def unit():
    found = Unit(strict=False)
    found.read(ROOT / UNIT, "utf-8")
    return found["Service"]


@pytest.fixture
def services():
    return yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))


@pytest.fixture
def image():
    return (ROOT / "deploy" / "Dockerfile").read_text("utf-8")


def test_the_unit_gives_the_node_no_right_that_it_does_not_need(unit):
    closed = (
        "NoNewPrivileges",
        "PrivateDevices",
        "PrivateTmp",
        "ProtectHome",
        "ProtectKernelTunables",
        "RestrictSUIDSGID",
    )
    assert {name: unit[name] for name in closed} == dict.fromkeys(closed, "yes")
    assert (unit["ProtectSystem"], unit["CapabilityBoundingSet"], unit["UMask"]) == ("strict", "", "0077")
    assert unit["User"] not in ("root", "")


def test_the_unit_runs_the_settings_that_its_instance_names(unit):
    assert unit["ExecStart"].split()[1:] == ["serve", "--config", f"{unit['WorkingDirectory']}/%i.toml"]
    assert unit["StateDirectory"] == unit["WorkingDirectory"].rpartition("/")[2]


def test_the_node_waits_for_its_database_and_has_what_it_needs_only(services):
    node = services["services"]["node"]
    assert node["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert (node["read_only"], node["cap_drop"]) == (True, ["ALL"])
    assert all(port.startswith("127.0.0.1:") for port in node["ports"])
    assert "ports" not in services["services"]["database"]


def test_no_secret_stands_in_the_services(services):
    database = services["services"]["database"]["environment"]
    assert [name for name in database if "PASSWORD" in name] == ["POSTGRES_PASSWORD_FILE"]
    assert set(services["services"]["database"]["secrets"]) == set(services["secrets"])


def test_the_volume_of_the_node_is_the_folder_of_the_image(services, image):
    (volume,) = services["services"]["node"]["volumes"]
    folder = volume.partition(":")[2]
    assert f"VOLUME {folder}\n" in image
    assert f'CMD ["serve", "--config", "{folder}"]' in image
    assert re.search(r"^USER (?!root)\w+$", image, re.MULTILINE)


def test_the_image_has_everything_that_it_copies(image):
    for words in re.findall(r"^COPY (?!--from)(.*)$", image, re.MULTILINE):
        *sources, _ = words.split()
        assert [name for name in sources if not (ROOT / name).exists()] == []
        kept = (ROOT / ".dockerignore").read_text("utf-8").split()
        assert [name for name in sources if f"!{name.partition('/')[0]}" not in kept] == []


def test_the_user_of_the_image_is_the_one_that_the_page_names(image):
    (user,) = re.findall(r"--uid (\d+)", image)
    shown = "".join(block.text for block in blocks(page(HOWTO)))
    assert set(re.findall(r"chown (\d+)", shown)) == {user}
