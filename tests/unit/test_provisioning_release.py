"""A release's parts: its name, its unit, its share of memory."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from devices import sizing
from devices.facts import Cpu, Facts, Memory, Power
from provisioning import unit
from provisioning.grants import port_grants, sensor_grants
from provisioning.manifest import Blob, Installed, Manifest, Model, fingerprint
from provisioning.onboard import systemd

GB = 1 << 30
TWO_BILLION = sizing.Appetite(weights=850_000_000, position=76_800, longest=4096)


def manifest(**changes: object) -> Manifest:
    wheel = Blob("bitnet_edge-0.1.0-cp310-abi3-manylinux_2_17_aarch64.whl", "a" * 64, 1000)
    base = Manifest(
        python="/usr/bin/python3.11",
        wheels=(wheel, Blob("numpy.whl", "b" * 64, 10)),
        pip=Blob("pip.whl", "c" * 64, 100),
        model=Model("large", (Blob("model.safetensors", "d" * 64, 10_000),)),
        agent=("--name", "kitchen"),
        secrets={"ca.pem": "00"},
        unit="[Service]\n",
        check={"prompt": "x", "tokens": [1, 2]},
        memory_max=1,
    )
    return dataclasses.replace(base, **changes)  # type: ignore[arg-type]


def test_an_id_says_what_is_inside() -> None:
    ids = {manifest().id, manifest(agent=("--name", "hall")).id, manifest(secrets={"ca.pem": "01"}).id}
    ids |= {manifest(model=Model("home")).id, manifest(unit="").id, manifest(python="/usr/bin/python3.13").id}
    assert len(ids) == 6
    assert manifest().id == manifest().id
    assert len(manifest().id) == 12
    assert json.loads(manifest().canonical) == manifest().to_json()


def test_small_files_travel_first_and_none_twice() -> None:
    twice = manifest(model=Model("large", (Blob("a", "d" * 64, 10_000), Blob("b", "d" * 64, 10_000))))
    assert [blob.size for blob in twice.blobs] == [10, 100, 1000, 10_000]


def test_where_a_file_lies_here_is_no_part_of_it(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"abc")
    blob = Blob.of(tmp_path / "x")
    assert blob == Blob("x", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", 3)
    assert str(tmp_path) not in repr(blob)


def test_a_fingerprint_tells_a_change_and_not_the_secret() -> None:
    assert fingerprint(b"hunter2", "kitchen/x") == fingerprint(b"hunter2", "kitchen/x")
    assert len({fingerprint(s, t) for s in (b"hunter2", b"hunter3") for t in ("kitchen/x", "hall/x")}) == 4
    assert "hunter2" not in fingerprint(b"hunter2", "kitchen/x")


def test_a_probe_that_leaves_things_out_is_refused() -> None:
    with pytest.raises(ValueError, match="incomplete"):
        Installed.from_json({"current": None})


@pytest.mark.parametrize(
    ("total", "appetite", "context", "together"),
    [
        (8 * GB, TWO_BILLION, 4096, 8),
        (4 * GB, TWO_BILLION, 3935, 8),
        (2 * GB, TWO_BILLION, 2279, 4),
        (2 * GB, dataclasses.replace(TWO_BILLION, context=4096), 4096, 2),
        (2 * GB, dataclasses.replace(TWO_BILLION, together=1), 4096, 1),
        (1300 << 20, TWO_BILLION, 947, 1),
        (1230 << 20, TWO_BILLION, 182, 1),
    ],
)
def test_memory_is_shared_out(total: int, appetite: sizing.Appetite, context: int, together: int) -> None:
    share = sizing.share(total, appetite)
    assert share is not None
    assert (share.context, share.together) == (context, together)
    assert appetite.weights + share.private <= 0.8 * total


@pytest.mark.parametrize("total", [512 << 20, 1 * GB])
def test_what_is_too_large_gets_no_share(total: int) -> None:
    assert sizing.share(total, TWO_BILLION) is None
    assert sizing.least(TWO_BILLION).together == 1


def test_a_wish_that_cannot_be_is_no_share() -> None:
    assert sizing.share(2 * GB, dataclasses.replace(TWO_BILLION, context=4096, together=8)) is None


def rendered(systemd: int = 252, **changes: object) -> str:
    options: dict[str, object] = {"agent": ["--name", "kitchen"], "secrets": {}, "memory_max": 5, "environment": {}}
    return unit.render(systemd, **options | changes)  # type: ignore[arg-type]


def test_a_unit_is_for_the_systemd_that_reads_it() -> None:
    assert "PrivateIPC=yes" in rendered(252)
    assert "PrivateIPC=yes" not in rendered(247)
    assert "DynamicUser=yes" in rendered(247)


def board(systemd: int, power: Power) -> Facts:
    memory = Memory(8 * GB, 8 * GB, cgroup=None)
    cpu = Cpu(None, (), None, frozenset(), 4)
    return Facts("aarch64", 64, memory, cpu, systemd=systemd, power=power)


def test_a_pi_s_agent_may_ask_the_firmware_and_open_no_other_device() -> None:
    grants = sensor_grants(board(252, Power(firmware="video")))
    assert grants == (
        "BindPaths=-/dev/vcio_gencmd",
        "DeviceAllow=/dev/vcio_gencmd r",
        "SupplementaryGroups=video",
    )
    lines = rendered(grants=grants).splitlines()
    assert set(grants) < set(lines)
    assert "PrivateDevices=yes" in lines
    assert "DevicePolicy=closed" in lines
    service = lines[lines.index("[Service]") : lines.index("[Install]")]
    assert set(grants) < set(service)


@pytest.mark.parametrize("group", ["root", "", "a b", "video\nUser=root", "-x", None])
def test_a_group_that_gives_nothing_or_is_none_is_not_granted(group: str | None) -> None:
    assert sensor_grants(board(252, Power(firmware=group))) == ()


def test_counters_of_rapl_are_opened_where_systemd_can() -> None:
    zones = {"intel-rapl:0": "package-0", "intel-rapl:0:0": "core", "intel-rapl:0:1": "dram", "x\n": "package-1"}
    power = Power(rapl=zones)
    assert sensor_grants(board(252, power)) == ()
    assert sensor_grants(board(253, power)) == (
        r"OpenFile=/sys/class/powercap/intel-rapl\x3a0/energy_uj:intel-rapl-0:read-only,graceful",
        r"OpenFile=/sys/class/powercap/intel-rapl\x3a0\x3a1/energy_uj:intel-rapl-0-1:read-only,graceful",
    )
    # What is tried before the service is switched needs no sensors, and systemd-run no such file.
    unit_text = rendered(253, grants=sensor_grants(board(253, power)))
    assert not [word for word in systemd.sandbox(unit_text) if "OpenFile" in word]


def test_a_unit_opens_the_kinds_of_ports_that_are_wanted_and_nothing_else() -> None:
    assert port_grants(()) == ()
    grants = port_grants(("/dev/serial/by-id/usb-x-if00@921600", "/dev/ttyUSB7"))
    assert grants == (
        "PrivateDevices=no",
        "DeviceAllow=char-ttyACM rw",
        "DeviceAllow=char-ttyUSB rw",
        "SupplementaryGroups=dialout",
    )
    lines = rendered(grants=grants).splitlines()
    assert set(grants) < set(lines)
    assert "PrivateDevices=yes" not in lines
    assert "DevicePolicy=closed" in lines


def test_arguments_reach_the_agent_as_they_are() -> None:
    hostile = ["a b", 'say "hi"', "100%", "$HOME", "back\\slash", unit.credential("ca.pem"), unit.RELEASE + "/model"]
    text = rendered(agent=hostile, secrets={"ca.pem": ""})
    line = next(line for line in text.splitlines() if line.startswith("ExecStart="))
    assert line.endswith(
        r'edge agent "a b" "say \"hi\"" "100%%" "$$HOME" "back\\slash" "${CREDENTIALS_DIRECTORY}/ca.pem"'
        f' "{unit.RELEASE}/model"'
    )
    assert f"LoadCredential=ca.pem:{unit.RELEASE}/secrets/ca.pem" in text
