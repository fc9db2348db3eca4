"""A CLIP checkpoint with random weights: as fast as a trained one, without a download."""

from pathlib import Path

_TOY = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}
_LARGE = {
    "hidden_size": 1024,
    "intermediate_size": 4096,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
    "patch_size": 14,
}


def save_random_clip(folder: Path, small: bool, large: bool = False) -> str:
    """Write a checkpoint and return what it is: ViT-B/32's image tower, ViT-L/14's, or a toy where `small`."""
    import torch
    from transformers import CLIPConfig, CLIPImageProcessorPil, CLIPModel, CLIPTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    torch.manual_seed(0)
    # The text tower is not measured: the smallest one saves time and disk.
    text = {**_TOY, "vocab_size": 4, "bos_token_id": 2, "eos_token_id": 3, "pad_token_id": 3}
    vision = _TOY if small else _LARGE if large else {}
    CLIPModel(CLIPConfig(vision_config=vision, text_config=text)).save_pretrained(folder)
    CLIPImageProcessorPil().save_pretrained(folder)
    words = ("a", "a</w>", "<|startoftext|>", "<|endoftext|>")
    CLIPTokenizer({word: number for number, word in enumerate(words)}, []).save_pretrained(folder)
    name = "a toy CLIP" if small else f"CLIP {'ViT-L/14' if large else 'ViT-B/32'}'s image tower"
    return f"{name}, random weights"
