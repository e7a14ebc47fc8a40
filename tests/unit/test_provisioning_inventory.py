"""Inventories: what holds for a host, who is meant by a name, and errors that say the line."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from provisioning.destination import Destination, DestinationError, parse_destination
from provisioning.inventory import Inventory, InventoryError, find_inventory, load_inventory
from provisioning.variables import VARIABLES

FLEET = """\
[all]
user = "pi"
broker = "mqtts://{name}@hub.local"
cert = "members/{name}/cert.pem"
model = "home"

[hosts]
kitchen = "10.0.0.7"
garage = { host = "ada@10.0.0.8:2222", model = "large", name = "gate" }
hall = {}

[hosts.shed]
port = 2200
pool = "tools"

[groups]
outside = ["garage", "shed"]

[groups.indoors]
hosts = ["kitchen", "hall"]
max_tokens = 64

[groups.house]
hosts = ["@indoors", "garage"]
max-tokens = 128
rate = 60
"""


def load(folder: Path, text: str) -> Inventory:
    path = folder / "fleet.toml"
    path.write_text(text, encoding="utf-8")
    return load_inventory(path)


def test_a_host_has_what_its_groups_and_all_say(tmp_path: Path) -> None:
    hosts = load(tmp_path, FLEET).hosts
    assert hosts["kitchen"].destination == Destination("10.0.0.7", "pi")
    assert hosts["kitchen"].groups == ("indoors", "house")
    assert hosts["kitchen"].variables == {
        "broker": "mqtts://kitchen@hub.local",
        "cert": tmp_path / "members/kitchen/cert.pem",
        "model": "home",
        "max-tokens": 64,  # the inner group is the more specific one
        "rate": 60.0,
        "name": "kitchen",
    }


def test_a_host_wins_over_its_groups_and_they_over_all(tmp_path: Path) -> None:
    garage = load(tmp_path, FLEET).hosts["garage"]
    assert garage.destination == Destination("10.0.0.8", "ada", 2222)
    assert (garage.variables["model"], garage.variables["max-tokens"]) == ("large", 128)
    assert garage.variables["cert"] == tmp_path / "members/gate/cert.pem"


def test_a_host_without_an_address_is_a_name_for_ssh(tmp_path: Path) -> None:
    hosts = load(tmp_path, FLEET).hosts
    assert hosts["hall"].destination == Destination("hall", "pi")
    assert hosts["shed"].destination == Destination("shed", "pi", 2200)
    assert hosts["shed"].variables["pool"] == ("tools",)


@pytest.mark.parametrize(
    ("name", "hosts"),
    [
        ("all", ["kitchen", "garage", "hall", "shed"]),
        ("hall", ["hall"]),
        ("indoors", ["kitchen", "hall"]),
        ("house", ["kitchen", "garage", "hall"]),
        ("outside", ["garage", "shed"]),
        ("?a*", ["garage", "hall"]),
        ("in*", ["kitchen", "hall"]),
    ],
)
def test_a_name_selects(tmp_path: Path, name: str, hosts: list[str]) -> None:
    assert [host.name for host in load(tmp_path, FLEET).select(name)] == hosts


@pytest.mark.parametrize(
    ("pattern", "hosts"),
    [
        ("@indoors", ["kitchen", "hall"]),
        ("hall,shed", ["hall", "shed"]),
        ("!@indoors", ["garage", "shed"]),
        ("house,!hall", ["kitchen", "garage"]),
        ("!*", []),
    ],
)
def test_a_limit_takes_hosts_away(tmp_path: Path, pattern: str, hosts: list[str]) -> None:
    fleet = load(tmp_path, FLEET)
    assert [host.name for host in fleet.limit(fleet.select("all"), pattern)] == hosts


@pytest.mark.parametrize(
    ("name", "message"), [("kitchn", "did you mean @kitchen"), ("x", "it has kitchen, garage"), ("z*", "no host in")]
)
def test_an_unknown_name_is_told_with_what_there_is(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(InventoryError, match=message):
        load(tmp_path, FLEET).select(name)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[hosts\n", r"fleet\.toml: .*line 1"),
        ("[host]\na = 'b'\n", r"fleet\.toml:1: .*did you mean \[hosts\]"),
        ("user = 'pi'\n", r"fleet\.toml:1: .*belongs under \[all\]"),
        ("hosts = 3\n", r"fleet\.toml:1: hosts must be a table"),
        ("[all]\n\nuzer = 'pi'\n", r"fleet\.toml:3: there is no variable 'uzer'; did you mean user\?"),
        ("[all]\nssh_key = 'k'\n", r"fleet\.toml:2: .*did you mean identity\?"),
        ("[all]\nxyzzy = 1\n", r"fleet\.toml:2: .*docs/fleet\.md"),
        ("[all]\nname = 'x'\n", r"fleet\.toml:2: name is each host's own"),
        ("[all]\nhost-key = 'yes'\n", r"fleet\.toml:2: host-key must be one of strict, accept-new, off, not 'yes'"),
        ("[all]\nforce = 1\n", r"fleet\.toml:2: force must be true or false, not 1"),
        ("[all]\nuser = '$(reboot)'\n", r"fleet\.toml:2: user must be a user's name, not '\$\(reboot\)'"),
        ("[all]\nkeep = 0\n", r"fleet\.toml:2: keep must be a whole number from 1 to 20, not 0"),
        ("[all]\nrate = false\n", r"fleet\.toml:2: rate must be a number of at least 1, not false"),
        ("[all]\npool = 3\n", r"fleet\.toml:2: pool must be a list"),
        ("[all]\nserial = 'ttyUSB0'\n", r"fleet\.toml:2: serial must be ports of the board like"),
        ("[all]\nprefix = 'x'\n", r"fleet\.toml:2: prefix must be an absolute folder"),
        ("[all]\ncert = '{nam}.pem'\n", r"fleet\.toml:2: cert can hold \{name\}, .* not \{nam\}"),
        ("[all]\nmax-tokens = 5\nmax_tokens = 6\n", r"fleet\.toml:3: max-tokens is given twice"),
        ("[hosts]\na = 5\n", r"fleet\.toml:2: a must be an address"),
        ("[hosts]\na = 'x'\nb = {port = 'x'}\n", r"fleet\.toml:3: port must be a whole number from 1 to 65535"),
        ("[hosts]\n'a b' = 'x'\n", r"fleet\.toml:2: 'a b' cannot be a name"),
        ("[hosts]\nall = 'x'\n", r"fleet\.toml:2: 'all' cannot be a name"),
        ("[hosts.a]\nport = 1\ngroups = ['x']\n", r'fleet\.toml:3: .*\[groups\.NAME\] hosts = \["a"\]'),
        ("[hosts.a]\nhost = 'x:1'\nport = 2\n", r"fleet\.toml:3: a has two different values of port"),
        ("[hosts.a]\nhost = '-x'\n", r"fleet\.toml:2: '-x': '-x' cannot be a host"),
        ("[hosts]\na = 'x'\n[groups]\na = ['a']\n", r"fleet\.toml:4: 'a' is a host already"),
        ("[hosts]\na = 'x'\n[groups]\ng = 'a'\n", r"fleet\.toml:4: groups\.g must be a table"),
        ("[groups.g]\nuser = 'pi'\n", r"fleet\.toml:1: group g needs its hosts"),
        ("[hosts]\nkitchen = 'x'\n[groups]\ng = ['kitchn']\n", r"fleet\.toml:4: .*did you mean kitchen\?"),
        ("[groups.g]\nhosts = ['h']\n[groups.h]\nhosts = ['g']\n", r"fleet\.toml:2: group g contains itself"),
        (
            "[hosts]\na = 'x'\n[groups.g]\nhosts = ['a']\nmodel = 'm'\n[groups.h]\nhosts = ['a']\nmodel = 'n'\n",
            r"fleet\.toml:8: groups g and h disagree on model of host a; set it for the host itself",
        ),
        ("[hosts]\na = 'x'\nb = {name = 'a'}\n", r"fleet\.toml:3: a and b would both be 'a' at the broker"),
        ("[hosts]\na = 'x'\na = 'y'\n", r"fleet\.toml: "),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InventoryError, match=message) as caught:
        load(tmp_path, text)
    assert "\n" not in str(caught.value)


def test_groups_that_disagree_are_settled_by_the_host(tmp_path: Path) -> None:
    text = (
        "[hosts]\na = {model = 'o'}\n[groups.g]\nhosts = ['a']\nmodel = 'm'\n[groups.h]\nhosts = ['a']\nmodel = 'n'\n"
    )
    assert load(tmp_path, text).hosts["a"].variables["model"] == "o"
    agree = text.replace("'n'", "'m'").replace("{model = 'o'}", "'x'")
    assert load(tmp_path, agree).hosts["a"].variables["model"] == "m"


def test_one_device_name_may_be_used_at_two_brokers(tmp_path: Path) -> None:
    text = "[hosts]\na = {broker = 'mqtt://x'}\nb = {name = 'a', broker = 'mqtt://y'}\n"
    assert [host.variables["name"] for host in load(tmp_path, text).hosts.values()] == ["a", "a"]


def test_files_are_the_inventory_s_neighbours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fleet.toml").write_text(
        "[all]\nca = 'ca.pem'\nkey = '/etc/key'\nidentity = '~/id'\nbroker = 'hub'\n[hosts]\na = {model = './m'}\n"
    )
    variables = load_inventory(Path("fleet.toml")).hosts["a"].variables
    assert variables["ca"] == tmp_path / "ca.pem"
    assert variables["key"] == Path("/etc/key")
    assert variables["identity"] == tmp_path / "me/id"
    assert (variables["broker"], variables["model"]) == (str(tmp_path / "hub"), str(tmp_path / "m"))


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InventoryError, match=r"No such file.*--inventory"):
        load_inventory(tmp_path / "none.toml")
    (tmp_path / "bytes").write_bytes(b"[all]\nuser = '\xff'")
    with pytest.raises(InventoryError, match="byte 14 is not UTF-8"):
        load_inventory(tmp_path / "bytes")


def test_the_inventory_of_this_folder_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("EDGE_INVENTORY", raising=False)
    assert find_inventory() is None
    (tmp_path / "fleet.toml").touch()
    assert find_inventory() == Path("fleet.toml")
    monkeypatch.setenv("EDGE_INVENTORY", "/a/b.toml")
    assert find_inventory() == Path("/a/b.toml")
    assert find_inventory(Path("c.toml")) == Path("c.toml")


def test_python_3_10_without_tomli_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("tomllib", "tomli"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(InventoryError, match="pip install tomli"):
        load(tmp_path, FLEET)


@pytest.mark.parametrize(
    ("text", "host", "user", "port"),
    [
        ("10.0.0.7", "10.0.0.7", None, None),
        ("pi@10.0.0.7", "10.0.0.7", "pi", None),
        ("pi@kitchen.local:2222", "kitchen.local", "pi", 2222),
        ("ssh://pi@kitchen", "kitchen", "pi", None),
        ("[fe80::1]", "fe80::1", None, None),
        ("pi@[fe80::1%eth0]:22", "fe80::1%eth0", "pi", 22),
        ("pi@fe80::1", "fe80::1", "pi", None),
        ("ada@corp@host", "host", "ada@corp", None),
        ("küche-2.lan.", "küche-2.lan.", None, None),
    ],
)
def test_a_destination_is_read(text: str, host: str, user: str | None, port: int | None) -> None:
    assert parse_destination(text) == Destination(host, user, port)


@pytest.mark.parametrize(
    "text",
    [
        *("", "pi@", "@host", "-oProxyCommand=x", "a b", "a;b", "a$(b)", "host:", "host:0", "host:65536", "host:x"),
        *("[fe80::1", "[kitchen]", "[fe80::1]22", "fe80::1::2", "a:1:2", "pi;x@host", "h/x", "host:²"),
        *("pi@10.0.0..7", ".kitchen", "kitchen..", f"{'x' * 64}.local", ".".join(["x" * 60] * 5)),
    ],
)
def test_what_is_no_destination_is_refused(text: str) -> None:
    with pytest.raises(DestinationError):
        parse_destination(text)


def test_a_destination_is_written_as_it_is_read() -> None:
    for text in ("pi@[fe80::1]:22", "kitchen", "pi@kitchen:1"):
        assert str(parse_destination(text)) == text


def test_the_document_lists_every_variable() -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "fleet.md").read_text(encoding="utf-8")
    assert [name for name in VARIABLES if f"`{name}`" not in text] == []
