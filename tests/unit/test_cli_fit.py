"""`edge boards` and `edge fit`: what people and programs are told."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from devices.boards import boards
from edge.cli import main
from edge.inference.shapes import SHAPES


def said(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    assert main(list(argv)) == 0
    return capsys.readouterr().out


def test_boards_are_listed(capsys) -> None:
    titles, *rows = said(capsys, "boards").splitlines()
    assert titles.split() == ["BOARD", "NAME", "CORES", "GHZ", "KERNELS", "GB", "READS", "PEAK", "POWER"]
    assert [row.split()[0] for row in rows] == [board.id for board in boards()]
    listed = json.loads(said(capsys, "boards", "--json"))
    assert listed == json.loads(json.dumps([asdict(board) for board in boards()]))


def test_a_board_is_described_with_its_sources(capsys) -> None:
    text = said(capsys, "boards", "pi5")
    assert text.startswith("Raspberry Pi 5\n  id         pi5\n  cores      4 x Cortex-A76 at 2.4 GHz\n")
    for part in ("llama.cpp/issues/26484", "note       two threads read more than four", "power      pmic", "T-MAC"):
        assert part in text
    for board in boards():
        assert said(capsys, "boards", board.id).startswith(board.name)
    assert main(["boards", "pi6"]) == 2
    assert "no board 'pi6' here; known: zero2w, " in capsys.readouterr().err


def test_one_model_on_one_board(capsys) -> None:
    text = said(capsys, "fit", "bitnet-2b4t", "--board", "Pi 5", "--reads", "1183")
    lines = text.splitlines()
    assert lines[0] == "bitnet-2b4t on Raspberry Pi 5: 4 x Cortex-A76 at 2.4 GHz, kernels for dotprod"
    assert lines[1].startswith("  memory     1 GB: does not fit: ")
    assert lines[2].startswith("             2 GB: fits, 2 answers at once with ")
    assert "  speed      15.2 tokens/s, with 2 threads; memory is the limit" in lines
    assert "  memory     13.23 GB/s with 2 threads / 859.3 MB = 15.4 tokens/s" in lines
    assert any(line.startswith("  together   the longer of both, 65.0 ms") for line in lines)
    assert "edge pull microsoft/bitnet-b1.58-2B-4T" in text
    assert "(room for 2048 tokens, instruct before base, then the largest, but 2B4T before Falcon3 7B)" in text
    # Another engine, by the same arithmetic: predicted, measured, and ours beside it.
    compared = {
        tuple(line.split()[:3]): line.split()[4:] for line in lines if line.startswith(("  T-MAC", "  --reads"))
    }
    assert compared["T-MAC", "bitnet-3b", "2"] == ["12.8", "11.1", "14.0"]
    # With as many threads as theirs.
    assert compared["T-MAC", "bitnet-3b", "1"] == ["9.0", "8.0", "9.8"]
    assert compared["--reads", "-", "2"] == ["11.2", "-", "-"]


def test_what_does_not_fit_and_what_nobody_measured(capsys) -> None:
    text = said(capsys, "fit", "bitnet-2b4t", "--board", "zero2w")
    assert "  memory     0.5 GB: does not fit: edge deploy keeps a fifth" in text
    assert "  would be   at least 2.6 tokens/s, at most " in text
    assert "best there" not in text
    text = said(capsys, "fit", "bitnet-2b4t", "--board", "thor")
    assert "  speed      at most 2" in text
    assert "by its data sheet" in text
    text = said(capsys, "fit", "bitnet-2b4t", "--board", "orin-nano")
    assert "  speed      at least 11.2 tokens/s, at most 51." in text
    text = said(capsys, "fit", "bitnet-2b4t", "--board", "aarch64")
    assert "  speed      not known: " in text


def test_a_model_that_stays_in_the_cache(capsys) -> None:
    text = said(capsys, "fit", "home", "--board", "pi5")
    assert "  speed      at most 11000 tokens/s, with 4 threads; the processor is the limit" in text
    assert "memory does not count" in text
    assert "GB/s" not in text
    assert "take 0 s" not in text
    assert "OTHER ENGINES" not in text
    assert "  speed      not known: it stays in the processor's cache" in said(
        capsys, "fit", "home", "--board", "xavier-nx"
    )


def test_three_models_on_five_boards(capsys) -> None:
    five = ["zero2w", "pi4", "pi5", "rock-5b", "agx-orin"]
    for model in ("bitnet-0.7b", "bitnet-2b4t", "falcon3-3b"):
        lines = said(capsys, "fit", model, "--board", ",".join(five[:3]), "--board", ",".join(five[2:])).splitlines()
        assert lines[0].startswith(f"{model}: ")
        assert [line.split()[0] for line in lines[3:8]] == five
    everything = said(capsys, "fit", "bitnet-2b4t", "--board", "all").splitlines()
    assert len(everything) == 5 + sum(bool(board.cores) for board in boards())


def test_for_programs(capsys) -> None:
    (one,) = json.loads(said(capsys, "fit", "falcon3-3b", "--board", "rock-5b", "--kv", "int8", "--json"))
    assert (one["model"], one["board"], one["measured_tok_s"]) == ("falcon3-3b", "rock-5b", None)
    assert [room["gb"] for room in one["memories"]] == [4, 8, 16, 32]
    assert all(room["fits"] and room["context"] >= 2048 for room in one["memories"])
    assert one["speed"]["kind"] == "about"
    assert one["speed"]["decode"] < one["at_most"]["decode"]
    (other,) = one["others"]
    assert other["predicted"] == pytest.approx(other["measured"], rel=0.25)


def test_models_by_any_name(capsys, tmp_path: Path) -> None:
    by_shape = json.loads(said(capsys, "fit", "bitnet-2b4t", "--board", "pi5", "--json"))
    by_hub = json.loads(said(capsys, "fit", "Microsoft/BitNet-b1.58-2B-4T", "--board", "pi5", "--json"))
    assert by_hub[0]["speed"] == by_shape[0]["speed"]
    # One that is here packed, and one that is here as it was published: its config.json is enough.
    (home,) = json.loads(said(capsys, "fit", "home", "--board", "zero2w", "--json"))
    assert home["memories"][0]["fits"]
    spec = SHAPES["bitnet-2b4t"]
    (tmp_path / "config.json").write_text(
        json.dumps(
            {
                "architectures": ["BitNetForCausalLM"],
                "model_type": "bitnet",
                "hidden_act": "relu2",
                "hidden_size": spec.hidden,
                "intermediate_size": spec.inter,
                "max_position_embeddings": spec.context,
                "num_attention_heads": spec.heads,
                "num_hidden_layers": spec.layers,
                "num_key_value_heads": spec.kv_heads,
                "rms_norm_eps": spec.norm_eps,
                "rope_theta": spec.rope_theta,
                "tie_word_embeddings": True,
                "vocab_size": spec.vocab,
                "quantization_config": {
                    "quant_method": "bitnet",
                    "linear_class": "autobitlinear",
                    "quantization_mode": "offline",
                },
            }
        )
    )
    (folder,) = json.loads(said(capsys, "fit", str(tmp_path), "--board", "pi5", "--json"))
    assert folder["speed"] == by_shape[0]["speed"]
    (half,) = json.loads(said(capsys, "fit", str(tmp_path), "--head", "q4", "--board", "pi5", "--json"))
    assert half["speed"]["decode"] > folder["speed"]["decode"]


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["nix", "--board", "pi5"], "published shapes: bitnet-2b4t, "),
        (["home", "--head", "q4", "--board", "pi5"], "--head is for a model that is not packed yet"),
        (["bitnet-2b4t", "--board", "orin"], "'orin' may be orin-nano, "),
        (["bitnet-2b4t", "10.0.0.7", "--board", "pi5"], "name boards or hosts, not both"),
        (["bitnet-2b4t", "--board", "pi5", "--reads", "0"], "it must be more than 0"),
        (["bitnet-2b4t", "--board", "pi5", "--reads", "inf"], "and finite"),
        (["bitnet-2b4t", "--board", "pi5", "--at-least", "nan"], "it must be more than 0"),
        (["bitnet-2b4t", "--board", "pi5", "--at-least", "-5"], "it must be more than 0"),
        (["bitnet-2b4t", "--board", ","], "--board needs a board"),
        (["bitnet-2b4t", "--board", ""], "--board needs a board"),
        (["bitnet-2b4t", "--board", "all,xyz"], "no board 'xyz' here"),
        ([], "MODEL"),
    ],
)
def test_wrong_usage_is_told(argv: list[str], says: str, capsys) -> None:
    assert main(["fit", *argv]) == 2
    assert says in capsys.readouterr().err


def test_this_machine_is_measured(monkeypatch, capsys) -> None:
    monkeypatch.setattr("edge.inference.threads.read_rates", lambda: ({1: 20e9, 2: 30e9}, "measured now"))
    text = said(capsys, "fit", "bitnet-2b4t")
    assert "30.00 GB/s with 2 threads / 859.3 MB = 34.9 tokens/s" in text
    assert "measured: with the engine's own kernel, measured now" in text
    monkeypatch.setattr("edge.inference.threads.read_rates", lambda: ({}, "not measured, other programs were at work"))
    text = said(capsys, "fit", "falcon3-1b")
    assert "  speed      not known: not measured, other programs were at work; try again" in text
    assert "stays in a processor's cache" in said(capsys, "fit", "home")
