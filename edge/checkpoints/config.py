"""From ``config.json`` to what we can run: a :class:`Plan`, or one line that says why not.

Three families share one decoder: ``BitNetForCausalLM`` (sub norms), ``BitnetForCausalLM`` (1bitLLM's models, the same
block under older names) and ``LlamaForCausalLM`` with BitNet's quantisation (no sub norms). The authority on what the
fields mean is ``transformers``: models/bitnet, models/llama, integrations/bitnet.py, quantizers/quantizer_bitnet.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cython_kernels.spec import ModelSpec
from edge.errors import CheckpointError

__all__ = ["DIVIDES", "MULTIPLIES", "ONLINE", "Plan", "read_plan"]

ONLINE = "online"
"""Float masters, rounded to ternary by their mean: value = round(w / mean) * mean."""
MULTIPLIES = "multiplies"
"""Ternary weights; the output is multiplied by ``weight_scale`` (``linear_class`` autobitlinear, offline)."""
DIVIDES = "divides"
"""Ternary weights; the output is divided by ``weight_scale`` (plain BitLinear)."""

_FAMILIES: Mapping[str, tuple[str, str] | None] = {
    "BitNetForCausalLM": ("self_attn.attn_sub_norm", "mlp.ffn_sub_norm"),
    "BitnetForCausalLM": ("self_attn.inner_attn_ln", "mlp.ffn_layernorm"),
    "LlamaForCausalLM": None,
}
_ACTIVATIONS = {"relu2": "relu2", "silu": "silu", "swish": "silu"}


@dataclass(frozen=True)
class Plan:
    """How to read one checkpoint.

    ``spec``: the decoder (its ``tied`` may still be settled by the tensors, see ``tied_known``). ``weights``: one of
    ``ONLINE``, ``MULTIPLIES``, ``DIVIDES``. ``sub_norms``: the names of the two extra norms of a layer, or None.
    ``notices``: what the user should know, one line each.
    """

    spec: ModelSpec
    weights: str
    sub_norms: tuple[str, str] | None
    tied_known: bool
    notices: tuple[str, ...] = ()


def read_plan(config: Mapping[str, Any], path: Path, head: str) -> Plan:
    """Interpret a checkpoint's ``config.json``.

    ``config``: its contents; ``path``: where it lies, for messages; ``head``: stored form of embedding and head,
    ``"int8"`` or ``"f16"``. Raises :class:`CheckpointError` for an architecture, quantisation or feature that the
    engine does not run.
    """
    return _ConfigReader(config, path).plan(head)


class _ConfigReader:
    def __init__(self, config: Mapping[str, Any], path: Path) -> None:
        self.config = config
        self.path = path

    def refuse(self, what: str) -> CheckpointError:
        return CheckpointError(f"{self.path}: {what}")

    def plan(self, head: str) -> Plan:
        family = self.family()
        weights, notices = self.weights(family)
        self.features()
        hidden, heads = self.number("hidden_size"), self.number("num_attention_heads")
        if self.config.get("head_dim") is None and hidden % heads:
            raise self.refuse(f"hidden_size {hidden} is no multiple of {heads} heads; the file is damaged or edited")
        head_dim = self.number("head_dim", hidden // heads)
        sub_norms = _FAMILIES[family]
        if sub_norms and heads * head_dim != hidden:
            raise self.refuse(f"{heads} heads of {head_dim} do not make up hidden_size {hidden}, as BitNet needs")
        activation = self.config.get("hidden_act", "relu2" if family == "BitNetForCausalLM" else "silu")
        if not isinstance(activation, str) or activation not in _ACTIVATIONS:
            raise self.refuse(
                f"hidden_act {str(activation)[:40]!r} is not supported; the engine has {', '.join(_ACTIVATIONS)}"
            )
        tied = self.config.get("tie_word_embeddings")
        if tied is not None and not isinstance(tied, bool):
            raise self.refuse("tie_word_embeddings must be true or false")
        try:
            spec = ModelSpec(
                layers=self.number("num_hidden_layers"),
                hidden=hidden,
                heads=heads,
                kv_heads=self.number("num_key_value_heads", None if family == "BitNetForCausalLM" else heads),
                head_dim=head_dim,
                inter=self.number("intermediate_size"),
                vocab=self.number("vocab_size"),
                context=self.number("max_position_embeddings", 2048),
                rope_theta=self.rope_theta(500000.0 if family == "BitNetForCausalLM" else 10000.0),
                norm_eps=self.real("rms_norm_eps", 1e-5 if family == "BitNetForCausalLM" else 1e-6),
                activation=_ACTIVATIONS[activation],
                sub_norms=sub_norms is not None,
                head=head,
                tied=bool(tied),
            )
        except ValueError as error:
            raise self.refuse(f"{error}; the engine cannot run such a model") from error
        return Plan(spec, weights, sub_norms, tied is not None, notices)

    def number(self, name: str, default: int | None = None) -> int:
        value = self.config.get(name)
        if value is None:
            value = default
        if value is None:
            raise self.refuse(f"{name} is missing; download the checkpoint again")
        if type(value) is not int or value < 1:
            raise self.refuse(f"{name} is {str(value)[:40]!r}, which should be a whole number above 0")
        return value

    def real(self, name: str, default: float) -> float:
        value = self.config.get(name, default)
        return self.checked_real(name, value)

    def checked_real(self, name: str, value: object) -> float:
        # A whole number of a thousand digits is valid JSON, and no float.
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < 1e30:
            raise self.refuse(f"{name} is {str(value)[:40]!r}, which should be a number")
        return float(value)

    def family(self) -> str:
        names = self.config.get("architectures")
        if isinstance(names, list) and len(names) == 1 and isinstance(names[0], str) and names[0] in _FAMILIES:
            return names[0]
        given = ", ".join(str(n) for n in names)[:80] if isinstance(names, list) else "none"
        raise self.refuse(f"architecture {given} is not supported; the engine runs {', '.join(_FAMILIES)}")

    def weights(self, family: str) -> tuple[str, tuple[str, ...]]:
        quantization = self.config.get("quantization_config")
        if quantization is None:
            if family == "LlamaForCausalLM":
                raise self.refuse("no quantization_config: an ordinary Llama, not a ternary one; take a BitNet model")
            if family == "BitNetForCausalLM":
                return ONLINE, (
                    "config.json has no quantization_config: the weights are rounded to ternary, as BitNet trains them",
                )
            return ONLINE, ()
        if not isinstance(quantization, dict) or quantization.get("quant_method") != "bitnet":
            method = quantization.get("quant_method") if isinstance(quantization, dict) else quantization
            raise self.refuse(f"quantisation {str(method)[:40]!r} is not supported; the engine runs 'bitnet'")
        linear = quantization.get("linear_class", "bitlinear")
        mode = quantization.get("quantization_mode", "offline")
        if linear not in ("bitlinear", "autobitlinear") or mode not in ("online", "offline"):
            raise self.refuse(f"quantisation {str(linear)[:40]!r}, {str(mode)[:40]!r} is not one that exists")
        if quantization.get("use_rms_norm"):
            raise self.refuse("use_rms_norm (a norm inside every linear) is not supported; take another checkpoint")
        self.kept_in_float(
            quantization.get("modules_to_not_convert"), online=linear == "autobitlinear" and mode == "online"
        )
        if linear == "bitlinear":
            # transformers' plain BitLinear ignores the mode: its weights are always packed.
            return DIVIDES, ()
        return (ONLINE if mode == "online" else MULTIPLIES), ()

    def kept_in_float(self, modules: object, *, online: bool) -> None:
        if modules is None:
            return
        if not isinstance(modules, list) or not all(isinstance(m, str) for m in modules):
            raise self.refuse("modules_to_not_convert should be a list of names")
        for module in modules:
            if module.removesuffix(".weight") not in ("lm_head", "model.embed_tokens", "embed_tokens", "model.norm"):
                raise self.refuse(f"module {module[:80]!r} is kept in full precision, which is not supported")
        if online and not {"lm_head", "lm_head.weight"} & set(modules):
            raise self.refuse("modules_to_not_convert leaves out lm_head: a ternary head is not supported")

    def features(self) -> None:
        for name in ("attention_bias", "mlp_bias", "rope_interleaved"):
            if self.config.get(name):
                raise self.refuse(f"{name} is not supported; take a checkpoint without it")
        window = self.config.get("sliding_window")
        if window is not None and self.config.get("use_sliding_window", True):
            raise self.refuse("sliding_window attention is not supported; take a checkpoint without it")

    def rope_theta(self, default: float) -> float:
        rope: dict[str, Any] = {}
        # "rope_parameters" is the present name of "rope_scaling", and holds the base as well.
        for name in ("rope_scaling", "rope_parameters"):
            value = self.config.get(name)
            if value is not None and not isinstance(value, dict):
                raise self.refuse(f"{name} should be an object or null")
            rope |= value or {}
        kind = rope.get("rope_type", rope.get("type", "default"))
        if kind != "default":
            raise self.refuse(f"rope scaling {str(kind)[:40]!r} is not supported; take a checkpoint without it")
        partial = rope.get("partial_rotary_factor", self.config.get("partial_rotary_factor"))
        if partial not in (None, 1, 1.0):
            raise self.refuse(f"partial_rotary_factor {str(partial)[:40]!r} is not supported; only 1 is")
        theta = rope.get("rope_theta", self.config.get("rope_theta", default))
        return self.checked_real("rope_theta", theta)
