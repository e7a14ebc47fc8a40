"""Real sshds for tests: on free loopback ports, with host keys, users' keys and configurations of their own.

    with sshd(tmp_path, path_first=[fakes], env={"BROKER": "no"}) as server:
        board = open_board(server.target(), deadline=30)

Whoever runs the tests is who logs in, so what a "board" writes lies in that user's reach: give it a ``prefix``. Where
openssh-server is not installed it comes from Debian's packages, unpacked into the user's cache: no root is needed, and
as root no user is made and no service touched.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from provisioning.connection import Target
from tests.integration.mosquitto import free_port
from tests.integration.unpacked import unpacked
from tools.debs import DebsError

__all__ = ["NoSshdError", "Sshd", "openssh", "sshd"]

_PACKAGES = ["openssh-server", "openssh-client", "libnss-wrapper"]
_PLACES = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
_PATIENCE_S = 30.0
# The user whom sshd, run by root, gives its half that talks to strangers.
_PRIVSEP = "sshd"
_PRIVSEP_FOLDER = Path("/run/sshd")
# In the environment of everything run through an sshd: its folder.
_MARK = "EDGE_TEST_SSHD"


class NoSshdError(Exception):
    """sshd cannot be had on this machine; the message says why and what to type."""


@functools.cache
def _tree() -> Path:
    try:
        return unpacked("openssh", _PACKAGES)
    except DebsError as error:
        raise NoSshdError(f"no sshd: {error}\nType: sudo apt-get install {' '.join(_PACKAGES)}") from error


def openssh(name: str) -> str:
    """The path of ``sshd``, ``ssh``, ``scp`` or ``ssh-keygen``. Raises NoSshdError."""
    return shutil.which(name, path=_PLACES) or str(_tree() / "run" / name)


@functools.cache
def _helpers() -> tuple[str, ...]:
    """Lines that say where an unpacked sshd of OpenSSH 9.8 or later finds its other halves."""
    run = Path(openssh("sshd")).parent
    halves = {"SshdSessionPath": run / "sshd-session", "SshdAuthPath": run / "sshd-auth"}
    return tuple(f"{key} {path}" for key, path in halves.items() if path.exists())


def _environment(folder: Path) -> dict[str, str]:
    """What sshd is started with. Root's sshd insists on a user that may be missing here: one is pretended."""
    env = {key: value for key, value in os.environ.items() if key in {"PATH", "LANG", "HOME"}}
    if os.geteuid() != 0:
        return env
    _PRIVSEP_FOLDER.mkdir(mode=0o755, exist_ok=True)
    with contextlib.suppress(KeyError):
        pwd.getpwnam(_PRIVSEP)
        return env
    users = Path("/etc/passwd").read_text(encoding="utf-8")
    (folder / "passwd").write_text(f"{users.rstrip()}\n{_PRIVSEP}:x:65534:65534::/nonexistent:/bin/false\n")
    (folder / "group").write_text(Path("/etc/group").read_text(encoding="utf-8"))
    (library,) = _tree().glob("usr/lib/*/libnss_wrapper.so")
    return env | {
        "LD_PRELOAD": str(library),
        "NSS_WRAPPER_PASSWD": str(folder / "passwd"),
        "NSS_WRAPPER_GROUP": str(folder / "group"),
    }


def _children() -> dict[int, list[int]]:
    """Every process of this machine, below its parent."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            words = path.read_text(errors="replace").rsplit(")", 1)[1].split()
            children.setdefault(int(words[1]), []).append(int(path.parent.name))
    return children


def _below(pid: int) -> list[int]:
    """All processes below one, parents first."""
    children = _children()
    found = list(children.get(pid, ()))
    for child in found:  # grows while we go
        found += children.get(child, ())
    return found


# Ends, once whoever started it is gone for whatever reason, the sshds that it was told of and that still write a log.
_REAPER = """
while read -r pid log; do told="$told $pid:$log"; done
for each in $told; do
    [ "$(readlink "/proc/${each%%:*}/fd/2")" = "${each#*:}" ] && kill -9 "${each%%:*}"
done
"""


@functools.cache
def _reaper() -> subprocess.Popen[bytes]:
    reaper = subprocess.Popen(["sh", "-c", _REAPER], stdin=subprocess.PIPE, start_new_session=True)
    atexit.register(reaper.communicate)
    return reaper


def _is_sshd(pid: int) -> bool:
    """Whether a process below an sshd is still sshd and not what it was asked to run."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_text(errors="replace").split("\0")
    except OSError:
        return False
    # "/path/sshd", then the title it gives itself: "sshd: ada@notty"; either may stand behind a loader's name.
    return any(Path(word.split(":")[0]).name in {"sshd", "sshd-session", "sshd-auth"} for word in words)


def _started_with(setting: str) -> list[int]:
    """All processes that have this setting in their environment, whoever their parent is by now."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if setting.encode() in path.read_bytes().split(b"\0"):
                found.append(int(path.parent.name))
    return found


class Sshd:
    """One sshd; ``sshd(...)`` starts it. All it needs and writes lies in ``folder``.

    ``home`` is what those who log in see as $HOME. ``known_hosts`` holds its key already.
    """

    def __init__(self, folder: Path, path_first: Sequence[Path | str], env: Mapping[str, str], config: str) -> None:
        self.folder = folder
        self.user = pwd.getpwuid(os.geteuid()).pw_name
        self.port = 0
        self.key = folder / "user_key"
        self.home = folder / "home"
        self.known_hosts = folder / "known_hosts"
        self._path = ":".join([*map(str, path_first), os.environ.get("PATH", os.defpath)])
        self._env = dict(env)
        self._config = config
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def host_key(self) -> str:
        """Its public key: ``ssh-ed25519 AAAA…``."""
        return " ".join((self.folder / "host_key.pub").read_text(encoding="utf-8").split()[:2])

    @property
    def log(self) -> str:
        """All it has written so far, over all its starts."""
        path = self.folder / "sshd.log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def target(self, **changes: Any) -> Target:
        """How to reach it, with nothing of the user's own ssh settings. ``changes``: other fields of Target."""
        fields: dict[str, Any] = {
            "host": "127.0.0.1",
            "user": self.user,
            "port": self.port,
            "keys": (self.key,),
            "host_key": "strict",
            "known_hosts": self.known_hosts,
            "ssh_config": Path(os.devnull),
            "agent": False,
        }
        return Target(**(fields | changes))

    def new_host_key(self) -> None:
        """Give it another host key, as a board has after its card was written anew. It must be stopped."""
        for path in self.folder.glob("host_key*"):
            path.unlink()
        _keygen(self.folder / "host_key")

    def make(self) -> None:
        """Write its keys."""
        self.home.mkdir(parents=True)
        _keygen(self.folder / "host_key")
        _keygen(self.key)
        shutil.copy(self.key.with_suffix(".pub"), self.folder / "authorized_keys")

    def start(self) -> None:
        """Start it (again on the same port, if it had one) and wait until it takes connections."""
        for _ in range(5):  # a free port may be taken by somebody else in between
            port = self.port or free_port()
            if self._started(port):
                self.port = port
                self.known_hosts.write_text(f"[127.0.0.1]:{port} {self.host_key}\n", encoding="utf-8")
                return
        raise RuntimeError(f"sshd did not start: {self.log[-2000:]}")

    def _started(self, port: int) -> bool:
        settings = {"HOME": str(self.home), "PATH": self._path, _MARK: str(self.folder)} | self._env
        lines = [
            self._config,  # the first of two settings counts
            f"ListenAddress 127.0.0.1:{port}",
            f"HostKey {self.folder}/host_key",
            f"AuthorizedKeysFile {self.folder}/authorized_keys",
            "PidFile none",
            "StrictModes no",  # a test's folder may lie below /tmp
            "UsePAM no",
            "PasswordAuthentication no",
            "KbdInteractiveAuthentication no",
            "PermitRootLogin yes",
            "MaxStartups 1000",
            "MaxSessions 100",
            "UseDNS no",
            "Subsystem sftp internal-sftp",  # for scp, which we are compared with
            "SetEnv " + " ".join(f'"{key}={value}"' for key, value in settings.items()),
            *_helpers(),
        ]
        path = self.folder / "sshd_config"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        # Without -r, sshds before 9.8 start themselves anew for each connection, by a path that ours have not.
        options = ["-D", "-e", "-f", str(path), *([] if _helpers() else ["-r"])]
        said = len(self.log)
        with (self.folder / "sshd.log").open("ab") as log:
            self._process = subprocess.Popen(
                [openssh("sshd"), *options], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=_environment(self.folder), start_new_session=True,
            )  # fmt: skip
        reaper = _reaper().stdin
        assert reaper
        reaper.write(f"{self._process.pid} {self.folder}/sshd.log\n".encode())
        reaper.flush()
        end = time.monotonic() + _PATIENCE_S
        while self._process.poll() is None and time.monotonic() < end:
            if f"Server listening on 127.0.0.1 port {port}" in self.log[said:]:
                return True
            time.sleep(0.005)
        self.stop()
        return False

    def connections(self) -> int:
        """How many connections it serves now."""
        if self._process is None:
            return 0
        return sum(_is_sshd(pid) for pid in _children().get(self._process.pid, ()))

    def kill_connections(self, *, programs: bool = False) -> None:
        """Cut every connection at once, without a word, as a pulled cable does; what the user runs may live on.

        ``programs`` kills that, too.
        """
        if self._process is None:
            return
        found = [pid for pid in _below(self._process.pid) if _is_sshd(pid)]
        found += _started_with(f"{_MARK}={self.folder}") if programs else []
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def processor_time(self) -> float:
        """Seconds of processor time that it, its ended connections and what ran in them have taken."""
        if self._process is None:
            return 0.0
        words = Path(f"/proc/{self._process.pid}/stat").read_text(errors="replace").rsplit(")", 1)[1].split()
        return sum(map(int, words[11:15])) / os.sysconf("SC_CLK_TCK")

    def freeze(self, *, thaw: bool = False) -> None:
        """Stop it and its connections as they are, as a board does whose card has died; or let them go on."""
        if self._process is not None:
            for pid in [self._process.pid, *filter(_is_sshd, _below(self._process.pid))]:
                os.kill(pid, signal.SIGCONT if thaw else signal.SIGSTOP)

    def stop(self) -> None:
        """End it, its connections and everything that was started through them."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGSTOP)  # it takes no new connection while we look at what it has
        self.kill_connections(programs=True)
        self._process.kill()
        self._process.wait(_PATIENCE_S)
        self._process = None

    def command(self, *words: str, program: str = "ssh") -> list[str]:
        """A command line of OpenSSH's own client that logs in here, for comparisons: ``ssh … HOST words``."""
        options = {
            "UserKnownHostsFile": self.known_hosts, "IdentityFile": self.key, "IdentitiesOnly": "yes",
            "BatchMode": "yes",
        }  # fmt: skip
        flags = [part for key, value in options.items() for part in ("-o", f"{key}={value}")]
        port = "-P" if program == "scp" else "-p"
        host = [] if program == "scp" else [f"{self.user}@127.0.0.1"]
        return [openssh(program), "-F", os.devnull, *flags, port, str(self.port), *host, *words]


def _keygen(path: Path) -> None:
    subprocess.run([openssh("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", path], check=True)


@contextlib.contextmanager
def sshd(
    folder: Path,
    *,
    path_first: Sequence[Path | str] = (),
    env: Mapping[str, str] | None = None,
    config: str = "",
) -> Iterator[Sshd]:
    """A running sshd; it ends with the block, and so does all that was started through it.

    ``path_first``: folders before those of $PATH for who logs in, for programs that a test fakes; ``env``: more of
    their environment; ``config``: lines before ours in its sshd_config. Raises NoSshdError.
    """
    folder = folder / f"sshd{sum(1 for _ in folder.glob('sshd*'))}"
    server = Sshd(folder, path_first, env or {}, config)
    server.make()
    server.start()
    try:
        yield server
    finally:
        server.stop()
