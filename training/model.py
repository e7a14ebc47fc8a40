"""The network that is trained: the decoder of `BitNetForCausalLM`, ternary from the first step.

Every projection multiplies ternary weights with int8 activations. Both are rounded in the
forward pass and treated as not rounded in the backward pass (the straight-through estimator),
so the float32 masters keep learning. The formulas are those of `transformers`' online mode:

    weight       s = 1 / clamp(mean|W|, 1e-5)      clamp(round(W s), -1, 1) / s        per tensor
    activation   s = 127 / clamp(max|x|, 1e-5)     clamp(round(x s), -128, 127) / s    per token

Parameter names are those of a Hugging Face checkpoint, so that exporting is only saving.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class Shape:
    """The numbers of one network; `heads * head_dim` must be `hidden` (the sub-norm's width)."""

    layers: int = 6
    hidden: int = 256
    heads: int = 8
    kv_heads: int = 4
    inter: int = 512
    vocab: int = 2048
    context: int = 512
    rope_theta: float = 10000.0
    norm_eps: float = 1e-5
    full: bool = False
    """Nothing is rounded: the full-precision twin, for comparison. The engine cannot run it."""
    copying: bool = False
    """Attention begins by looking for its like and passing on what it finds; see `Attention.begin_copying`."""

    def __post_init__(self) -> None:
        if self.hidden % self.heads or self.head_dim % 2 or self.heads % self.kv_heads:
            raise ValueError(
                f"{self.heads} heads over a width of {self.hidden} with {self.kv_heads} KV heads: the width must be a "
                "multiple of twice the heads, and the heads one of the KV heads"
            )

    @property
    def head_dim(self) -> int:
        return self.hidden // self.heads

    def to_json(self) -> dict[str, float]:
        return asdict(self)


def ternary(weight: Tensor) -> Tensor:
    """The ternary value of a float32 master [out, in], with the gradient of the master."""
    w = weight.detach().float()
    scale = 1.0 / w.abs().mean().clamp(min=1e-5)
    rounded = (w * scale).round().clamp(-1, 1) / scale
    return weight + (rounded - w)


def int8_tokens(x: Tensor) -> Tensor:
    """Activations [..., width] rounded to 8 bits per token, with the gradient of the input."""
    v = x.detach().float()
    scale = 127 / v.abs().amax(dim=-1, keepdim=True).clamp(min=1e-5)
    rounded = (v * scale).round().clamp(-128, 127) / scale
    return x + (rounded - v).to(x.dtype)


class Norm(nn.Module):
    """Root-mean-square norm, in float32."""

    def __init__(self, width: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        x = x.float()
        return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps))


class Linear(nn.Module):
    """Holds one master; the blocks below join several into one product."""

    def __init__(self, inputs: int, outputs: int, std: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) * std)


def project(x: Tensor, *parts: Linear, dtype: torch.dtype, full: bool) -> Tensor:
    """x [n, in] times every part at once -> [n, sum of outs]; the input is rounded only once."""
    if full:
        return functional.linear(x.to(dtype), torch.cat([p.weight for p in parts]).to(dtype))
    weight = torch.cat([ternary(p.weight) for p in parts])
    return functional.linear(int8_tokens(x).to(dtype), weight.to(dtype))


class Attention(nn.Module):
    def __init__(self, shape: Shape, out_std: float) -> None:
        super().__init__()
        self.shape, self.full = shape, shape.full
        std = shape.hidden**-0.5
        kv = shape.kv_heads * shape.head_dim
        self.q_proj = Linear(shape.hidden, shape.hidden, std)
        self.k_proj = Linear(shape.hidden, kv, std)
        self.v_proj = Linear(shape.hidden, kv, std)
        self.o_proj = Linear(shape.hidden, shape.hidden, out_std)
        self.attn_sub_norm = Norm(shape.hidden, shape.norm_eps)
        if shape.copying:
            self.begin_copying(out_std / std)

    @torch.no_grad()
    def begin_copying(self, out: float) -> None:
        """Start from what copying needs instead of from chance; training may change all of it.

        The first query head of each group equals its keys, so that a token attends to its like, and the output
        projection is the values' transposed, so that what is attended to comes out nearly as it went in.
        """
        s, size = self.shape, self.shape.head_dim
        group = s.heads // s.kv_heads
        for kv in range(s.kv_heads):
            rows, first = slice(kv * size, (kv + 1) * size), kv * group * size
            self.k_proj.weight[rows] = self.q_proj.weight[first : first + size]
            for head in range(kv * group, (kv + 1) * group):
                self.o_proj.weight[:, head * size : (head + 1) * size] = self.v_proj.weight[rows].T * out

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor, dtype: torch.dtype) -> Tensor:
        s, (rows, length, _) = self.shape, x.shape
        qkv = project(x, self.q_proj, self.k_proj, self.v_proj, dtype=dtype, full=self.full)
        qkv = qkv.view(rows, length, -1, s.head_dim).transpose(1, 2)
        q, k, v = qkv.split([s.heads, s.kv_heads, s.kv_heads], dim=1)
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        group = s.heads // s.kv_heads
        k, v = k.repeat_interleave(group, dim=1), v.repeat_interleave(group, dim=1)
        y = attend(q, k, v, mask)
        y = y.transpose(1, 2).reshape(rows, length, s.hidden)
        return project(self.attn_sub_norm(y), self.o_proj, dtype=dtype, full=self.full)


def attend(q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
    """Softmax attention over [rows, heads, length, head_dim]; `mask` [rows, 1, length, length], True = may look.

    Written out: on rows this short, with heads this small, torch's own fused form on CPUs takes half of a step.
    """
    scores = (q @ k.transpose(-1, -2)).float() * q.shape[-1] ** -0.5
    return scores.masked_fill(~mask, -torch.inf).softmax(-1).to(v.dtype) @ v


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary position embedding, the half-rotation form; x [rows, heads, length, head_dim]."""
    a, b = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-b, a), dim=-1) * sin


class FeedForward(nn.Module):
    def __init__(self, shape: Shape, out_std: float) -> None:
        super().__init__()
        self.full = shape.full
        std = shape.hidden**-0.5
        self.gate_proj = Linear(shape.hidden, shape.inter, std)
        self.up_proj = Linear(shape.hidden, shape.inter, std)
        self.down_proj = Linear(shape.inter, shape.hidden, out_std)
        self.ffn_sub_norm = Norm(shape.inter, shape.norm_eps)

    def forward(self, x: Tensor, dtype: torch.dtype) -> Tensor:
        gate, up = project(x, self.gate_proj, self.up_proj, dtype=dtype, full=self.full).chunk(2, dim=-1)
        return project(
            self.ffn_sub_norm(functional.relu(gate).square() * up), self.down_proj, dtype=dtype, full=self.full
        )


class Layer(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        out_std = shape.hidden**-0.5 * (2 * shape.layers) ** -0.5
        self.input_layernorm = Norm(shape.hidden, shape.norm_eps)
        self.self_attn = Attention(shape, out_std)
        self.post_attention_layernorm = Norm(shape.hidden, shape.norm_eps)
        self.mlp = FeedForward(shape, out_std)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor, dtype: torch.dtype) -> Tensor:
        x = x + self.self_attn(self.input_layernorm(x), cos, sin, mask, dtype)
        return x + self.mlp(self.post_attention_layernorm(x), dtype)


class Decoder(nn.Module):
    """tokens [rows, length] int64 -> logits [rows, length, vocab] float32.

    `positions` [rows, length] restart at 0 for every sample packed into a row, and `mask`
    [rows, 1, length, length] (True = may look) keeps packed samples from seeing each other.
    `dtype` is that of the products only: norms, rounding and the residual stay in float32.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.embed_tokens = nn.Embedding(shape.vocab, shape.hidden)
        nn.init.normal_(self.embed_tokens.weight, std=0.05)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.norm = Norm(shape.hidden, shape.norm_eps)
        half = torch.arange(0, shape.head_dim, 2, dtype=torch.float32) / shape.head_dim
        angles = torch.arange(shape.context)[:, None] * (1.0 / shape.rope_theta**half)
        angles = torch.cat((angles, angles), dim=-1)
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)

    def forward(self, tokens: Tensor, positions: Tensor, mask: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
        cos = self.cos[positions][:, None].to(dtype)
        sin = self.sin[positions][:, None].to(dtype)
        x = self.embed_tokens(tokens)
        for layer in self.layers:
            x = layer(x, cos, sin, mask, dtype)
        return functional.linear(self.norm(x).to(dtype), self.embed_tokens.weight.to(dtype)).float()
