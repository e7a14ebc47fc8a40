"""Runs on the board, as root, at the other end of its serial console. Standard library only; link.py brings it there.

Nothing of it is installed. It does what the lines that it reads ask for, one at a time, and ends with the word to, with
a Ctrl-D, or after a minute of silence, so that a console whose operator is gone does not stay open for root.

A request is a line ``~DATA CRC``; the answer is ``+ID`` at once and a line ``~DATA CRC`` when it is done. DATA is JSON,
compressed, in base64. The kernel may write into the middle of any of them: a line that is damaged is asked for again by
sending the same request, which is answered from memory.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import pwd
import select
import signal
import subprocess
import sys
import termios
import time
import tty
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

#: What somebody sees who presses Enter here.
BUSY = "edge: this console is being used by 'edge console'; Ctrl-D ends that"
SILENCE_S = 60.0
_MOST_SAID = 4000
_PRINTK = Path("/proc/sys/kernel/printk")
_UNITS = (
    "NetworkManager", "systemd-networkd", "dhcpcd", "connman", "wickedd", "ssh", "ssh.socket", "sshd", "dropbear",
)  # fmt: skip


def facts() -> dict[str, Any]:
    """What the board is, as far as it matters for reaching it."""
    user = pwd.getpwnam(os.environ.get("SUDO_USER") or "root")
    return {
        "user": user.pw_name,
        "home": user.pw_dir,
        "authorized_keys": _text(f"{user.pw_dir}/.ssh/authorized_keys"),
        "hostname": os.uname().nodename,
        "hosts": _text("/etc/hosts"),
        "clock": time.time(),
        "systemd": Path("/run/systemd/system").is_dir(),
        "units": {name: _unit(name) for name in (*_UNITS, *_supplicants())},
        "ifupdown": _ifupdown(),
        "links": _links(),
        "addresses": _addresses(),
        "files": {str(path): _text(path) for folder, ours in _OURS.items() for path in Path(folder).glob(ours)},
        "wifi_blocked": any(_text(radio / "soft") == "1\n" for radio in _radios()),
        "programs": [name for name in ("raspi-config", "iw", "wpa_supplicant") if _has(name)],
        "ssh": _ssh(),
    }


#: Files that an earlier call may have written.
_OURS = {
    "/etc/systemd/network": "*edge*",
    "/etc/NetworkManager/system-connections": "edge-*",
    "/etc/wpa_supplicant": "wpa_supplicant-*.conf",
}


def _radios() -> list[Path]:
    return [path for path in Path("/sys/class/rfkill").glob("*") if _text(path / "type") == "wlan\n"]


def _text(path: str | Path) -> str | None:
    try:
        # Bytes that are no text come back unharmed where a file is written again.
        return Path(path).read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return None


def _has(name: str) -> bool:
    return any(os.access(f"/{place}/{name}", os.X_OK) for place in ("usr/sbin", "usr/bin", "sbin", "bin"))


def _unit(name: str) -> str:
    """``active``, ``enabled`` and not running, ``installed``, or nothing."""
    unit = f"{name}.service" if "@" in name else name
    said = _said("systemctl", "show", "-p", "LoadState,ActiveState,UnitFileState", unit)
    shown = dict(line.split("=", 1) for line in said.splitlines() if "=" in line)
    if shown.get("LoadState") not in ("loaded", "masked"):
        return ""
    if shown.get("ActiveState") in ("active", "activating", "reloading"):
        return "active"
    return "enabled" if shown.get("UnitFileState") == "enabled" else "installed"


def _supplicants() -> list[str]:
    """The units that bring radios into their networks where systemd-networkd sets up the rest."""
    return [f"wpa_supplicant@{link['name']}" for link in _links() if link["wifi"]]


def _said(*argv: str) -> str:
    try:
        done = subprocess.run(argv, capture_output=True, text=True, errors="replace", timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout


def _ifupdown() -> list[str]:
    """The interfaces, lo apart, that /etc/network/interfaces sets up."""
    found = []
    for path in [Path("/etc/network/interfaces"), *Path("/etc/network/interfaces.d").glob("*")]:
        for line in (_text(path) or "").splitlines():
            words = line.split()
            if len(words) > 1 and words[0] == "iface" and words[1] != "lo":
                found.append(words[1])
    return found


def _links() -> list[dict[str, Any]]:
    """The network interfaces that are hardware."""
    found = []
    for path in sorted(Path("/sys/class/net").glob("*")):
        if (path / "device").exists() and _text(path / "type") == "1\n":
            wifi = (path / "wireless").exists() or (path / "phy80211").exists()
            # An interface that is down has no carrier to tell of.
            found.append({"name": path.name, "wifi": wifi, "carrier": _text(path / "carrier") == "1\n"})
    return found


def _addresses() -> list[dict[str, str]]:
    """Addresses that others can reach: on which interface, in the form 10.0.0.7/24.

    Containers and virtual machines have bridges with addresses of their own; those lead nowhere.
    """
    outward = {link["name"] for link in _links()}
    try:
        for family in ("-4", "-6"):
            routes = json.loads(_said("ip", family, "-j", "route", "show", "default") or "[]")
            outward |= {route["dev"] for route in routes if "dev" in route}
        answer = json.loads(_said("ip", "-j", "addr", "show", "up") or "[]")
    except ValueError:
        return []
    return [
        {"link": link["ifname"], "address": f"{one['local']}/{one['prefixlen']}"}
        for link in answer
        if link.get("ifname") in outward
        for one in link.get("addr_info", ())
        if one.get("scope") == "global" and not one.get("tentative") and not one.get("deprecated")
    ]


def _ssh() -> dict[str, Any]:
    """What sshd would do if it ran: its settings, and the public keys by which it is known."""
    sshd = next((path for path in ("/usr/sbin/sshd", "/usr/bin/sshd", "/sbin/sshd") if os.access(path, os.X_OK)), None)
    with contextlib.suppress(OSError):  # it refuses to say anything without this folder, which its service makes
        Path("/run/sshd").mkdir(0o755, exist_ok=True)
    settings: dict[str, list[str]] = {}
    for line in _said(sshd or "sshd", "-T").splitlines():
        name, _, value = line.partition(" ")
        settings.setdefault(name, []).append(value)
    wanted = ("port", "pubkeyauthentication", "permitrootlogin", "authorizedkeysfile")
    keys = settings.get("hostkey") or [str(path) for path in sorted(Path("/etc/ssh").glob("ssh_host_*_key"))]
    return {
        "program": sshd,
        "settings": {name: settings[name][0] for name in wanted if name in settings},
        "host_keys": [" ".join(text.split()[:2]) for path in keys if (text := _text(f"{path}.pub"))],
    }


def run(argv: list[str], timeout_s: float = 60.0) -> dict[str, Any]:
    """Run a program to its end, without a terminal."""
    # No pipe: whatever it leaves running would hold that open, and only its own end is waited for.
    said = os.memfd_create("said")
    try:
        started = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            status = started.wait(timeout_s)
        except subprocess.TimeoutExpired:
            os.killpg(started.pid, signal.SIGKILL)
            started.wait()
            return {"status": 124, "said": f"it took more than {timeout_s:.0f} s"}
        start = max(0, os.fstat(said).st_size - _MOST_SAID)
        return {"status": status, "said": os.pread(said, _MOST_SAID, start).decode("utf-8", "replace")}
    except OSError as error:
        return {"status": 127, "said": str(error)}
    finally:
        os.close(said)


def write(path: str, text: str, mode: int, user: str | None = None) -> dict[str, Any]:
    """Put a file in its place at once and whole, folders included; as ``user``, with no more than that one's rights."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if user is not None:
                them = pwd.getpwnam(user)
                os.initgroups(user, them.pw_gid)
                os.setgid(them.pw_gid)
                os.setuid(them.pw_uid)
            _write(Path(path).resolve(), text.encode(errors="surrogateescape"), mode, 0o755 if user is None else 0o700)
        except BaseException as error:  # noqa: BLE001 - this process has nobody else to tell it to
            os.write(writer, f"{type(error).__name__}: {error}".encode()[:_MOST_SAID])
            os._exit(1)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        said = pipe.read().decode("utf-8", "replace")
    _, status = os.waitpid(child, 0)
    return {"status": os.waitstatus_to_exitcode(status), "said": said}


def _write(path: Path, data: bytes, mode: int, folder_mode: int) -> None:
    path.parent.mkdir(folder_mode, parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.edge-{os.getpid()}")
    fd = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(fd, "wb") as file:
            os.fchmod(fd, mode)
            file.write(data)
            file.flush()
            os.fsync(fd)
        beside.replace(path)
        with contextlib.suppress(OSError):  # not every file system can
            folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def unblock_wifi() -> dict[str, Any]:
    """Switch radios on that software has switched off."""
    for radio in _radios():
        (radio / "soft").write_text("0", encoding="ascii")
    return {"status": 0, "said": ""}


def clock(seconds: float) -> dict[str, Any]:
    """Set the clock: seconds since 1970."""
    time.clock_settime(time.CLOCK_REALTIME, seconds)
    return {"status": 0, "said": ""}


OPERATIONS: dict[str, Callable[..., dict[str, Any]]] = {
    "facts": facts,
    "run": run,
    "write": write,
    "unblock_wifi": unblock_wifi,
    "clock": clock,
}


def packed(value: object) -> bytes:
    data = base64.b64encode(zlib.compress(json.dumps(value).encode()))
    return b"~%s %08x" % (data, zlib.crc32(data))


def unpacked(line: bytes) -> Any:
    """The value of a line. Raises ValueError for a damaged one."""
    data, _, check = line.strip().removeprefix(b"~").rpartition(b" ")
    if not line.startswith(b"~") or check != b"%08x" % zlib.crc32(data):
        raise ValueError("a damaged line")
    return json.loads(zlib.decompress(base64.b64decode(data)))


def say(line: bytes) -> None:
    """Write a line of its own, wherever the cursor stands."""
    left = b"\n" + line + b"\n"
    while left:
        left = left[os.write(1, left) :]


def lines() -> Iterator[bytes]:
    """What the operator types, line by line, until a Ctrl-D or silence."""
    waiting = b""
    while select.select([0], [], [], SILENCE_S)[0]:
        got = os.read(0, 4096)
        if not got or b"\x04" in got:
            return
        *whole, waiting = (waiting + got.replace(b"\r", b"\n")).split(b"\n")
        yield from whole


def serve() -> None:
    last, answer = None, b""
    for line in lines():
        if not line.strip():
            os.write(1, b"\n" + BUSY.encode())
            continue
        try:
            request = unpacked(line)
        except ValueError:
            say(b"-")
            continue
        number, name = request["id"], request["do"]
        say(b"+%d" % number)
        if number != last:
            if name == "bye":
                return
            try:
                result = OPERATIONS[name](**request["with"])
            except Exception as error:  # noqa: BLE001 - the operator is told
                result = {"status": 1, "said": f"{type(error).__name__}: {error}"}
            last, answer = number, packed({"id": number, "is": result})
        say(answer)


def main() -> None:
    signal.alarm(0)  # of whoever has brought us here; from now on it is SILENCE_S
    before = termios.tcgetattr(0)
    printk = _text(_PRINTK)
    try:
        tty.setraw(0)
        with contextlib.suppress(OSError):
            _PRINTK.write_text("1", encoding="ascii")  # only what ends the system is still told on the console
        say(b"+0")
        serve()
    finally:
        if printk is not None:
            with contextlib.suppress(OSError):
                _PRINTK.write_text(printk.split()[0], encoding="ascii")
        termios.tcsetattr(0, termios.TCSADRAIN, before)
        sys.stdout.flush()


if __name__ == "__main__":
    main()
