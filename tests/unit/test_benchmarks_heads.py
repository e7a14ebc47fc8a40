"""The forms of the head are as exact as the documents say, and more so than GGUF's of the same size."""

from __future__ import annotations

from benchmarks.heads import DISTRIBUTIONS, compare

#: Relative RMS error of the logits with a table by ggml's own quantiser, as `benchmarks.heads --ggml` measured it.
Q6_K = {"normal": 0.0175, "Laplace": 0.0216, "Student t (3)": 0.0264, "column gains": 0.0229}
Q4_K = {"normal": 0.0715, "Laplace": 0.0857, "Student t (3)": 0.0965, "column gains": 0.0908}


def test_six_and_four_bits_are_no_worse_than_ggufs() -> None:
    table = compare(rows=512, columns=2560, tokens=64, ggml=None)
    for name in DISTRIBUTIONS:
        assert table["q6"][name] <= Q6_K[name], name
        assert table["q4"][name] <= Q4_K[name], name
    assert table["q6"]["bits"] <= 6.5625
    assert table["q4"]["bits"] <= 4.52


def test_one_digit_of_activations_would_cost_exactness() -> None:
    """Why the head reads activations in two int8 digits: few large ones leave one digit little for the rest."""
    table = compare(rows=64, columns=2560, tokens=16, ggml=None)
    for form in ("int8", "q6", "q4"):
        assert table[f"{form}, one digit"]["Student t (3)"] > 1.05 * table[form]["Student t (3)"]
