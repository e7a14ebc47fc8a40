"""An emulated board for one test: systemd, sshd, a disk of its own, there in seconds, with a plug that can be pulled.

A saved state of a booted board is loaded instead of booting (once made per processor and kept); the disk is a layer
over the image. Whatever the test then does is real: `reboot`, `power_cut` and `boot` go the long way.

An honest power cut: the disk behaves like one with a volatile cache (QEMU's writeback). What the board flushed (fsync)
has reached the host, whose kernel outlives the killed emulator; what it did not flush may be lost, in any order.
"""

from __future__ import annotations

import shlex
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Final

from tests.board.image import Image, image, one_at_a_time
from tests.board.programs import program
from tests.board.qemu import BoardError, Qemu, overlay, version
from tools.debs import cached

__all__ = ["CPUS", "Board", "BoardError", "saved_board"]

#: Like those of a Pi 3 or Zero 2 W, a Pi 4, a Pi 5.
CPUS: Final = ("cortex-a53", "cortex-a72", "cortex-a76")
#: What the console shows when all services are started.
_PROMPT: Final = " login: "
#: A boot takes half a minute where nobody else computes.
BOOT_S: Final = 300.0
_DISK: Final = "file={},format=qcow2,cache=writeback"


class Board:
    """A board that runs from `with Board(cpu) as board:` on, ready for ssh, until the end of the block.

    `snapshot=False` boots it instead, with `append` on the kernel's command line, as a Raspberry Pi's is
    (`cgroup_disable=memory`). `uart`: see Qemu. `saved`: another saved state than that of a board that takes ssh.
    """

    #: Where the board finds the machine that runs the tests.
    host_address: Final = "10.0.2.2"
    host: Final = "127.0.0.1"

    def __init__(
        self,
        cpu: str = "cortex-a72",
        *,
        user: str = "pi",
        snapshot: bool = True,
        append: str = "",
        ready: bool = True,
        uart: bool = False,
        saved: Path | None = None,
    ) -> None:
        self.cpu = cpu
        self.user = user
        self._append = append
        self._uart = uart
        self._image = image()
        if snapshot and saved is None:
            saved = saved_board(self._image, cpu)
        self.folder = Path(tempfile.mkdtemp(prefix="board-"))
        self.key = self.folder / "key"
        self.known_hosts = self.folder / "known_hosts"
        self._disk = self.folder / "disk.qcow2"
        self.port = free_port()
        self._qemu: Qemu | None = None
        self._prompts = 0
        try:
            shutil.copy(self._image.key, self.key)
            self.key.chmod(0o600)
            self.known_hosts.write_text(f"[{self.host}]:{self.port} {self._image.host_key}\n", encoding="utf-8")
            if saved is None:
                overlay(self._image.disk, "raw", self._disk)
                self.boot()
            else:
                overlay(saved / "disk.qcow2", "qcow2", self._disk)
                self._start(saved / "state")
            if ready:
                self.wait_ready()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Board:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    @property
    def qemu(self) -> Qemu:
        """The running machine."""
        if self._qemu is None:
            raise BoardError("the board is switched off")
        return self._qemu

    @property
    def console(self) -> str:
        """What the board has said on its console, from its first boot on."""
        path = self.folder / "console.log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def _start(self, state: Path | None = None) -> None:
        self._qemu = Qemu(
            self._image.hardware(self.cpu),
            _DISK.format(self._disk),
            self.folder,
            port=self.port,
            append=self._append,
            state=state,
            uart=self._uart,
        )
        self._prompts = 0 if state else 1
        if state is not None:
            self._qemu.wait_loaded()

    def boot(self) -> None:
        """Switch a board on that is off. Returns at once: see wait_ready."""
        if self._qemu is not None:
            raise BoardError("the board is switched on already")
        self._start()

    def power_cut(self) -> None:
        """Pull the plug."""
        self.qemu.kill()
        self._qemu = None

    def reboot(self, timeout: float = BOOT_S) -> None:
        """Have the board reboot itself, and wait until it is back."""
        before = self.ssh("cat /proc/sys/kernel/random/boot_id").stdout
        self._prompts += 1
        # The connection may end before the command's answer is through.
        self.ssh("sudo systemctl reboot", check=False)
        self.wait_ready(timeout)
        if self.ssh("cat /proc/sys/kernel/random/boot_id").stdout == before:
            raise self.qemu.fail("the board did not reboot")

    def wait_ready(self, timeout: float = BOOT_S) -> None:
        """Wait until the board takes ssh and systemd has started all. Sets its clock: a saved one stood still."""
        deadline = time.monotonic() + timeout
        # QEMU takes connections long before the board does, and lets them hang: the console tells when to try.
        self.qemu.wait_said(_PROMPT, timeout, self._prompts)
        # The state is "running", or "degraded" with a failed unit: its name belongs into the message.
        command = "sudo date -u -s @{:.0f} >/dev/null && systemctl is-system-running --wait || systemctl --failed"
        while True:
            done = self.ssh(command.format(time.time()), check=False, timeout=timeout, user="pi")
            if done.stdout.strip() == "running":
                return
            if time.monotonic() > deadline or done.stdout or self.qemu.process.poll() is not None:
                raise self.qemu.fail(f"the board is not ready: {done.stdout or done.stderr}")
            time.sleep(0.2)

    def ssh_options(self) -> list[str]:
        """Return ssh's options for this board, the port not among them (scp spells it differently)."""
        options = {
            "IdentityFile": self.key,
            "IdentitiesOnly": "yes",
            "IdentityAgent": "none",
            "UserKnownHostsFile": self.known_hosts,
            "GlobalKnownHostsFile": "/dev/null",
            "StrictHostKeyChecking": "yes",
            "BatchMode": "yes",
            "ConnectTimeout": "20",
            "LogLevel": "ERROR",
        }
        return ["-F", "none", *(part for name, value in options.items() for part in ("-o", f"{name}={value}"))]

    def ssh(
        self,
        command: str,
        *,
        timeout: float = 120,
        check: bool = True,
        user: str | None = None,
        stdin: str | bytes | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a shell command on the board. Raises BoardError if it fails, unless `check` is false, and if it hangs."""
        line = [program("ssh"), *self.ssh_options(), "-p", str(self.port), f"{user or self.user}@{self.host}", command]
        content = stdin.encode() if isinstance(stdin, str) else (stdin or b"")
        try:
            raw = subprocess.run(line, input=content, capture_output=True, timeout=timeout, check=False)
        except subprocess.TimeoutExpired:
            raise self.qemu.fail(f"`{command}` took more than {timeout:.0f} s on the board") from None
        done = subprocess.CompletedProcess(
            line, raw.returncode, raw.stdout.decode(errors="replace"), raw.stderr.decode(errors="replace")
        )
        if check and done.returncode != 0:
            raise self.qemu.fail(f"`{command}` ended with {done.returncode}: {done.stdout}{done.stderr}")
        return done

    def write(self, path: str, content: str | bytes) -> None:
        """Write a file on the board, flushed to its disk, as the user."""
        quoted = shlex.quote(path)
        self.ssh(f"cat > {quoted} && sync {quoted} {shlex.quote(str(Path(path).parent))}", stdin=content)

    def save(self, folder: Path) -> None:
        """Keep the running board's memory and disk in a folder, and end it."""
        self.qemu.save(folder / "state")
        self._qemu = None
        shutil.copy(self._disk, folder / "disk.qcow2")

    def wait_off(self, timeout: float = BOOT_S) -> None:
        """Wait until a board that is shutting itself down is off."""
        self.qemu.wait(timeout)
        self._qemu = None

    def close(self) -> None:
        """Switch the board off for good and throw its disk away."""
        if self._qemu is not None:
            self.power_cut()
        shutil.rmtree(self.folder, ignore_errors=True)


def free_port() -> int:
    """Return a TCP port on 127.0.0.1 that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def saved_board(made: Image, cpu: str) -> Path:
    """Return the folder of a booted board's disk and memory, made on the first call (a boot)."""

    def make(folder: Path) -> None:
        with Board(cpu, snapshot=False) as board:
            board.ssh("sync && sudo sh -c 'echo 3 > /proc/sys/vm/drop_caches'")
            board.save(folder)

    command = Qemu.command(made.hardware(cpu), "", 1, "")
    with one_at_a_time(cpu):
        return cached(f"board/{cpu}", [made.folder.name, version(), *command], make)
