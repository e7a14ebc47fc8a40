"""What is done to a board over its console, from what was found there; and how its console is read."""

from __future__ import annotations

import base64
import configparser
import dataclasses
from pathlib import Path
from typing import Any

import pytest

from edge.cli.consoles import _user
from edge.errors import BoardUnfit, DeployError, HostKeyChanged
from provisioning.console import aboard
from provisioning.console.found import Address, Found, NetworkLink, Wanted, Wifi
from provisioning.console.getty import Asks, asks
from provisioning.console.network import arrived, chosen_link
from provisioning.console.plan import plan, ssh_port
from provisioning.console.provision import public_key
from provisioning.console.steps import Call, Run, Step, Write
from provisioning.console.wire import shown
from provisioning.destination import Destination
from provisioning.host_keys import HostKeys, known_keys
from provisioning.ssh_config import Settings

NOW = 1_800_000_000.0
KEY = "ssh-ed25519 AAAAkeys me@desk"
ETH, WLAN = NetworkLink("eth0", wifi=False, carrier=True), NetworkLink("wlan0", wifi=True, carrier=False)
#: As a card is written: named, no address, sshd there and asleep.
BARE = Found(
    user="pi",
    home="/home/pi",
    authorized_keys="",
    hostname="raspberrypi",
    hosts="127.0.0.1\tlocalhost\n127.0.1.1\traspberrypi\n",
    clock=1000.0,
    systemd=True,
    units={"NetworkManager": "active", "systemd-networkd": "installed", "ssh": "installed"},
    ifupdown=(),
    links=(ETH, WLAN),
    addresses=(),
    files={},
    wifi_blocked=True,
    programs=frozenset({"raspi-config", "iw", "wpa_supplicant"}),
    sshd="/usr/sbin/sshd",
    ssh={"port": "22", "pubkeyauthentication": "yes", "authorizedkeysfile": ".ssh/authorized_keys"},
    host_keys=(),
)
NETWORKD = {"systemd-networkd": "installed", "ssh": "active"}
#: And as it is afterwards.
DONE = dataclasses.replace(
    BARE,
    authorized_keys=f"{KEY}\n",
    clock=NOW,
    units={"NetworkManager": "active", "ssh": "active"},
    addresses=(Address("eth0", "10.0.0.7/24"),),
    host_keys=("ssh-ed25519 AAAAboard",),
)


def found(base: Found = BARE, **changes: Any) -> Found:
    return dataclasses.replace(base, **changes)


def wanted(**changes: Any) -> Wanted:
    return Wanted(KEY, **changes)


def sentences(steps: list[Step]) -> list[str]:
    return [step.sentence for step in steps]


def files(steps: list[Step]) -> dict[str, Write]:
    return {step.path: step for step in steps if isinstance(step, Write)}


def programs(steps: list[Step]) -> list[str]:
    return [" ".join(step.argv) for step in steps if isinstance(step, Run)]


def test_a_bare_board_gets_everything_in_order() -> None:
    assert sentences(plan(BARE, wanted(hostname="kitchen"), NOW)) == [
        "set the clock",
        "name the board kitchen",
        "have it know itself as kitchen",
        "let our key log in as pi",
        "make the board's own ssh keys",
        "start sshd, now and at boot",
        "have NetworkManager set up eth0: an address from the network (DHCP)",
        "have NetworkManager read it",
        "set eth0 up",
    ]


def test_a_board_that_is_as_wanted_is_left_alone() -> None:
    assert plan(DONE, wanted(hostname="raspberrypi"), NOW + 20) == []


@pytest.mark.parametrize(
    "wish",
    [{}, {"address": "10.0.0.9/24", "gateway": "10.0.0.1"}, {"wifi": Wifi("home", "long enough", "DE")}],
    ids=["dhcp", "static", "wifi"],
)
@pytest.mark.parametrize("units", [NETWORKD, {"NetworkManager": "active", "ssh": "active"}], ids=["networkd", "nm"])
def test_the_second_time_nothing_is_to_do(units: dict[str, str], wish: dict[str, Any]) -> None:
    before = found(units=units, wifi_blocked=False)
    first = plan(before, wanted(**wish), NOW)
    written = {step.path: step.text for step in first if isinstance(step, Write)}
    link = "wlan0" if "wifi" in wish else "eth0"
    after = found(
        DONE,
        units=dict.fromkeys([*units, "wpa_supplicant@wlan0"], "active"),
        files={path: text for path, text in written.items() if path.startswith("/etc/")},
        addresses=(Address(link, "10.0.0.9/24"),),
        wifi_blocked=False,
    )
    assert plan(after, wanted(**wish), NOW) == []


@pytest.mark.parametrize(
    ("wish", "link"),
    [({"address": "10.0.0.9/24"}, "eth0"), ({"wifi": Wifi("home", "long enough", "DE")}, "wlan0")],
    ids=["static", "wifi"],
)
@pytest.mark.parametrize("manager", ["systemd-networkd", "NetworkManager"])
def test_what_an_earlier_run_left_half_done_is_finished(manager: str, wish: dict[str, Any], link: str) -> None:
    """All files are as they shall be, and what is there is not: the address is one that DHCP gave to another."""
    board = found(
        DONE,
        units={manager: "active", "ssh": "active"},
        addresses=(Address("eth0", "10.0.0.7/24"),),
        wifi_blocked=False,
    )
    written = files(plan(board, wanted(**wish), NOW))
    again = plan(found(board, files={path: step.text for path, step in written.items()}), wanted(**wish), NOW)
    assert files(again) == {}
    supplicant = [f"systemctl {verb} wpa_supplicant@wlan0.service" for verb in ("enable", "restart")]
    assert programs(again) == (
        ["nmcli connection reload", f"nmcli --wait 60 connection up edge-{link}"]
        if manager == "NetworkManager"
        else [*(supplicant if "wifi" in wish else []), "networkctl reload", f"networkctl reconfigure {link}"]
    )


def test_which_addresses_are_as_wished() -> None:
    board = found(addresses=(Address("wlan0", "10.1.0.1/24"), Address("eth0", "10.0.0.7/24")))
    assert [address.link for address in arrived(board, wanted(), chosen_link(board, wanted()))] == ["wlan0", "eth0"]
    for wish, hosts in (
        ({"address": "10.0.0.7/24"}, ["10.0.0.7"]),
        ({"address": "10.0.0.8/24"}, []),
        ({"interface": "eth0"}, ["10.0.0.7"]),
        ({"wifi": Wifi("home", None, "DE")}, ["10.1.0.1"]),
    ):
        there = arrived(board, wanted(**wish), chosen_link(board, wanted(**wish)))
        assert [address.host for address in there] == hosts


def test_network_manager_reads_what_is_written() -> None:
    wish = wanted(
        address="10.0.0.9/24", gateway="10.0.0.1", dns=("10.0.0.1", "fd00::1"), wifi=Wifi("a;b", "12345678", "DE")
    )
    steps = plan(BARE, wish, NOW)
    file = files(steps)["/etc/NetworkManager/system-connections/edge-wlan0.nmconnection"]
    assert (file.mode, file.user) == (0o600, None)
    profile = configparser.ConfigParser(interpolation=None)
    profile.read_string(file.text)
    assert profile["connection"]["interface-name"] == "wlan0"
    assert profile["wifi"]["ssid"] == "97;59;98;"
    assert dict(profile["ipv4"]) == {"address1": "10.0.0.9/24,10.0.0.1", "method": "manual", "dns": "10.0.0.1;"}
    assert dict(profile["ipv6"]) == {"method": "auto", "dns": "fd00::1;"}
    assert "12345678" not in file.text
    assert programs(steps)[-3:] == [
        "raspi-config nonint do_wifi_country DE",
        "nmcli connection reload",
        "nmcli --wait 60 connection up edge-wlan0",
    ]


def test_the_key_of_a_wifi_is_the_one_of_the_standard() -> None:
    """Test vectors of IEEE 802.11i, annex H.4."""
    assert Wifi("IEEE", "password", None).key == "f42c6fc52df0ebef9ebb4b90b38a5f902e83fe1b135a70e23aed762e9710a12e"
    assert Wifi("ThisIsASSID", "ThisIsAPassword", None).key == (
        "0dc0d6eb90555ed6419756b9a15ec3e3209b63df707dd508d14581f8982721af"
    )


def test_networkd_and_its_wifi() -> None:
    steps = plan(
        found(units=NETWORKD, programs=frozenset({"iw", "wpa_supplicant"})),
        wanted(wifi=Wifi("home", "12345678", "DE")),
        NOW,
    )
    supplicant = files(steps)["/etc/wpa_supplicant/wpa_supplicant-wlan0.conf"]
    assert "ssid=686f6d65\n" in supplicant.text
    assert "country=DE" in supplicant.text
    assert supplicant.mode == 0o600
    assert Call("switch the radio on", "unblock_wifi") in steps
    assert programs(steps)[-3:] == [
        "systemctl enable wpa_supplicant@wlan0.service",
        "systemctl restart wpa_supplicant@wlan0.service",
        "systemctl enable --now systemd-networkd.service",
    ]
    wire = plan(found(units=NETWORKD), wanted(address="10.0.0.9/24", gateway="10.0.0.1", dns=("9.9.9.9",)), NOW)
    network = files(wire)["/etc/systemd/network/05-edge-eth0.network"].text
    assert "Address=10.0.0.9/24\nGateway=10.0.0.1\nDNS=9.9.9.9\n" in network
    assert "DHCP" not in network


@pytest.mark.parametrize(
    ("changes", "wish", "match"),
    [
        ({"systemd": False}, {}, "not run by systemd"),
        ({"units": {"dhcpcd": "active", "ssh": "active"}}, {}, r"set up by dhcpcd \(Raspberry Pi OS 11"),
        ({"units": {"connman": "active", "systemd-networkd": "installed", "ssh": "active"}}, {}, "set up by ConnMan"),
        ({"units": NETWORKD, "ifupdown": ("eth0",)}, {}, "set up by ifupdown"),
        ({"units": {"ssh": "active"}}, {}, "neither NetworkManager nor systemd-networkd"),
        ({"sshd": None}, {}, "no ssh server; install it there"),
        ({"sshd": None, "units": {"dropbear": "active"}}, {}, "dropbear, and no OpenSSH"),
        ({"ssh": {"pubkeyauthentication": "no"}}, {}, "takes no keys"),
        ({"ssh": {"authorizedkeysfile": "/etc/keys/%u"}}, {}, "reads keys from /etc/keys/%u"),
        ({"user": "root", "ssh": {"permitrootlogin": "no"}}, {}, "PermitRootLogin"),
        ({"links": (WLAN,)}, {}, "no wired interface; it has: wlan0 .* give --wifi"),
        ({"links": (ETH,)}, {"wifi": Wifi("home", None, "DE")}, "no Wi-Fi interface; it has: eth0"),
        ({}, {"interface": "eth7"}, "no wired interface eth7"),
        ({}, {"wifi": Wifi("home", None, None)}, "give --wifi-country"),
        ({"units": NETWORKD, "programs": frozenset()}, {"wifi": Wifi("home", None, "DE")}, "takes wpa_supplicant"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said_before_anything_is(
    changes: dict[str, Any], wish: dict[str, Any], match: str
) -> None:
    with pytest.raises(BoardUnfit, match=match):
        plan(found(**changes), wanted(**wish), NOW)


def test_others_set_the_network_up_and_it_has_an_address() -> None:
    """Nothing is wished of the network, so whose business it is does not matter."""
    board = found(units={"dhcpcd": "active", "ssh": "active"}, addresses=(Address("eth0", "10.0.0.7/24"),))
    assert not any("eth0" in sentence for sentence in sentences(plan(board, wanted(), NOW)))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("127.0.0.1 localhost\n127.0.1.1 old.lan old\n", "127.0.0.1 localhost\n127.0.1.1\told.lan new\n"),
        ("127.0.0.1 localhost\n", "127.0.0.1 localhost\n127.0.1.1\tnew\n"),
        ("127.0.1.1 new # by hand\n", "127.0.1.1 new # by hand\n"),
        ("", "127.0.1.1\tnew\n"),
    ],
)
def test_the_board_knows_its_own_name(before: str, after: str) -> None:
    steps = plan(found(DONE, hosts=before, hostname="old"), wanted(hostname="new"), NOW)
    assert files(steps).get("/etc/hosts", Write("", "", before)).text == after


def test_keys_of_others_stay() -> None:
    steps = plan(found(DONE, authorized_keys="# ours\nssh-rsa AAAA her\n#ssh-ed25519 AAAAkeys\n"), wanted(), NOW)
    (file,) = files(steps).values()
    assert file.text == f"# ours\nssh-rsa AAAA her\n#ssh-ed25519 AAAAkeys\n{KEY}\n"
    assert (file.path, file.user, file.mode) == ("/home/pi/.ssh/authorized_keys", "pi", 0o600)
    restricted = f'from="10.0.0.0/8" {KEY}\n'
    assert plan(found(DONE, authorized_keys=restricted), wanted(), NOW) == []


def test_another_port() -> None:
    assert ssh_port(DONE) is None
    assert ssh_port(found(ssh={"port": "2222"})) == 2222


def test_where_a_board_is_reached() -> None:
    board = found(
        addresses=(Address("br0", "10.1.0.1/24"), Address("eth0", "fd00::7/64"), Address("eth0", "10.0.0.7/24"))
    )
    assert [address.host for address in board.reachable(None)] == ["10.0.0.7", "fd00::7", "10.1.0.1"]
    assert [address.host for address in board.reachable("br0")] == ["10.1.0.1"]


@pytest.mark.parametrize(
    "wish",
    [
        {"hostname": "under_score"}, {"hostname": "-x"}, {"hostname": "a" * 64}, {"interface": "eth0; rm"},
        {"address": "10.0.0.7"}, {"address": "10.0.0.7/33"}, {"address": "x/24"}, {"gateway": "10.0.0.1"},
        {"address": "10.0.0.7/24", "gateway": "here"}, {"address": "10.0.0.7/24", "dns": ("x",)},
    ],
)  # fmt: skip
def test_wishes_that_make_no_sense(wish: dict[str, Any]) -> None:
    with pytest.raises(DeployError):
        wanted(**wish)


@pytest.mark.parametrize("wifi", [("", None, None), ("x" * 33, None, None), ("x", "short", None), ("x", None, "de")])
def test_a_wifi_that_makes_no_sense(wifi: tuple[str, str | None, str | None]) -> None:
    with pytest.raises(DeployError):
        Wifi(*wifi)


def test_no_password_shows_itself() -> None:
    secret = Wifi("home", "open sesame", None)
    assert "sesame" not in repr(wanted(wifi=secret))
    assert str(secret.key) not in repr(plan(found(wifi_blocked=False), wanted(wifi=secret), NOW))


@pytest.mark.parametrize(
    ("line", "wants"),
    [
        ("kitchen login: ", Asks.USER),
        ("Password: ", Asks.PASSWORD),
        ("Password for pi: ", Asks.PASSWORD),
        ("Current password: ", Asks.OLD),
        ("(current) UNIX password: ", Asks.OLD),
        ("New password: ", Asks.NEW),
        ("Enter new UNIX password: ", Asks.NEW),
        ("Retype new password: ", Asks.AGAIN),
        ("Retype new UNIX password: ", Asks.AGAIN),
        ("pi@kitchen:~ $ ", Asks.COMMAND),
        ("root@kitchen:~# ", Asks.COMMAND),
        ("(initramfs) ", Asks.RESCUE),
        ("=> ", Asks.LOADER),
        ("", None),
        ("Unpacking the first root of all ... 87%", None),
        ("100 %", None),
        ("pi4% ", Asks.COMMAND),
        ("Starting kernel ...", None),
        (f"pi@kitchen:~$ {aboard.BUSY}", Asks.OURS),
    ],
)
def test_what_a_line_asks_for(line: str, wants: Asks | None) -> None:
    assert asks(line) is wants


def test_what_a_person_sees() -> None:
    assert shown("\x1b[?2004h\x1b]0;pi@kitchen\x07\x1b[01;32mpi@kitchen\x1b[00m:~ $ ") == "pi@kitchen:~ $ "
    torn = "kitchen login: \r\n[   12.345678] random: crng init done\r\n"
    assert shown("Password: [   12.345678] usb 1-1: new device\r\n") == "Password: "
    assert shown("[  OK  ] Started ssh.service.\r\n[FAILED] Failed to start x.\r\nkitchen login: ") == "kitchen login: "
    assert shown(torn) == "kitchen login: \n"


@pytest.mark.parametrize("value", [{"id": 1, "is": "\u00e9" * 5000}, {"id": 2, "is": None}])
def test_a_line_that_is_damaged_is_known(value: dict[str, Any]) -> None:
    line = aboard.packed(value)
    assert aboard.unpacked(line) == value
    assert b"\n" not in line
    for place in range(0, len(line), 7):
        with pytest.raises(ValueError, match="damaged"):
            aboard.unpacked(line[:place] + bytes([line[place] ^ 1]) + line[place + 1 :])
        with pytest.raises(ValueError, match="damaged"):
            aboard.unpacked(line[:place] + line[place + 1 :])


@pytest.mark.parametrize(
    ("word", "user", "place"),
    [
        ("/dev/ttyUSB0", None, "/dev/ttyUSB0"),
        ("/dev/ttyUSB0@115200", None, "/dev/ttyUSB0@115200"),
        ("ada@/dev/ttyUSB0@115200", "ada", "/dev/ttyUSB0@115200"),
        ("socket://10.0.0.2:7", None, "socket://10.0.0.2:7"),
    ],
)
def test_who_and_where(word: str, user: str | None, place: str) -> None:
    assert _user(word) == (user, place)


def test_our_key(tmp_path: Path) -> None:
    key = tmp_path / "id"
    with pytest.raises(DeployError, match=r"ssh-keygen -y -f .*id > .*id\.pub"):
        public_key(key)
    (tmp_path / "id.pub").write_text(f"{KEY}\n", encoding="utf-8")
    assert public_key(key) == public_key(tmp_path / "id.pub") == KEY


@pytest.fixture
def keys(tmp_path: Path) -> tuple[HostKeys, Path, list[str]]:
    told: list[str] = []
    file = tmp_path / "known_hosts"
    settings = tmp_path / "ssh_config"
    settings.touch()
    hop = Settings(settings).way(Destination("10.0.0.7"), known_hosts=file)[-1]
    return HostKeys(hop, "strict", told.append), file, told


def line(host: str, blob: bytes) -> str:
    return f"{host} ssh-ed25519 {base64.b64encode(blob).decode()}\n"


def test_a_key_from_a_cable_takes_the_place_of_an_old_one(keys: tuple[HostKeys, Path, list[str]]) -> None:
    policy, file, told = keys
    file.write_text(line("10.0.0.6", b"six") + line("10.0.0.7", b"old") + "# mine\n", encoding="utf-8")
    policy.learn("ssh-ed25519", b"new")
    assert file.read_text() == line("10.0.0.6", b"six") + "# mine\n" + line("10.0.0.7", b"new")
    assert "forgotten" in told[0]
    policy.learn("ssh-ed25519", b"new")
    assert len(known_keys("10.0.0.7", [file])) == 1


@pytest.mark.parametrize(
    "before", [line("10.0.0.7,kitchen", b"old"), line("10.0.0.*", b"old"), "@revoked " + line("*", b"new")]
)
def test_a_line_that_is_about_others_too_is_not_touched(keys: tuple[HostKeys, Path, list[str]], before: str) -> None:
    policy, file, _ = keys
    file.write_text(before, encoding="utf-8")
    with pytest.raises(HostKeyChanged):
        policy.learn("ssh-ed25519", b"new")
    assert file.read_text() == before
