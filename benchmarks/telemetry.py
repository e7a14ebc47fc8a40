"""What looking at the board costs the agent: processor time, and the time that the agent itself waits for it.

    python -m benchmarks.telemetry [--seconds 60] [--json FILE]

Telemetry runs at the agent's own pace (power each second, all else every ten) over the sysfs of boards, as the tests
have them, and over this machine's own; then with a sensor, and with the firmware, that never answer. Files of sysfs
cost the kernel more than files of a disk do: an INA3221 is read over I2C, and waits; waiting takes no processor time.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import report
from devices.energy import Reading, Sensor
from devices.telemetry import Telemetry
from tests.unit import board_sensors


def cost(root: Path, seconds: float, find: Callable[[], Sensor | None] | None = None) -> dict[str, Any]:
    """Processor share of a process that does nothing but this, and the longest that a caller waited."""
    slowest = 0.0
    with Telemetry(root, find) as telemetry:
        time.sleep(2)  # what happens once
        before, start = time.process_time(), time.perf_counter()
        asked = 0.0
        while (now := time.perf_counter()) < start + seconds:
            telemetry.health().to_json()
            telemetry.energy()
            hanging = telemetry.hanging()
            telemetry.running(asked > 0)
            telemetry.used(telemetry.mark())
            asked = time.perf_counter() - now
            slowest = max(slowest, asked)
            time.sleep(min(10.0, max(0.0, start + seconds - time.perf_counter())))
        used = time.process_time() - before
        taken = time.perf_counter() - start
        return {
            "cpu_percent": round(100 * used / taken, 4),
            "ms_a_second": round(1000 * used / taken, 3),
            "longest_wait_ms": round(1000 * slowest, 3),
            "hanging": ", ".join(hanging) or "-",
            "power_from": telemetry.sensor.name if telemetry.sensor else "-",
        }


def hang() -> Reading:
    """As a driver that waits for a device that is gone."""
    threading.Event().wait()
    raise AssertionError("unreachable")


def hung_files(root: Path) -> None:
    """Nobody ever writes into these pipes, so that opening them takes for ever, as asking a firmware that is stuck."""
    for path in ("dev/vcio_gencmd", "sys/class/thermal/thermal_zone0/temp"):
        (root / path).unlink()
        os.mkfifo(root / path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=report.seconds, default=30.0, help="to measure each (default: 30)")
    report.add_options(parser)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        board_sensors.orin_nano(folder / "orin")
        board_sensors.rk3588(folder / "rk3588")
        board_sensors.x86(folder / "x86")
        board_sensors.pi5(folder / "stuck")
        hung_files(folder / "stuck")
        cases: dict[str, Callable[[], dict[str, Any]]] = {
            "this machine": lambda: cost(Path("/"), args.seconds),
            "Orin Nano, INA3221": lambda: cost(folder / "orin", args.seconds),
            "RK3588, no sensor": lambda: cost(folder / "rk3588", args.seconds),
            "x86, RAPL": lambda: cost(folder / "x86", args.seconds),
            "a sensor that hangs": lambda: cost(
                folder / "orin", args.seconds, lambda: Sensor("stuck", "nothing", hang)
            ),
            "a firmware that hangs": lambda: cost(folder / "stuck", args.seconds),
        }
        rows = [{"case": name, **measure()} for name, measure in cases.items()]
    report.table(["case", "cpu_percent", "ms_a_second", "longest_wait_ms", "hanging", "power_from"], rows)
    report.save(args, {"rows": rows})
    shares = {"% of a processor": [row["cpu_percent"] for row in rows]}
    report.bars(args, "telemetry", "%", [row["case"] for row in rows], shares)


if __name__ == "__main__":
    main()
