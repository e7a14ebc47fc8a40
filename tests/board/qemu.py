"""One run of qemu-system-aarch64: finding it, starting it, talking to it, ending it. It never outlives this process."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.board.programs import program

#: Ends with whoever started it, however that ended: a pipe from there that closes unwritten kills what comes after.
_GUARD: Final = 'exec 3<&0; (read -r word || kill -9 $$) <&3 3<&- & exec "$@" </dev/null 3<&-'
#: A board's memory, as QEMU wants it. Part of what a saved state belongs to, as all of `Qemu.command`.
MEMORY: Final = "1024"


class BoardError(Exception):
    """A board did not do what it should have; the message ends in its console's last lines."""


def version() -> str:
    """Return QEMU's version line: a saved state belongs to it."""
    done = subprocess.run([program("qemu-system-aarch64"), "--version"], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[0]


def overlay(base: Path, base_format: str, target: Path) -> None:
    """Make a disk that holds what differs from `base`, which stays as it is."""
    command = [program("qemu-img"), "create", "-q", "-f", "qcow2", "-b", str(base), "-F", base_format, str(target)]
    subprocess.run(command, check=True)


@dataclass(frozen=True)
class Hardware:
    """What a board is made of, besides its disk."""

    cpu: str
    kernel: Path
    initramfs: Path


class Qemu:
    """A started machine. `folder` gets its console's log (appended to) and a socket; its path must be short.

    `uart`: the console is a terminal, too, for whoever opens `serial_port`. Where nobody has, what it says is lost, as
    on a wire with nothing at its other end.
    """

    def __init__(
        self,
        hardware: Hardware,
        disk: str,
        folder: Path,
        *,
        port: int | None = None,
        append: str = "",
        state: Path | None = None,
        extra: tuple[str, ...] = (),
        uart: bool = False,
    ) -> None:
        self.console = folder / "console.log"
        self._socket = folder / "qmp"
        self._socket.unlink(missing_ok=True)
        self._before = self.console.stat().st_size if self.console.exists() else 0
        command = [*self.command(hardware, disk, port, append), *extra]
        command += ["-qmp", f"unix:{self._socket},server=on,wait=off"]
        console = f"pty,id=console,logfile={self.console},logappend=on"
        if not uart:
            console = f"file,id=console,path={self.console},append=on"
        command += ["-chardev", console, "-serial", "chardev:console"]
        if state is not None:
            command += ["-incoming", f"exec:cat '{state}'"]
        with self.console.open("ab") as log:
            self.process = subprocess.Popen(
                ["sh", "-c", _GUARD, "board", *command], stdin=subprocess.PIPE, stdout=log, stderr=log
            )

    @staticmethod
    def command(hardware: Hardware, disk: str, port: int | None, append: str) -> list[str]:
        """Return what makes the machine, without what connects us to it."""
        forward = f",hostfwd=tcp:127.0.0.1:{port}-:22" if port else ""
        return [
            *(program("qemu-system-aarch64"), "-nodefaults", "-no-user-config", "-display", "none"),
            *("-M", "virt", "-cpu", hardware.cpu, "-smp", "2", "-m", MEMORY, "-accel", "tcg,thread=multi"),
            *("-kernel", str(hardware.kernel), "-initrd", str(hardware.initramfs)),
            *("-append", f"console=ttyAMA0 quiet panic=-1 {append}".strip()),
            *("-drive", f"{disk},if=none,id=disk", "-device", "virtio-blk-device,drive=disk"),
            *("-netdev", f"user,id=net,ipv6=off{forward}", "-device", "virtio-net-device,netdev=net"),
            *("-device", "virtio-rng-device"),
        ]

    def serial_port(self) -> str:
        """Return the terminal at the other end of the console's wire, of a machine started with `uart`."""
        (name,) = (port["filename"] for port in self.ask("query-chardev") if port["label"] == "console")
        return str(name).removeprefix("pty:")

    def said(self) -> str:
        """Return what was said on the console since this start."""
        with self.console.open("rb") as log:
            log.seek(self._before)
            return log.read().decode(errors="replace").replace("\r", "")

    def tail(self, lines: int = 30) -> str:
        """Return the last lines on the console since this start."""
        return "\n".join(self.said().splitlines()[-lines:])

    def wait_said(self, text: str, timeout: float, times: int = 1) -> None:
        """Wait until the console has shown `text` so many times since this start. Raises BoardError."""
        deadline = time.monotonic() + timeout
        while self.said().count(text) < times:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise self.fail(f"the board's console did not show {text.strip()!r} within {timeout:.0f} s")
            time.sleep(0.1)

    def fail(self, what: str) -> BoardError:
        code = self.process.poll()
        ended = "" if code is None else f" (qemu ended, code {code})"
        return BoardError(f"{what}{ended}; its console said last:\n{self.tail()}")

    def ask(self, command: str, timeout: float = 60, **arguments: Any) -> Any:
        """Send one command of QEMU's machine protocol and return its answer. Raises BoardError."""
        deadline = time.monotonic() + timeout
        with socket.socket(socket.AF_UNIX) as link:
            while True:
                try:
                    link.connect(str(self._socket))
                    break
                except OSError as error:
                    if self.process.poll() is not None or time.monotonic() > deadline:
                        raise self.fail("the machine does not open its control socket") from error
                    time.sleep(0.02)
            link.settimeout(timeout)
            with link.makefile("rw", encoding="utf-8") as wire:
                wire.readline()  # its greeting
                answer: dict[str, Any] = {}
                for request in ({"execute": "qmp_capabilities"}, {"execute": command, "arguments": arguments}):
                    wire.write(json.dumps(request) + "\n")
                    wire.flush()
                    while "return" not in (answer := json.loads(wire.readline() or '{"error": "no answer"}')):
                        if "error" in answer:
                            raise self.fail(f"{command} was answered with {answer['error']}")
        return answer["return"]

    def wait(self, timeout: float) -> None:
        """Wait until the machine has switched itself off. Raises BoardError."""
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise self.fail(f"the board did not switch itself off within {timeout:.0f} s") from None
        self.kill()

    def save(self, state: Path, timeout: float = 120) -> None:
        """Write the machine's memory into a file, and end it. Its disk stays as it was at that moment."""
        self.ask("stop")
        self.ask("migrate-set-parameters", **{"max-bandwidth": 10**10})
        self.ask("migrate", uri=f"exec:cat > '{state}'")
        self._until("completed", timeout)
        self.ask("quit")
        self.wait(timeout)

    def wait_loaded(self, timeout: float = 120) -> None:
        """Wait until a machine that was started with a saved state runs on."""
        deadline = time.monotonic() + timeout
        while self.ask("query-status")["status"] == "inmigrate":
            if time.monotonic() > deadline:
                raise self.fail("the saved state was not loaded")
            time.sleep(0.05)
        self.ask("cont")  # it was saved standing still, and so it is loaded

    def _until(self, wanted: str, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while (now := self.ask("query-migrate").get("status")) != wanted:
            if now == "failed" or time.monotonic() > deadline:
                raise self.fail(f"the state could not be saved ({now})")
            time.sleep(0.05)

    def kill(self) -> None:
        """End the machine at once, as when its plug is pulled."""
        self.process.kill()
        self.process.wait()
        if self.process.stdin is not None and not self.process.stdin.closed:
            try:  # tells the guard that there is nobody to kill
                self.process.stdin.write(b"ended\n")
                self.process.stdin.close()
            except BrokenPipeError:
                pass
