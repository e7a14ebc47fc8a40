"""Serial ports: found in trees of real machines, and opened with errors that say what to do."""

from __future__ import annotations

import os
import pty
import re
import select
from collections.abc import Iterator
from pathlib import Path

import pytest

from devices import ports
from devices.ports import PortError, open_port, split_name


@pytest.fixture
def pair() -> Iterator[tuple[int, str]]:
    """Our end of a line as a file descriptor, and the name of the port at its other end."""
    near, far = pty.openpty()
    name = os.ttyname(far)
    os.close(far)
    yield near, name
    os.close(near)


def tty(root: Path, name: str, device: str | None, kind: str | None = None) -> Path:
    """An entry of /sys/class/tty, whose hardware is at ``device``."""
    entry = root / "sys/class/tty" / name
    entry.mkdir(parents=True)
    (root / "dev").mkdir(exist_ok=True)
    (root / "dev" / name).touch()
    if kind is not None:
        (entry / "type").write_text(f"{kind}\n", encoding="utf-8")
    place = root / "sys/devices" / (device or "")
    if device is not None:
        place.mkdir(parents=True, exist_ok=True)
        (entry / "device").symlink_to(place)
    return place


def test_ports_of_a_board_are_those_with_hardware_behind_them(tmp_path: Path) -> None:
    # A Raspberry Pi 4 with two USB adapters, its own UART, the kernel's spare ttyS1, a console and a gadget port.
    usb = tty(tmp_path, "ttyUSB0", "usb1/1-1/1-1.2/1-1.2:1.0/ttyUSB0")
    (usb.parent.parent / "product").write_text("FT232R USB UART\n", encoding="utf-8")
    board = tty(tmp_path, "ttyACM0", "usb1/1-1/1-1.3/1-1.3:1.0")
    (board.parent / "product").write_text("Pico\n", encoding="utf-8")
    tty(tmp_path, "ttyAMA0", "platform/soc/fe201000.serial")
    tty(tmp_path, "ttyS0", "platform/soc/fe215040.serial", "4")
    tty(tmp_path, "ttyS1", "platform/serial8250", "0")
    tty(tmp_path, "ttyTHS1", "platform/3110000.serial")  # a Jetson's
    tty(tmp_path, "tty1", None)
    tty(tmp_path, "ttyGS0", None)
    by_id = tmp_path / "dev/serial/by-id"
    by_id.mkdir(parents=True)
    (by_id / "usb-FTDI_FT232R_A50285BI-if00-port0").symlink_to("../../ttyUSB0")

    found = ports.ports(tmp_path)

    assert [Path(port.device).name for port in found] == [
        "ttyACM0", "ttyAMA0", "ttyGS0", "ttyS0", "ttyTHS1", "ttyUSB0",
    ]  # fmt: skip
    assert str(found[0]) == f"{tmp_path}/dev/ttyACM0 (Pico)"
    assert str(found[1]) == f"{tmp_path}/dev/ttyAMA0"
    assert str(found[-1]) == f"{by_id}/usb-FTDI_FT232R_A50285BI-if00-port0 (FT232R USB UART)"


@pytest.mark.parametrize(
    ("text", "name", "baud"),
    [
        ("/dev/ttyUSB0", "/dev/ttyUSB0", 115200),
        ("/dev/ttyUSB0@921600", "/dev/ttyUSB0", 921600),
        ("/dev/serial/by-id/usb-a@b-if00", "/dev/serial/by-id/usb-a@b-if00", 115200),
        ("socket://localhost:7000", "socket://localhost:7000", 115200),
        ("@9600", "@9600", 115200),
        ("/dev/ttyUSB0@0", "/dev/ttyUSB0@0", 115200),
    ],
)
def test_a_port_is_written_with_its_speed(text: str, name: str, baud: int) -> None:
    assert split_name(text) == (name, baud)


@pytest.mark.parametrize(
    ("name", "drivers"),
    [
        ("/dev/ttyTHS1", ("ttyTHS",)),
        ("/dev/serial/by-id/usb-FTDI_FT232R_A50285BI-if00-port0", ("ttyACM", "ttyUSB")),
        ("/dev/serial0", ("ttyACM", "ttyAMA", "ttyS", "ttyUSB")),
    ],
)
def test_a_name_says_which_drivers_it_can_lead_to(name: str, drivers: tuple[str, ...]) -> None:
    assert ports.drivers(name) == drivers


def test_bytes_pass_unchanged_both_ways(pair: tuple[int, str]) -> None:
    near, name = pair
    everything = bytes(range(256))
    with open_port(name, 921600) as port:
        port.write(everything)
        got = b""
        while len(got) < 256 and select.select([near], [], [], 10)[0]:
            got += os.read(near, 256)
        os.write(near, everything)
        port.timeout = 10
        assert (got, port.read(256)) == (everything, everything)


def test_an_unplugged_port_raises(pair: tuple[int, str]) -> None:
    near, name = pair
    with open_port(name) as port:
        assert port.read(1) == b""
        os.dup2(os.open(os.devnull, os.O_RDWR), near)  # the far end is gone
        with pytest.raises(OSError):  # noqa: PT011 - what it says is pyserial's
            port.read(1)


def test_a_port_is_ours_alone(pair: tuple[int, str]) -> None:
    with open_port(pair[1]), pytest.raises(PortError, match=r"^/dev/pts/\d+: .* has it open; end that first$"):
        open_port(pair[1])


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("/dev/ttyUSB77", r"^/dev/ttyUSB77: there is no such port; (there are: .+|this machine has none: .+)$"),
        (
            "/dev/null",
            r"^/dev/null: Inappropriate ioctl for device; is it a serial port, and does it do 115200 baud\?$",
        ),
        ("/etc/hosts", r"^/etc/hosts: Inappropriate ioctl for device; is it a serial port, "),
        ("socket://127.0.0.1:1", r"^socket://127\.0\.0\.1:1: .*refused; is the other end there\?$"),
        ("nonsense://x", r"^nonsense://x: .*nonsense.* not known; write it as /dev/ttyUSB0@115200$"),
    ],
)
def test_what_cannot_be_opened_says_why_on_one_line(name: str, says: str) -> None:
    with pytest.raises(PortError) as caught:
        open_port(name)
    assert re.search(says, str(caught.value)), str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_forbidden_port_names_its_group(pair: tuple[int, str], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object, **_options: object) -> None:
        raise PermissionError(13, "could not open port")  # root may open everything

    monkeypatch.setattr("serial.Serial", refuse)
    Path(pair[1]).chmod(0o660)
    with pytest.raises(PortError, match=r"we may not open it; (join its group: sudo usermod -aG|ask its owner)"):
        open_port(pair[1])
