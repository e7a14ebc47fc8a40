"""A board at the other end of ssh: who it is, that it is the right one, and commands there.

Fabric carries the connections; whom to trust, how to log in and how long to wait is ours (host_keys.py, login.py,
line.py). A Board belongs to one thread; only :meth:`Board.close` may be called from another, to end what goes on.
"""

from __future__ import annotations

import contextlib
import logging
import shlex
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edge.errors import BoardUnfit, BoardUnreachable, DeployError, LoginRefused

try:
    import fabric
    import paramiko
except ImportError as missing:
    raise DeployError(f"{missing.name} is not here; type: pip install 'bitnet-edge[deploy]'") from missing

from devices import probe

from . import program
from .command import Command, Finished
from .destination import Destination
from .host_keys import HostKeyChoice, HostKeys
from .line import SILENCE_S, Line, dial, through_command
from .login import Login
from .prompts import TERMINAL
from .root import as_root_script, become_root
from .session import BoardError, Session
from .ssh_config import Hop, Settings

__all__ = ["Board", "Target", "open_board"]

# The first is hardware on nearly everything (and then twice as fast as OpenSSH's own favourite, which Paramiko lacks);
# the ones with chained blocks are left out.
_CIPHERS = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr", "aes192-ctr", "aes256-ctr")
_CONNECT_S = 30.0
_PROBE_S = 90.0
_START_S = 60.0
_MOST_ANSWER = 8 << 20
# Whatever a person's login shell is, it hands over to sh, which takes the real script from its standard input: nothing
# has to be quoted for a shell that we do not know, and nothing of it can be seen in a list of processes. dd reads not a
# byte more than the script.
_TAKE_SCRIPT = """sh -c 'read -r n; eval "$(dd bs=1 count="$n" 2>/dev/null)"'"""

logging.getLogger("paramiko").addHandler(logging.NullHandler())  # its complaints come to people as our errors


def _to_stderr(line: str) -> None:
    print(f"edge: {line}", file=sys.stderr)


@dataclass(frozen=True)
class Target:
    """Whom to log in as, where, and how. None means: what ssh_config says, else what ssh does.

    ``keys``: key files to try before all others. ``prefix``: a folder that stands for the board's root, in tests.
    ``known_hosts``: the one file to look in, ``ssh_config``: the one file of settings. ``agent``: ask the ssh agent.
    ``connect_timeout``: seconds for each hop. ``board_key``: kind and text of the only host key that is the board's.
    ``sudo_password`` is called once, and only by a board whose sudo wants one. ``notice``: gets what a person should
    see, such as the fingerprint of a new board.
    """

    host: str
    user: str | None = None
    port: int | None = None
    keys: tuple[Path, ...] = ()
    prefix: str = ""
    host_key: HostKeyChoice = "accept-new"
    known_hosts: Path | None = None
    ssh_config: Path | None = None
    agent: bool = True
    connect_timeout: float | None = None
    board_key: tuple[str, bytes] | None = None
    sudo_password: Callable[[], str | None] | None = field(default=None, repr=False, compare=False)
    notice: Callable[[str], None] = field(default=_to_stderr, repr=False, compare=False)


class Board:
    """An open connection; :func:`open_board` makes it. A context manager, closed at its end.

    ``round_trips``: commands run so far. Every method raises BoardUnreachable once the connection is gone.
    """

    def __init__(self, target: Target, links: list[tuple[Hop, fabric.Connection, Line]]) -> None:
        self.target = target
        self.round_trips = 0
        self._links = links
        self._hop, self._connection, self._line = links[-1]
        self._closed = False
        self._password: str | None = None

    def __repr__(self) -> str:
        return f"<Board {self._hop.user}@{self._hop}>"

    @property
    def name(self) -> str:
        """What a person calls it."""
        return self._hop.name

    @property
    def traffic(self) -> tuple[int, int]:
        """Bytes sent and received over the network so far."""
        return self._line.sent, self._line.received

    def probe(self) -> dict[str, Any]:
        """What the board is and what is installed there, as devices.probe reads it. Raises BoardUnfit, DeployError."""
        command = self._execute(probe.COMMAND)
        with self._timely("looking at the board", _PROBE_S), contextlib.closing(command):
            with contextlib.suppress(BrokenPipeError):  # no shell: what it says instead tells why
                command.send(probe.script(self.target.prefix), _PROBE_S)
            command.end_input()
            _, output, errors = command.finish(_PROBE_S, _MOST_ANSWER)
        try:
            return probe.parse(output)
        except ValueError as error:
            said = errors.decode("utf-8", "replace").strip()[-200:]
            raise BoardUnfit(f"{self.name}: {error}{f' ({said})' if said else ''}") from error

    @contextlib.contextmanager
    def session(
        self, argv: Sequence[str] | None = None, preamble: bytes | None = None, *, python: str = "python3"
    ) -> Iterator[Session]:
        """Start the board program as root and speak with it. Raises SudoRefused, BoardUnfit, DeployError.

        ``argv`` and ``preamble``: another program than our own. ``python``: the board's, as the probe found it.
        """
        command = self.start(argv or program.command(python, self.target.prefix), root=True)
        with contextlib.closing(Session(command, self.name)) as session:
            session.begin(program.preamble() if preamble is None else preamble)
            try:
                yield session
            except BoardError:
                session.end()  # it could not do one thing, but is well
                raise
            session.end()

    def run(self, argv: Sequence[str], *, root: bool = False, input: bytes = b"", timeout_s: float = 60.0) -> Finished:  # noqa: A002 - as in subprocess.run
        """Run a command to its end: (exit status, output, errors). Raises DeployError if it takes too long."""
        what = f"{argv[0]} on the board"
        command = self.start(argv, root=root)
        with self._timely(what, timeout_s), contextlib.closing(command):
            with contextlib.suppress(BrokenPipeError):  # it need not read what we send
                command.send(input, timeout_s)
            command.end_input()
            return command.finish(timeout_s, _MOST_ANSWER)

    def follow(self, argv: Sequence[str], *, root: bool = False) -> Iterator[str]:
        """The lines of a command that may never end, as they come; closing the iterator ends it.

        Raises DeployError if the command ends with an error.
        """
        command = self.start(argv, root=root)
        with contextlib.closing(command):
            while True:
                try:
                    line = command.line(3600.0)
                except TimeoutError:
                    continue  # nothing to tell: keepalives look after the connection
                if line is None:
                    break
                yield line.decode("utf-8", "replace")
            if status := command.status(10.0):
                said = command.errors.decode("utf-8", "replace").strip()[-300:]
                raise DeployError(f"{argv[0]} on {self.name} ended with status {status}: {said}")

    def start(self, argv: Sequence[str], *, root: bool = False) -> Command:
        """Start a command, with its standard input open. Raises SudoRefused, DeployError."""
        script, mark = as_root_script(argv) if root else (f"exec {shlex.join(argv)}", b"")
        data = script.encode()
        command = self._execute(_TAKE_SCRIPT)
        with self._timely(f"the start of {argv[0]}", _START_S), contextlib.ExitStack() as stack:
            stack.callback(command.close)
            try:
                command.send(b"%d\n" % len(data) + data, _START_S)
                if root:
                    become_root(command, mark, self._sudo_password, (self._hop.user, self.name), _START_S)
            except BrokenPipeError as error:
                raise BoardUnfit(f"{self.name}: the login shell of {self._hop.user} runs no commands") from error
            stack.pop_all()
        return command

    def _sudo_password(self) -> str | None:
        if self._password is None:
            ask = self.target.sudo_password or (lambda: TERMINAL.ask("sudo's password on the boards"))
            self._password = ask()
        return self._password

    def _execute(self, text: str) -> Command:
        transport = self._connection.transport
        if self._closed or transport is None or not transport.is_active():
            raise self._why_gone()
        self.round_trips += 1
        try:
            channel = transport.open_session(timeout=_START_S)
            channel.exec_command(text)
        except (paramiko.SSHException, EOFError, OSError) as error:
            # An end of the line comes before the transport has taken notice of it.
            if not transport.is_active() or not str(error):
                raise self._why_gone() from error
            raise BoardUnreachable(f"{self.name} starts no more commands ({error}); try again") from error
        return Command(channel, self._why_gone)

    @contextlib.contextmanager
    def _timely(self, what: str, limit_s: float) -> Iterator[None]:
        try:
            yield
        except TimeoutError as error:
            raise BoardUnreachable(f"{self.name}: {what} took more than {limit_s:.0f} s; try again") from error

    def _why_gone(self) -> BoardUnreachable:
        if self._closed:
            return BoardUnreachable(f"the connection to {self.name} was closed")
        if any(line.silent for _, _, line in self._links):
            return BoardUnreachable(f"nothing was heard of {self.name} for {SILENCE_S:.0f} s; is it still running?")
        return BoardUnreachable(f"the connection to {self.name} broke off; is it still running?")

    def close(self) -> None:
        """Close the connection, from any thread: what waits for the board fails with BoardUnreachable."""
        self._closed = True
        _close(self._links)

    def __enter__(self) -> Board:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_board(target: Target) -> Board:
    """Connect and log in, through the hosts that ssh_config puts in between.

    Raises BoardUnreachable, HostKeyChanged, HostKeyUnknown, LoginRefused, DeployError for damaged settings.
    """
    to = Destination(target.host, target.user, target.port)
    way = Settings(target.ssh_config).way(to, keys=target.keys, known_hosts=target.known_hosts)
    links: list[tuple[Hop, fabric.Connection, Line]] = []
    try:
        for hop in way:
            links.append(_open(hop, target, links, target.board_key if hop is way[-1] else None))
    except BaseException:
        _close(links)
        raise
    return Board(target, links)


def _close(links: list[tuple[Hop, fabric.Connection, Line]]) -> None:
    for _, connection, line in reversed(links):
        with contextlib.suppress(Exception):  # whatever it still wanted, it is over
            connection.close()
        with contextlib.suppress(OSError):
            line.close()


def _open(
    hop: Hop,
    target: Target,
    before: list[tuple[Hop, fabric.Connection, Line]],
    key: tuple[str, bytes] | None,
) -> tuple[Hop, fabric.Connection, Line]:
    timeout = target.connect_timeout or hop.connect_timeout or _CONNECT_S
    keys = HostKeys(hop, target.host_key, target.notice, key)
    login = Login(hop, TERMINAL, agent=target.agent)
    line = _stream(hop, before, timeout)

    def transport(stream: Any, **settings: Any) -> paramiko.Transport:
        made = paramiko.Transport(stream, **settings)
        options = made.get_security_options()
        options.ciphers = _CIPHERS
        wanted = [kind for kind in keys.kinds() if kind in options.key_types]
        options.key_types = tuple(dict.fromkeys([*wanted, *options.key_types]))
        made.handshake_timeout = timeout
        return made

    connection = fabric.Connection(
        hop.host,
        user=hop.user,
        port=hop.port,
        config=fabric.Config(lazy=True, ssh_config=paramiko.SSHConfig()),  # settings were read by Settings
        gateway=False,
        connect_kwargs={
            "sock": line,
            "timeout": timeout,
            "banner_timeout": timeout,
            "auth_timeout": timeout,
            "channel_timeout": timeout,
            "transport_factory": transport,
            "auth_strategy": login,
        },
    )
    connection.client.set_missing_host_key_policy(keys)
    try:
        connection.open()
        line.watch(connection.transport)
    except BaseException as error:
        made = connection.client.get_transport()
        with contextlib.suppress(Exception):
            connection.client.close()
        line.close()
        if isinstance(error, (paramiko.SSHException, EOFError, OSError)):
            raise _explained(error, hop, login, timeout, started=bool(made and made.remote_version)) from error
        raise
    return hop, connection, line


def _stream(hop: Hop, before: list[tuple[Hop, fabric.Connection, Line]], timeout: float) -> Line:
    """The bare connection: straight, through a command, or through the hop before. Raises BoardUnreachable."""
    if before:
        bastion, connection, _ = before[-1]
        try:
            channel = connection.transport.open_channel("direct-tcpip", (hop.host, hop.port), ("", 0), timeout=timeout)
        except (paramiko.SSHException, EOFError, OSError) as error:
            why = getattr(error, "text", error)
            raise BoardUnreachable(f"{bastion} does not reach {hop.host} on port {hop.port} ({why})") from error
        return Line(channel)
    if hop.proxy_command:
        return through_command(hop.proxy_command)
    place = f"{hop} on port {hop.port}"
    try:
        return Line(dial(hop.host, hop.port, timeout))
    except (socket.gaierror, UnicodeError) as error:  # the second: what cannot be a name, as a..b
        raise BoardUnreachable(
            f"{hop.host}: no host of this name is known here; check the spelling, or give its address"
        ) from error
    except ConnectionRefusedError as error:
        raise BoardUnreachable(f"{place} refuses connections; switch ssh on there, or give its port") from error
    except TimeoutError as error:
        raise BoardUnreachable(f"{place} does not answer within {timeout:.0f} s; is it switched on?") from error
    except OSError as error:
        raise BoardUnreachable(f"{place}: {error.strerror or error}; is it on this network?") from error


def _explained(error: Exception, hop: Hop, login: Login, timeout: float, *, started: bool) -> DeployError:
    """Paramiko's words for a connection that came to nothing, in ours."""
    if login.tried:  # servers do so after six tries
        tried = ", ".join(login.tried)
        return LoginRefused(f"{hop} hung up in the middle of the login (tried {tried}); name the right key")
    if isinstance(error, paramiko.AuthenticationException):
        return BoardUnreachable(f"{hop} does not answer a login within {timeout:.0f} s; is it overloaded?")
    if isinstance(error, paramiko.IncompatiblePeer):
        return BoardUnreachable(f"{hop} and we have no way to encrypt in common ({error}); its ssh is too old")
    if not started:
        return BoardUnreachable(f"{hop} on port {hop.port} says nothing that ssh would say in {timeout:.0f} s")
    return BoardUnreachable(f"{hop} on port {hop.port} broke off the connection ({error or type(error).__name__})")
