"""The checkpoints that parity is measured on: small, but with every oddity of the published ones.

Each case names the published checkpoint whose layout it copies; widths, layers and vocabulary are scaled down.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Case:
    """One checkpoint: its numbers, and how its files are laid out.

    ``store``: ``packed`` (uint8, four rows to a byte), or the float type of the masters: ``bf16``, ``f16``, ``f32``.
    ``names``: ``bitnet`` (sub norms), ``1bitllm`` (the same block under older names), ``llama`` (no sub norms).
    ``linear``: ``autobitlinear`` multiplies by ``weight_scale``, ``bitlinear`` divides by it.
    """

    name: str
    like: str
    seed: int
    hidden: int
    inter: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    vocab: int
    store: str
    names: str = "bitnet"
    linear: str = "autobitlinear"
    act: str = "relu2"
    tied: bool = True
    theta: float = 500000.0
    eps: float = 1e-5
    shards: int = 1

    def config(self, names: str | None = None) -> dict[str, Any]:
        """``config.json`` as such a checkpoint publishes it; ``names`` overrides the layout of names."""
        names = names or self.names
        out: dict[str, Any] = {
            "architectures": {
                "bitnet": ["BitNetForCausalLM"],
                "1bitllm": ["BitnetForCausalLM"],
                "llama": ["LlamaForCausalLM"],
            }[names],
            "model_type": "bitnet" if names == "bitnet" else "llama",
            "hidden_size": self.hidden,
            "intermediate_size": self.inter,
            "num_hidden_layers": self.layers,
            "num_attention_heads": self.heads,
            "num_key_value_heads": self.kv_heads,
            "vocab_size": self.vocab,
            "hidden_act": self.act,
            "max_position_embeddings": 2048,
            "rms_norm_eps": self.eps,
            "rope_theta": self.theta,
            "rope_scaling": None,
            "attention_bias": False,
            "tie_word_embeddings": self.tied,
            "bos_token_id": 1,
            "eos_token_id": 2,
            "torch_dtype": {"packed": "bfloat16", "bf16": "bfloat16", "f16": "float16", "f32": "float32"}[self.store],
        }
        if names == "llama":
            out |= {"head_dim": self.head_dim, "mlp_bias": False}
        if names == "1bitllm":
            out |= {"input_bits": 8, "weight_bits": 1}
        else:
            quantization: dict[str, Any] = {"quant_method": "bitnet", "modules_to_not_convert": None}
            if self.linear == "autobitlinear":
                mode = "offline" if self.store == "packed" else "online"
                quantization |= {"linear_class": "autobitlinear", "quantization_mode": mode}
            out["quantization_config"] = quantization
        return out

    def matrices(self) -> dict[str, tuple[int, int]]:
        """Rows and columns of the ternary weights of a layer, by their published names."""
        q, kv = self.heads * self.head_dim, self.kv_heads * self.head_dim
        return {
            "self_attn.q_proj": (q, self.hidden),
            "self_attn.k_proj": (kv, self.hidden),
            "self_attn.v_proj": (kv, self.hidden),
            "self_attn.o_proj": (self.hidden, q),
            "mlp.gate_proj": (self.inter, self.hidden),
            "mlp.up_proj": (self.inter, self.hidden),
            "mlp.down_proj": (self.hidden, self.inter),
        }


# fmt: off
CASES = (
    Case("2b4t", "microsoft/bitnet-b1.58-2B-4T: packed, scale multiplies, GQA 4:1, head 128",
         11, 512, 1728, 8, 4, 1, 128, 512, "packed"),
    Case("2b4t-bf16", "microsoft/bitnet-b1.58-2B-4T-bf16: masters quantised online, in three shards",
         12, 640, 1736, 8, 10, 5, 64, 320, "bf16", shards=3),
    Case("divides", "BitNetForCausalLM with plain BitLinear: packed, scale divides, MHA, untied",
         13, 384, 1024, 8, 6, 6, 64, 384, "packed", linear="bitlinear", tied=False),
    Case("1bitllm-3b", "1bitLLM/bitnet_b1_58-3B: old names, silu, head 100, inter 8640, f16 masters",
         14, 400, 8640, 6, 4, 4, 100, 256, "f16", names="1bitllm", act="silu", theta=10000.0),
    Case("llama3-8b", "HF1BitLLM/Llama3-8B-1.58: no sub norms, silu, GQA 4:1, untied, scale divides",
         15, 512, 1792, 8, 4, 1, 128, 512, "packed", names="llama", linear="bitlinear", act="silu", tied=False),
    Case("falcon3", "tiiuae/Falcon3-3B-1.58bit: head 256, GQA 3:1, eps 1e-6, rope 1000042, sharded",
         16, 768, 2304, 8, 3, 1, 256, 512, "packed", names="llama", linear="bitlinear", act="silu", tied=False,
         theta=1000042.0, eps=1e-6, shards=2),
    Case("ragged", "no published one: nothing is a multiple of 16, attention wider than hidden, f32 masters",
         17, 300, 812, 8, 6, 3, 60, 301, "f32", names="llama", act="silu", theta=10000.0),
)
# fmt: on
"""Seven shapes: GQA and MHA, heads of 60 to 256, inter 8640, tied and untied, both meanings of the scale."""

BY_NAME = {case.name: case for case in CASES}
