"""The benchmarks' own arithmetic, and that their C program still calls the kernels as they are."""

import argparse
import importlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import arm_code, report
from benchmarks.arm_code import Instruction, Loop
from benchmarks.peers import PeerError, parse, peer
from cython_kernels._kernels import isa_names

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """src/kernels.c with the tables of this build."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    objects = sorted((ROOT / "build/native/cython_kernels").glob("libisa_*.a.p/*.o"))
    assert compiler
    assert objects, "make build compiles them"
    made = tmp_path_factory.mktemp("bench") / "kernels"
    sources = [ROOT / "benchmarks/src/kernels.c", ROOT / "cython_kernels/src/dispatch.c", *objects]
    flags = ["-O1", "-std=c11", "-Wall", "-Wextra", "-Werror", f"-I{ROOT / 'cython_kernels/src'}"]
    subprocess.run([compiler, *flags, *sources, "-lm", "-o", made], check=True)
    return made


@pytest.mark.parametrize("kernel", ["ternary", "int8", "q6", "q4", "f16", "norm", "quantise", "gate", "read"])
def test_the_program_calls_every_kernel(driver: Path, kernel: str):
    for isa, runs in isa_names():
        if runs:
            call = [str(driver), isa, kernel, "32", "64", "3", "0.001"]
            said = json.loads(subprocess.run(call, check=True, capture_output=True, text=True).stdout)
            assert said["best_s"] > 0
            assert said["isa"] == isa


@pytest.mark.parametrize("name", sorted(path.stem for path in (ROOT / "benchmarks").glob("*.py")))
def test_a_benchmark_can_be_loaded(name: str):
    importlib.import_module(f"benchmarks.{name}")


def test_products_are_counted_by_what_an_instruction_writes():
    assert Instruction(0, "sdot", "v0.4s, v1.16b, v2.4b[1]").products == 16
    assert Instruction(0, "smlal2", "v0.8h, v1.16b, v2.16b").products == 8
    assert Instruction(0, "smmla", "v0.4s, v1.16b, v2.16b").products == 32
    assert Instruction(0, "fmla", "v0.4s, v1.4s, v2.s[0]").products == 4
    assert Instruction(0, "ushr", "v0.16b, v1.16b, #0x6").products == 0
    body = (Instruction(0, "sdot", "v0.4s, v1.16b, v2.16b"), Instruction(4, "b.ne", "0x210abc <ternary+0x4>"))
    assert Loop(body, 10, 20).products == 16
    assert body[1].target == 0x210ABC
    assert body[1].for_mca() == "b.ne ."


def test_a_table_is_markdown(capsys: pytest.CaptureFixture[str]):
    report.table(("name", "tok/s"), [{"name": "ours", "tok/s": 12.345}, {"name": "a peer"}])
    assert capsys.readouterr().out.splitlines() == [
        "| name   | tok/s |",
        "| ------ | ----- |",
        "| ours   | 12.35 |",
        "| a peer |       |",
        "",
    ]


def test_a_peers_figures_are_read_by_test():
    tests = [{"n_prompt": 128, "n_gen": 0, "avg_ts": 244.5}, {"n_prompt": 0, "n_gen": 128, "avg_ts": 41.9}]
    said = "some greeting [of its own]\n" + json.dumps(tests, indent=1)
    assert parse(said) == {"pp128": 244.5, "tg128": 41.9}
    for wrong in ("", "[]", "[\n]", '{"error": 1}', '[\n{"n_prompt": 1}]'):
        with pytest.raises(PeerError, match="ik: "):
            parse(wrong, "ik")


def test_a_peer_is_named_program_and_model(tmp_path: Path):
    for name in ("llama-bench", "m.gguf"):
        (tmp_path / name).touch()
    made = peer(f"ik={tmp_path}/llama-bench:{tmp_path}/m.gguf:-fa 1")
    assert (made.name, made.options) == ("ik", ("-fa", "1"))
    for wrong in ("ik", "ik=", f"ik={tmp_path}/llama-bench", f"ik={tmp_path}/llama-bench:{tmp_path}/none.gguf"):
        with pytest.raises(argparse.ArgumentTypeError):
            peer(wrong)
    with pytest.raises(PeerError, match=r"ik: .*llama-bench"):
        made.run(1, (128,), 8)


@pytest.mark.parametrize(
    "line",
    [
        "scaling threads --threads 0",
        "scaling threads --threads 257",
        "scaling threads --runs 0",
        "scaling threads --runs some",
        "scaling threads --kv f16",
        "scaling context --kv f17",
        "scaling context --sequences 2",
        "scaling batch --threads 1 2",
        "heads --rows 24",
        "heads --columns 128",
        "heads --ggml no/libggml.so",
        "heads --json no/such/folder/heads.json",
        "overhead --threads 0",
        "micro --seconds nan",
        "upload --megabytes -1",
    ],
)
def test_a_wrong_option_is_told_at_once(line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    name, *words = line.split()
    monkeypatch.setattr(sys, "argv", [name, *words])
    with pytest.raises(SystemExit) as ended:
        importlib.import_module(f"benchmarks.{name}").main()
    assert ended.value.code == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith(f"{name}: error: ")
    assert next(word for word in words if word.startswith("--")) in said or "one number of threads" in said


def test_a_plot_without_matplotlib_is_told_before_anything_is_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    parser = argparse.ArgumentParser()
    report.add_options(parser)
    with pytest.raises(SystemExit):
        parser.parse_args(["--plot", "x.png"])
    assert "pip install 'bitnet-edge[bench]'" in capsys.readouterr().err


def test_what_compiles_the_kernels_is_asked_for_by_name(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(arm_code, "tool", str)
    monkeypatch.setitem(sys.modules, "ziglang", None)
    with pytest.raises(arm_code.MissingTool, match=r"ziglang not installed. Type: pip install 'bitnet-edge\[wheel\]'"):
        arm_code.check_tools()


@pytest.mark.parametrize("known", ["--help", ""])
def test_upload_without_fabric(known: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setitem(sys.modules, "fabric", None)
    for module in ("provisioning.connection", "tests.integration.sshd"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.setattr(sys, "argv", ["upload", *known.split()])
    with pytest.raises(SystemExit) as ended:
        importlib.import_module("benchmarks.upload").main()
    assert ended.value.code == 0 if known else "bitnet-edge[deploy]" in str(ended.value.code)
    assert bool(capsys.readouterr().out) == bool(known)
