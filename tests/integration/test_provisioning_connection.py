"""Connecting to boards, against real sshds: trust, ssh_config, logins, and everything that does not answer."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from edge.errors import (
    BoardUnfit,
    BoardUnreachable,
    DeployError,
    HostKeyChanged,
    HostKeyUnknown,
    LoginRefused,
)
from provisioning import connection, line
from provisioning.connection import Target, open_board
from provisioning.host_keys import known_keys
from provisioning.prompts import Prompts
from tests.integration.mosquitto import free_port
from tests.integration.sshd import Sshd, openssh

Boards = Callable[..., Sshd]


@pytest.fixture
def board(boards: Boards) -> Sshd:
    return boards()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A person's home folder without anything in it."""
    folder = tmp_path / "person"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return folder


class Person(Prompts):
    """Somebody at the terminal who knows some answers."""

    def __init__(self, **answers: list[str]) -> None:
        super().__init__()
        self.asked: list[str] = []
        self._knows = answers

    def _ask(self, question: str) -> str | None:
        self.asked.append(question)
        answers = self._knows[question.split(maxsplit=1)[0]]
        return answers.pop(0) if answers else None


def test_commands_run_as_they_are_written(board: Sshd) -> None:
    with open_board(board.target()) as opened:
        words = ["sh", "-c", 'printf "%s|" "$@"; cat; echo oh >&2; exit 7', "sh", "a  b", "it's", '$HOME "x"\n', ""]
        assert opened.run(words, input=b"in") == (7, b'a  b|it\'s|$HOME "x"\n||in', b"oh\n")
        assert opened.run(["id", "-un"])[1].decode().strip() == board.user
        assert opened.run(["true"], input=b"x" * 5_000_000)[0] == 0  # which nobody reads
        assert opened.round_trips == 3
        assert opened.traffic[0] > 1000


def test_what_a_command_says_and_takes_is_limited(board: Sshd) -> None:
    with open_board(board.target()) as opened:
        status, output, errors = opened.run(["sh", "-c", "head -c 5000000 /dev/zero >&2; echo done"])
        assert (status, output) == (0, b"done\n")
        assert len(errors) <= 64 << 10
        with pytest.raises(DeployError, match="more than 8,388,608 bytes"):
            opened.run(["head", "-c", "9000000", "/dev/zero"])
        with pytest.raises(BoardUnreachable, match="sleep on the board took more than 0 s"):
            opened.run(["sleep", "60"], timeout_s=0.2)
        assert opened.run(["echo", "still", "there"])[1] == b"still there\n"


def test_following_a_command(board: Sshd) -> None:
    with open_board(board.target()) as opened:
        lines = opened.follow(["sh", "-c", "echo one; echo two; sleep 600"])
        assert [next(lines), next(lines)] == ["one", "two"]
        lines.close()  # type: ignore[attr-defined]
        with pytest.raises(DeployError, match=r"ended with status 5: no log"):
            list(opened.follow(["sh", "-c", "echo no log >&2; exit 5"]))


def test_the_probe(board: Sshd, tmp_path: Path) -> None:
    with open_board(board.target(prefix=str(tmp_path / "root"))) as opened:
        assert opened.probe()["user"] == board.user
        assert opened.round_trips == 1


def test_a_login_shell_that_is_none(boards: Boards) -> None:
    board = boards(config="ForceCommand echo This account is closed.")
    with open_board(board.target()) as opened, pytest.raises(BoardUnfit, match=r"did not answer.*account is closed"):
        opened.probe()


def test_first_contact_keeps_the_key_and_tells_its_fingerprint(board: Sshd, home: Path) -> None:
    told: list[str] = []
    target = board.target(known_hosts=None, host_key="accept-new", notice=told.append)
    for _ in range(2):
        open_board(target).close()
    public = board.folder / "host_key.pub"
    listed = subprocess.run([openssh("ssh-keygen"), "-lf", public], capture_output=True, text=True, check=True)
    fingerprint = listed.stdout.split()[1]
    assert told == [f"127.0.0.1: new board, ED25519 key {fingerprint}, kept in ~/.ssh/known_hosts"]
    kept = home / ".ssh" / "known_hosts"
    assert kept.read_text() == f"[127.0.0.1]:{board.port} {board.host_key}\n"
    assert (kept.stat().st_mode & 0o777, kept.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    # What we wrote, OpenSSH's own client takes, too.
    options = ["-o", f"UserKnownHostsFile={kept}", "-o", "StrictHostKeyChecking=yes"]
    ssh, *words = board.command("true")
    subprocess.run([ssh, *options, *words], check=True)


def test_first_contact_of_many_at_once(boards: Boards, home: Path) -> None:
    boards_ = [boards() for _ in range(4)]
    kept = home / ".ssh" / "known_hosts"
    kept.parent.mkdir()
    kept.write_text("# no newline at the end")
    told: list[str] = []
    threads = [
        threading.Thread(
            target=lambda board=board: open_board(
                board.target(known_hosts=None, host_key="accept-new", notice=told.append)
            ).close()
        )
        for board in boards_ * 3
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told) == len(kept.read_text().splitlines()) - 1 == 4
    for board in boards_:
        assert len(known_keys(f"[127.0.0.1]:{board.port}", [kept])) == 1


def test_a_changed_key_is_refused(board: Sshd, home: Path) -> None:
    target = board.target(known_hosts=None, host_key="accept-new", notice=lambda _: None)
    open_board(target).close()
    before = (home / ".ssh" / "known_hosts").read_text()
    board.stop()
    board.new_host_key()
    board.start()
    for choice in ("accept-new", "strict"):
        with pytest.raises(HostKeyChanged) as caught:
            open_board(board.target(known_hosts=None, host_key=choice))
        said = str(caught.value)
        assert "~/.ssh/known_hosts:1" in said
        assert f"ssh-keygen -R '[127.0.0.1]:{board.port}'" in said
        assert said.count("SHA256:") == 2
    assert (home / ".ssh" / "known_hosts").read_text() == before
    open_board(board.target(known_hosts=None, host_key="off")).close()
    # What the message says to type helps.
    subprocess.run(
        [openssh("ssh-keygen"), "-f", home / ".ssh" / "known_hosts", "-R", f"[127.0.0.1]:{board.port}"], check=True
    )
    open_board(target).close()


def test_strict_takes_only_known_boards(board: Sshd, home: Path) -> None:
    with pytest.raises(HostKeyUnknown, match=r"never seen before.*SHA256:"):
        open_board(board.target(known_hosts=None, host_key="strict"))
    assert not (home / ".ssh").exists()
    open_board(board.target()).close()


def test_keys_that_cannot_be_kept_are_no_obstacle(board: Sshd, home: Path) -> None:
    (home / ".ssh").write_text("a file where a folder should be")
    told: list[str] = []
    with pytest.raises(DeployError, match="known hosts must be readable"):
        open_board(board.target(known_hosts=None, host_key="accept-new", notice=told.append))
    target = board.target(known_hosts=Path("/proc/nothing"), host_key="accept-new", notice=told.append)
    open_board(target).close()
    assert "not kept" in told[0]


def test_an_alias_of_ssh_config_over_two_bastions(boards: Boards, tmp_path: Path, home: Path) -> None:
    first, second, last = boards(), boards(), boards()
    known = tmp_path / "all_known"
    known.write_text("".join(server.known_hosts.read_text() for server in (first, second, last)))
    more = tmp_path / "more.conf"
    more.write_text("".join(
        f"Host {name}\n HostName 127.0.0.1\n Port {server.port}\n IdentityFile {server.key}\n"
        for name, server in (("first", first), ("second", second), ("kitchen", last))
    ))  # fmt: skip
    (home / ".ssh").mkdir()
    (home / ".ssh" / "config").write_text(
        f"Include {more}\nHost kitchen\n ProxyJump first,second\nHost *\n User {last.user}\n ConnectTimeout 60\n"
        f" UserKnownHostsFile {known}\n"
    )
    with open_board(Target("kitchen", host_key="strict")) as opened:
        assert opened.name == "kitchen"
        assert opened.run(["sh", "-c", "echo $HOME"])[1].decode().strip() == str(last.home)
        assert [server.connections() for server in (first, second, last)] == [1, 1, 1]
        first.kill_connections()
        with pytest.raises(BoardUnreachable, match="the connection to kitchen broke off"):
            opened.run(["true"])
    last.stop()
    with pytest.raises(
        BoardUnreachable, match=r"second \(127.0.0.1\) does not reach 127.0.0.1 on port \d+ \(Connect failed\)"
    ):
        open_board(Target("kitchen", host_key="strict"))


def test_a_proxy_command(boards: Boards, tmp_path: Path) -> None:
    bastion, last = boards(), boards()
    *through, _ = bastion.command("", program="ssh")
    config = tmp_path / "config"
    config.write_text(
        f"Host pantry\n HostName 127.0.0.1\n Port {last.port}\n ProxyCommand {' '.join(through[:-1])} -W %h:%p "
        f"{bastion.user}@127.0.0.1\n"
        f"Host lost\n ProxyCommand false\nHost deaf\n ProxyCommand sleep 600\n"
    )
    known = tmp_path / "known"
    known.write_text(f"[127.0.0.1]:{last.port} {last.host_key}\n")
    target = last.target(host="pantry", port=None, ssh_config=config, known_hosts=known)
    with open_board(target) as opened:
        assert opened.run(["echo", "hello"])[1] == b"hello\n"
        assert bastion.connections() == 1
    with pytest.raises(BoardUnreachable, match="lost"):
        open_board(last.target(host="lost", port=None, ssh_config=config))
    with pytest.raises(BoardUnreachable, match=r"deaf .* says nothing that ssh would say"):
        open_board(last.target(host="deaf", port=None, ssh_config=config, connect_timeout=0.5))


def test_who_does_not_answer(board: Sshd, tmp_path: Path) -> None:
    with pytest.raises(BoardUnreachable, match="refuses connections; switch ssh on there"):
        open_board(board.target(port=free_port()))
    with pytest.raises(BoardUnreachable, match="no host of this name is known"):
        open_board(board.target(host="no-such-board.invalid"))
    with pytest.raises(BoardUnreachable, match=r"10\.0\.0\.\.7: no host of this name is known"):
        open_board(board.target(host="10.0.0..7"))
    with pytest.raises(DeployError, match="no such file of ssh settings"):
        open_board(board.target(ssh_config=tmp_path / "missing"))


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def test_a_port_that_takes_connections_and_says_nothing(board: Sshd, listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    with pytest.raises(BoardUnreachable, match="says nothing that ssh would say"):
        open_board(board.target(port=port, connect_timeout=0.5))


@pytest.mark.parametrize("greeting", [b"HTTP/1.0 400 Bad Request\r\n\r\n", b"SSH-2.0-half\r\n", b""])
def test_a_port_where_something_else_answers(board: Sshd, listener: socket.socket, greeting: bytes) -> None:
    def answer() -> None:
        with closing(listener.accept()[0]) as stream:
            stream.sendall(greeting)
            stream.recv(65536) if greeting else None

    thread = threading.Thread(target=answer)
    thread.start()
    with pytest.raises(BoardUnreachable):
        open_board(board.target(port=listener.getsockname()[1], connect_timeout=2))
    thread.join()


def test_a_board_that_goes_silent(board: Sshd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "_ASK_S", 0.1)
    monkeypatch.setattr(line, "SILENCE_S", 1.0)
    with ExitStack() as stack:
        opened = stack.enter_context(open_board(board.target()))
        # Asked for signs of life twenty times meanwhile: a silent command is not a silent board.
        assert opened.run(["sh", "-c", "sleep 2; echo awake"])[1] == b"awake\n"
        board.freeze()
        stack.callback(board.freeze, thaw=True)
        with pytest.raises(BoardUnreachable, match=r"nothing was heard of 127\.0\.0\.1"):
            opened.run(["true"])


def test_closed_from_another_thread(board: Sshd) -> None:
    with open_board(board.target()) as opened:
        threading.Timer(0.3, opened.close).start()
        with pytest.raises(BoardUnreachable, match="was closed"):
            opened.run(["sleep", "600"])
        with pytest.raises(BoardUnreachable, match="was closed"):
            opened.probe()


def test_a_refused_login_says_what_to_type(board: Sshd, tmp_path: Path, home: Path) -> None:
    stranger = tmp_path / "stranger"
    subprocess.run([openssh("ssh-keygen"), "-q", "-t", "ecdsa", "-N", "", "-f", stranger], check=True)
    with pytest.raises(LoginRefused) as caught:
        open_board(board.target(keys=(stranger, tmp_path / "missing")))
    said = str(caught.value)
    assert f"tried {stranger}, {tmp_path}/missing (No such file or directory)" in said
    assert f"ssh-copy-id -i {stranger} -p {board.port} {board.user}@127.0.0.1" in said
    with pytest.raises(LoginRefused, match=r"there is no key to try\); type: ssh-keygen -t ed25519 && ssh-copy-id"):
        open_board(board.target(keys=()))
    (home / ".ssh").mkdir()
    (home / ".ssh" / "id_ed25519").write_bytes(board.key.read_bytes())
    open_board(board.target(keys=())).close()


def test_a_server_that_hangs_up_after_too_many_keys(boards: Boards, tmp_path: Path) -> None:
    board = boards(config="MaxAuthTries 1")
    keys = []
    for name in ("a", "b", "c"):
        subprocess.run([openssh("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / name], check=True)
        keys.append(tmp_path / name)
    with pytest.raises(LoginRefused, match=r"hung up in the middle of the login \(tried .*name the right key"):
        open_board(board.target(keys=(*keys, board.key)))


def test_a_locked_key(board: Sshd, monkeypatch: pytest.MonkeyPatch) -> None:
    change = [openssh("ssh-keygen"), "-q", "-p", "-P", "", "-N", "open sesame", "-f", str(board.key)]
    subprocess.run(change, check=True)
    with pytest.raises(LoginRefused, match=r"locked: type ssh-add"):  # nobody is there to be asked
        open_board(board.target())
    person = Person(passphrase=["wrong", "open sesame"])
    monkeypatch.setattr(connection, "TERMINAL", person)
    for _ in range(2):
        open_board(board.target()).close()
    assert person.asked == [f"passphrase of {board.key}"] * 2
    monkeypatch.setattr(connection, "TERMINAL", Person(passphrase=["no", "no", "no"]))
    with pytest.raises(LoginRefused, match="wrong passphrase"):
        open_board(board.target())


def test_keys_of_the_agent(board: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(tmp_path / "agent")
    with subprocess.Popen([openssh("ssh-agent"), "-D", "-a", path], stdout=subprocess.PIPE) as agent:
        try:
            assert agent.stdout
            agent.stdout.readline()  # it says where it listens
            subprocess.run([openssh("ssh-add"), "-q", board.key], env=os.environ | {"SSH_AUTH_SOCK": path}, check=True)
            monkeypatch.setenv("SSH_AUTH_SOCK", path)
            change = [openssh("ssh-keygen"), "-q", "-p", "-P", "", "-N", "forgotten", "-f", str(board.key)]
            subprocess.run(change, check=True)
            open_board(board.target(agent=True)).close()  # the agent has it unlocked
            open_board(board.target(agent=True, keys=())).close()
            with pytest.raises(LoginRefused):
                open_board(board.target(agent=False))
        finally:
            agent.kill()


def test_nothing_is_printed_or_logged_by_paramiko(
    board: Sshd, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), open_board(board.target()) as opened:
        assert "127.0.0.1" in repr(opened)
        board.kill_connections()
        with pytest.raises(BoardUnreachable):
            opened.run(["true"])
    assert capfd.readouterr() == ("", "")
    assert "PRIVATE" not in caplog.text
