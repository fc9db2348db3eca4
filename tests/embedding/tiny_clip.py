"""A CLIP checkpoint of a few kilobytes, in the files and formats of a real one."""

import json
from pathlib import Path
from typing import Any

SIDE = 32
TEXT_LENGTH = 12


def save_tiny_clip(folder: Path, seed: int = 0, **preprocessing: Any) -> Path:
    """Write a seeded random CLIP of 16 dimensions into `folder`; `preprocessing` overrides its preprocessor config."""
    import torch
    from transformers import CLIPConfig, CLIPModel

    small = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2}
    vocabulary = _save_tokenizer(folder)
    torch.manual_seed(seed)
    config = CLIPConfig(
        vision_config={**small, "image_size": SIDE, "patch_size": 8},
        text_config={
            **small,
            "vocab_size": len(vocabulary),
            "max_position_embeddings": TEXT_LENGTH,
            "bos_token_id": vocabulary["<|startoftext|>"],
            "eos_token_id": vocabulary["<|endoftext|>"],
            "pad_token_id": vocabulary["<|endoftext|>"],
        },
        projection_dim=16,
    )
    CLIPModel(config).save_pretrained(folder)
    given = {"size": {"shortest_edge": SIDE}, "crop_size": {"height": SIDE, "width": SIDE}, **preprocessing}
    content = {"image_processor_type": "CLIPImageProcessor", **given}
    (folder / "preprocessor_config.json").write_text(json.dumps(content))
    return folder


def _save_tokenizer(folder: Path) -> dict[str, int]:
    """Write a byte-pair tokenizer that knows the alphabet and two words, and return its vocabulary."""
    from transformers import CLIPTokenizer

    letters = "abcdefghijklmnopqrstuvwxyz"
    merges = [("c", "a"), ("ca", "t</w>"), ("d", "o"), ("do", "g</w>")]
    pieces = [*letters, *(f"{letter}</w>" for letter in letters), *("".join(pair) for pair in merges)]
    vocabulary = {piece: number for number, piece in enumerate([*pieces, "<|startoftext|>", "<|endoftext|>"])}
    CLIPTokenizer(vocabulary, merges).save_pretrained(folder)
    return vocabulary
