"""known_hosts and ssh_config as OpenSSH's client reads them, and how fast an upload may go: nothing here connects."""

from __future__ import annotations

import base64
import getpass
import os
from dataclasses import replace
from pathlib import Path

import paramiko
import pytest

from edge.errors import DeployError, HostKeyChanged, HostKeyUnknown
from provisioning.destination import Destination
from provisioning.host_keys import HostKeys, fingerprint, known_keys
from provisioning.prompts import Prompts
from provisioning.ssh_config import Settings
from provisioning.upload import TokenBucket, pieces

ED25519 = base64.b64decode("AAAAC3NzaC1lZDI1NTE5AAAAIBZ7Ztp3S8x7VMWd2jQ0lb5nJCMXtXSGz4OmLxIhVUtC")
OTHER = ED25519[:-1] + b"\0"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".ssh").mkdir()
    return tmp_path


def line(names: str, blob: bytes = ED25519, kind: str = "ssh-ed25519") -> str:
    return f"{names} {kind} {base64.b64encode(blob).decode()} a comment\n"


HASHED = paramiko.HostKeys.hash_host("kitchen")


@pytest.mark.parametrize(
    ("names", "host", "found"),
    [
        ("kitchen", "kitchen", True),
        ("Kitchen", "kitchen", True),
        ("kitchen", "kitchen2", False),
        ("garage,kitchen", "kitchen", True),
        ("*.lan", "kitchen.lan", True),
        ("k?tchen", "kitchen", True),
        ("*,!kitchen", "kitchen", False),
        ("!kitchen,*", "garage", True),
        ("[kitchen]:2222", "[kitchen]:2222", True),
        ("[*.lan]:2222", "[kitchen.lan]:2222", True),
        ("[kit]chen", "k", False),
        ("kitchen", "[kitchen]:2222", False),
        (HASHED, "kitchen", True),
        (HASHED, "garage", False),
        ("|1|damaged", "kitchen", False),
        ("|1|e=|e=", "kitchen", False),
        ("@cert-authority *", "kitchen", False),
    ],
)
def test_which_lines_are_about_a_host(tmp_path: Path, names: str, host: str, found: bool) -> None:  # noqa: FBT001 - a parameter of a test
    file = tmp_path / "known_hosts"
    file.write_text("# kitchen ssh-ed25519 AAAA\n\nkitchen\nkitchen ssh-ed25519 ***\n" + line(names))
    keys = known_keys(host, [tmp_path / "missing", file])
    assert [(key.line, key.blob) for key in keys] == ([(5, ED25519)] if found else [])


def policy(home: Path, choice: str = "accept-new", **changes: object) -> tuple[HostKeys, list[str]]:
    (hop,) = Settings(Path(os.devnull)).way(Destination("kitchen"))
    told: list[str] = []
    return HostKeys(replace(hop, **changes), choice, told.append), told  # type: ignore[arg-type]


class Key:
    """A public key as Paramiko hands it over."""

    def __init__(self, blob: bytes) -> None:
        self._blob = blob

    def get_name(self) -> str:
        return "ssh-ed25519"

    def asbytes(self) -> bytes:
        return self._blob


def judge(keys: HostKeys, blob: bytes) -> None:
    keys.missing_host_key(None, "", Key(blob))


def test_a_revoked_key_is_refused_and_another_is_new(home: Path) -> None:
    (home / ".ssh/known_hosts").write_text("@revoked " + line("*", OTHER))
    keys, told = policy(home)
    with pytest.raises(HostKeyChanged, match=r"revoked in ~/.ssh/known_hosts:1"):
        judge(keys, OTHER)
    judge(keys, ED25519)
    judge(keys, ED25519)
    assert len(told) == 1


def test_any_known_key_that_differs_is_a_change(home: Path) -> None:
    """Also one of another kind: whoever stands in between shows the kind that is not known."""
    file = home / ".ssh/known_hosts"
    file.write_text(line("kitchen", b"whatever", "ssh-rsa"))
    keys, _ = policy(home)
    assert keys.kinds() == ["rsa-sha2-512", "rsa-sha2-256"]
    with pytest.raises(HostKeyChanged, match=r"type: ssh-keygen -R 'kitchen'"):
        judge(keys, ED25519)
    judge(policy(home, "off")[0], ED25519)
    assert file.read_text() == line("kitchen", b"whatever", "ssh-rsa")


def test_several_keys_of_one_host(home: Path) -> None:
    (home / ".ssh/known_hosts").write_text(line("kitchen", OTHER) + line("kitchen"))
    judge(policy(home, "strict")[0], ED25519)
    judge(policy(home, "strict")[0], OTHER)


def test_a_key_kept_for_the_plain_name_is_good_for_other_ports(home: Path) -> None:
    (home / ".ssh/known_hosts").write_text(line("kitchen"))
    judge(policy(home, "strict", known_as="[kitchen]:2222")[0], ED25519)
    (home / ".ssh/known_hosts").write_text("@revoked " + line("kitchen"))
    with pytest.raises(HostKeyChanged, match="was revoked"):
        judge(policy(home, known_as="[kitchen]:2222")[0], ED25519)


def test_a_machine_of_the_same_name_on_another_port_is_another_machine(home: Path) -> None:
    """As two boards behind one address: the first one's key says nothing of the second's."""
    file = home / ".ssh/known_hosts"
    file.write_text(line("kitchen"))
    with pytest.raises(HostKeyUnknown):
        judge(policy(home, "strict", known_as="[kitchen]:2222")[0], OTHER)
    keys, told = policy(home, known_as="[kitchen]:2222")
    judge(keys, OTHER)
    assert told[0].startswith("kitchen: new board, ")
    assert file.read_text().startswith(line("kitchen") + "[kitchen]:2222 ssh-ed25519 ")
    with pytest.raises(HostKeyChanged, match=r"known_hosts:2; .* -R '\[kitchen\]:2222'"):
        judge(policy(home, known_as="[kitchen]:2222")[0], ED25519)


def test_strict_writes_nothing(home: Path) -> None:
    with pytest.raises(HostKeyUnknown, match=fingerprint(ED25519).replace("+", r"\+")):
        judge(policy(home, "strict")[0], ED25519)
    assert not (home / ".ssh/known_hosts").exists()


def test_hashed_names_are_kept_hashed(home: Path) -> None:
    keys, _ = policy(home, hash_names=True)
    judge(keys, ED25519)
    assert "kitchen" not in (home / ".ssh/known_hosts").read_text()
    judge(policy(home, "strict")[0], ED25519)


def test_what_ssh_config_says(home: Path) -> None:
    (home / ".ssh/config.d").mkdir()
    (home / ".ssh/config.d/boards.conf").write_text("Host kitchen\n  Port 2222\nHost other\n  User nobody\n")
    (home / ".ssh/config").write_text(
        "Include config.d/*.conf\n"
        "Host kitchen garage\n  HostName %h.lan\n  IdentityFile ~/.ssh/%n_key\n  IdentitiesOnly yes\n"
        'Host *\n  User=ada\n  UserKnownHostsFile ~/.ssh/%k ~/.ssh/more\n  ConnectTimeout 7\n  HashKnownHosts "yes"\n'
        "  Include missing*\n"
    )
    (hop,) = Settings(home / ".ssh/config").way(Destination("kitchen"), keys=(Path("/k"),))
    assert (hop.host, hop.port, hop.user, hop.connect_timeout) == ("kitchen.lan", 2222, "ada", 7.0)
    assert hop.keys == (Path("/k"), home / ".ssh/kitchen_key")
    assert hop.own
    assert hop.only_keys
    assert hop.known_as == "[kitchen.lan]:2222"
    assert (hop.known_hosts, hop.more_known_hosts[0]) == (home / ".ssh/[kitchen.lan]:2222", home / ".ssh/more")
    assert hop.hash_names
    assert str(hop) == "kitchen (kitchen.lan)"
    (hop,) = Settings(home / ".ssh/config").way(Destination("kitchen", "bob", 22), known_hosts=Path("/known"))
    assert (hop.user, hop.port, hop.known_hosts, hop.more_known_hosts) == ("bob", 22, Path("/known"), ())


def test_without_settings(home: Path) -> None:
    (home / ".ssh/id_rsa").touch()
    (hop,) = Settings(Path(os.devnull)).way(Destination("10.0.0.7"))
    assert (hop.host, hop.port, hop.user) == ("10.0.0.7", 22, getpass.getuser())
    assert hop.keys == (home / ".ssh/id_rsa",)
    assert not hop.own
    assert hop.known_hosts == home / ".ssh/known_hosts"
    assert hop.proxy_command is None


def test_a_proxy_command_holds_what_was_asked_for(home: Path) -> None:
    (home / "config").write_text(
        "Host board\n HostName 10.0.0.7\n User ada\n Port 22\n IdentityFile ~/.ssh/%r_%p\n"
        " ProxyCommand ssh -l %r -W %h:%p -o x=%n,%%h ~/gw %z\nHost none\n ProxyCommand none\n"
    )
    settings = Settings(home / "config")
    (hop,) = settings.way(Destination("board", "pi", 2222))
    assert hop.proxy_command == "ssh -l pi -W 10.0.0.7:2222 -o x=board,%h ~/gw %z"
    assert hop.keys == (home / ".ssh/pi_2222",)
    (hop,) = settings.way(Destination("board"))
    assert hop.proxy_command == "ssh -l ada -W 10.0.0.7:22 -o x=board,%h ~/gw %z"
    assert settings.way(Destination("none"))[0].proxy_command is None
    with pytest.raises(DeployError, match="no shell may read"):
        settings.way(Destination("board", "$(reboot)"))


def way(home: Path, text: str, host: str) -> list[str]:
    (home / "config").write_text(text)
    return [f"{hop.user}@{hop.host}:{hop.port}" for hop in Settings(home / "config").way(Destination(host))]


def test_the_way_over_bastions(home: Path) -> None:
    text = "Host kitchen\n ProxyJump bob@outer,inner:2222\nHost outer\n ProxyJump gate\nHost *\n User ada\n"
    assert way(home, text, "kitchen") == ["ada@gate:22", "bob@outer:22", "ada@inner:2222", "ada@kitchen:22"]
    assert way(home, "Host *\n User ada\n ProxyJump gate\n", "kitchen") == ["ada@gate:22", "ada@kitchen:22"]
    assert way(home, "Host *\n User ada\n ProxyJump none\n", "kitchen") == ["ada@kitchen:22"]
    with pytest.raises(DeployError, match="goes in a circle over kitchen"):
        way(home, "Host kitchen\n ProxyJump gate\nHost gate\n ProxyJump kitchen\n", "kitchen")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("nonsense\n", "Unparsable line nonsense"),
        ("Host kitchen\n Port many\n", "Port and ConnectTimeout are numbers"),
        ("Host kitchen\n ProxyJump a b\n", "cannot be a host"),
        ("Host kitchen\n ProxyJump bob@:2\n", "cannot be a host"),
        ("Include config\n", "Include goes in a circle"),
    ],
)
def test_damaged_settings(home: Path, monkeypatch: pytest.MonkeyPatch, text: str, says: str) -> None:
    with pytest.raises(Exception, match=says):
        way(home, text.replace("config", str(home / "config")), "kitchen")


@pytest.mark.parametrize("rate", [1e3, 64e3, 1e6])
def test_a_cap_holds_for_every_moment(tmp_path: Path, rate: float) -> None:
    """Whatever stretch of time one looks at, no more than its share and one burst went by."""
    now = 0.0
    sent: list[tuple[float, int]] = []

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    (tmp_path / "blob").write_bytes(bytes(range(256)) * 400)
    bucket = TokenBucket(rate, clock=lambda: now, sleep=sleep)
    total = b""
    for number, piece in enumerate(pieces(tmp_path / "blob", 100, 102_000, 32_000, bucket)):
        sent.append((now, len(piece)))
        total += piece
        now += 0.001 if number % 3 else 0.5  # a network that is now fast, now slow
    assert total == (tmp_path / "blob").read_bytes()[100:102_000]
    most = max(length for _, length in sent)
    for first, (begin, _) in enumerate(sent):
        gone = 0
        for moment, length in sent[first:]:
            gone += length
            assert gone <= rate * (moment - begin) + bucket.burst + most


def test_pieces_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "blob").write_bytes(os.urandom(3_000_000))
    whole = (tmp_path / "blob").read_bytes()
    got = [bytes(piece) for piece in pieces(tmp_path / "blob", 1, 3_000_000, 32_704)]
    assert b"".join(got) == whole[1:]
    assert max(map(len, got)) == 8 * 32_704
    assert not list(pieces(tmp_path / "blob", 3_000_000, 3_000_000, 1000))
    assert sum(len(piece) for piece in pieces(tmp_path / "blob", 0, 4_000_000, 1000)) == 3_000_000


def test_nobody_is_asked_without_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    assert Prompts().ask("password") is None


def test_a_question_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal:
        def isatty(self) -> bool:
            return True

    answers = ["first", "second", ""]
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("getpass.getpass", lambda _: answers.pop(0))
    prompts = Prompts()
    assert [prompts.ask("x"), prompts.ask("x"), prompts.ask("x", again=True)] == ["first", "first", "second"]
    assert prompts.ask("x", again=True) is None
    assert "first" not in repr(prompts)
