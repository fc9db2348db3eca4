"""A CLIP checkpoint with random weights: as fast as a trained one, without a download."""

from pathlib import Path


def save_random_clip(folder: Path, small: bool) -> str:
    """Write a checkpoint and return what it is: ViT-B/32's image tower, or a toy where `small`."""
    import torch
    from transformers import CLIPConfig, CLIPImageProcessorPil, CLIPModel, CLIPTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    toy = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}
    torch.manual_seed(0)
    # The text tower is not measured: the smallest one saves time and disk.
    text = {**toy, "vocab_size": 4, "bos_token_id": 2, "eos_token_id": 3, "pad_token_id": 3}
    config = CLIPConfig(vision_config=toy if small else {}, text_config=text)
    CLIPModel(config).save_pretrained(folder)
    CLIPImageProcessorPil().save_pretrained(folder)
    words = ("a", "a</w>", "<|startoftext|>", "<|endoftext|>")
    CLIPTokenizer({word: number for number, word in enumerate(words)}, []).save_pretrained(folder)
    return "a toy CLIP, random weights" if small else "CLIP ViT-B/32's image tower, random weights"
