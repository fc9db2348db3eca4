"""Where a model computes, and in which precision. torch is imported when asked for: that takes a second."""

import re
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from curate.errors import EncoderUnavailable

if TYPE_CHECKING:
    import torch

Precision = Literal["auto", "float32", "bfloat16", "float16"]

_TRIAL_SHAPE = (400, 768, 3072)
"""Rows, inputs and outputs of the layer that precisions are compared on: one of ViT-B/32's, at a batch of 8."""
_TRIAL_ROUNDS = 3


def devices(wanted: str) -> list["torch.device"]:
    """Return what `CURATE_DEVICE` means: `auto` and `cuda` are all GPUs, `auto` without one is the CPU.

    Raises:
        EncoderUnavailable: it isn't there.
    """
    import torch

    gpus = [torch.device("cuda", index) for index in range(torch.cuda.device_count())]
    if wanted == "auto":
        return gpus or [torch.device("cpu")]
    try:
        device = torch.device(wanted)
    except RuntimeError as error:
        raise EncoderUnavailable(
            f"There is no device “{wanted}”. Set CURATE_DEVICE to auto, cpu, cuda or cuda:N."
        ) from error
    if device.type == "cuda" and (device.index or 0) >= len(gpus):
        raise EncoderUnavailable(
            f"CURATE_DEVICE is {wanted}, but torch sees {len(gpus)} GPUs here. Set it to auto or cpu."
        )
    return gpus if wanted == "cuda" else [device]


def dtype_on(device: "torch.device", precision: Precision, trained_in_bfloat16: bool = False) -> "torch.dtype":
    """Return the precision to compute in; "auto" is the half precision that the device computes fast, else float32.

    A GPU computes in float16, which is finer than bfloat16, unless a model's values were never held to its range.
    """
    import torch

    if precision != "auto":
        return {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}[precision]
    if device.type == "cuda" and trained_in_bfloat16:  # its activations may be too large for float16
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float32
    if device.type == "cuda":
        return torch.float16
    return torch.bfloat16 if device.type == "cpu" and _cpu_prefers_bfloat16() else torch.float32


@cache
def _cpu_prefers_bfloat16() -> bool:
    """Whether this processor multiplies bfloat16 in hardware, and faster than float32; measured once a process."""
    import torch

    return _cpu_has_bfloat16() and _layer_seconds(torch.bfloat16) < _layer_seconds(torch.float32)


def _cpu_has_bfloat16() -> bool:
    try:
        return bool(re.search(r"\b(avx512_bf16|amx_bf16)\b", Path("/proc/cpuinfo").read_text()))
    except OSError:
        return False  # not Linux


def _layer_seconds(dtype: "torch.dtype") -> float:
    """Return how long one layer takes at best; the first round, which sets things up, doesn't count."""
    import torch

    rows, inputs, outputs = _TRIAL_SHAPE
    layer, values = torch.nn.Linear(inputs, outputs, dtype=dtype), torch.ones(rows, inputs, dtype=dtype)
    seconds = []
    with torch.inference_mode():
        for _ in range(_TRIAL_ROUNDS + 1):
            started = time.perf_counter()
            layer(values)
            seconds.append(time.perf_counter() - started)
    return min(seconds[1:])
