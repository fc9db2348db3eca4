"""Checkpoints of a few kilobytes for each family of models, in the files and formats of real ones."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

SIDE = 32
TEXT_LENGTH = 12
SIGLIP_TEXT_LENGTH = 64
SMALL = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2}
VISION = {**SMALL, "image_size": SIDE, "patch_size": 8}
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def save_siglip(folder: Path) -> None:
    """SigLIP with the tokenizer of the first version: SentencePiece, trained on a few lines."""
    from transformers import SiglipTokenizer

    tokenizer = SiglipTokenizer(vocab_file=str(_sentence_pieces(folder)), model_input_names=["input_ids"])
    _save_siglip(folder, tokenizer, size={"height": SIDE, "width": SIDE})


def save_siglip2(folder: Path) -> None:
    """SigLIP 2 at a fixed resolution: the same model with Gemma's tokenizer, resized bilinearly."""
    from transformers import GemmaTokenizer

    tokenizer = GemmaTokenizer(*_gemma_vocabulary(), padding_side="right", model_input_names=["input_ids"])
    _save_siglip(folder, tokenizer, size={"height": SIDE, "width": SIDE}, resample=2)


def save_naflex(folder: Path) -> None:
    """SigLIP 2 at any ratio."""
    from transformers import Siglip2Config, Siglip2ImageProcessorPil, Siglip2Model, Siglip2Tokenizer

    tokenizer = Siglip2Tokenizer(*_gemma_vocabulary(), padding_side="right")
    vision = {**SMALL, "patch_size": 8, "num_patches": 16}
    text = {**SMALL, "vocab_size": len(tokenizer), "projection_size": SMALL["hidden_size"]}
    _save(folder, Siglip2Model(_seeded(Siglip2Config, vision_config=vision, text_config=text)), tokenizer)
    Siglip2ImageProcessorPil(patch_size=8, max_num_patches=20).save_pretrained(folder)


def save_metaclip2(folder: Path) -> None:
    from transformers import CLIPImageProcessorPil, CLIPProcessor, MetaClip2Config, MetaClip2Model

    tokenizer = _roberta_tokenizer()
    text = {**SMALL, "vocab_size": len(tokenizer), "max_position_embeddings": TEXT_LENGTH, "eos_token_id": 2}
    config = _seeded(MetaClip2Config, vision_config=VISION, text_config=text, projection_dim=16)
    _save(folder, MetaClip2Model(config), tokenizer)
    # The images' configuration is inside that of the processor, as newer checkpoints have it.
    processor = CLIPProcessor(CLIPImageProcessorPil(size=SIDE, crop_size=SIDE), tokenizer)
    processor.save_pretrained(folder)
    assert "image_processor" in json.loads((folder / "processor_config.json").read_text())
    assert not (folder / "preprocessor_config.json").exists()


def save_altclip(folder: Path) -> None:
    from transformers import AltCLIPConfig, AltCLIPModel, CLIPImageProcessorPil

    tokenizer = _roberta_tokenizer()
    text = {**SMALL, "vocab_size": len(tokenizer), "max_position_embeddings": TEXT_LENGTH + 2, "project_dim": 24}
    config = _seeded(AltCLIPConfig, vision_config=VISION, text_config=text, projection_dim=16)
    _save(folder, AltCLIPModel(config), tokenizer)
    CLIPImageProcessorPil(size=SIDE, crop_size=SIDE).save_pretrained(folder)


def save_chinese_clip(folder: Path) -> None:
    from transformers import BertTokenizer, ChineseCLIPConfig, ChineseCLIPImageProcessorPil, ChineseCLIPModel

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "cat", "dog", "猫"]
    tokenizer = BertTokenizer({word: number for number, word in enumerate(words)}, model_max_length=TEXT_LENGTH)
    text = {**SMALL, "vocab_size": len(words), "max_position_embeddings": TEXT_LENGTH}
    config = _seeded(ChineseCLIPConfig, vision_config=VISION, text_config=text, projection_dim=16)
    _save(folder, ChineseCLIPModel(config), tokenizer)
    square = {"height": SIDE, "width": SIDE}
    ChineseCLIPImageProcessorPil(size=square, do_center_crop=False).save_pretrained(folder)


FAMILIES: dict[str, Callable[[Path], None]] = {
    "siglip": save_siglip,
    "siglip2": save_siglip2,
    "naflex": save_naflex,
    "metaclip2": save_metaclip2,
    "altclip": save_altclip,
    "chinese-clip": save_chinese_clip,
}


def _save_siglip(folder: Path, tokenizer: Any, **preprocessing: Any) -> None:
    from transformers import SiglipConfig, SiglipImageProcessorPil, SiglipModel

    text = {**SMALL, "vocab_size": len(tokenizer), "projection_size": SMALL["hidden_size"]}
    _save(folder, SiglipModel(_seeded(SiglipConfig, vision_config=VISION, text_config=text)), tokenizer)
    SiglipImageProcessorPil(**preprocessing).save_pretrained(folder)


def _seeded(config: Callable[..., Any], **values: Any) -> Any:
    """Make a configuration just before a model takes its random weights."""
    import torch

    torch.manual_seed(0)
    return config(**values)


def _save(folder: Path, model: Any, tokenizer: Any) -> None:
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _sentence_pieces(folder: Path) -> Path:
    import sentencepiece

    folder.mkdir(parents=True, exist_ok=True)
    lines = ["a photo of a cat", "a photo of a dog", "the quick brown fox jumps over the lazy dog"]
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines * 20),
        model_prefix=str(folder / "spiece"),
        vocab_size=48,
        hard_vocab_limit=False,
        bos_id=-1,
        minloglevel=2,
    )
    return folder / "spiece.model"


def _gemma_vocabulary() -> tuple[dict[str, int], list[tuple[str, str]]]:
    merges = [("c", "a"), ("ca", "t"), ("d", "o"), ("do", "g"), ("▁", "cat")]
    capitals = LETTERS.upper()
    pieces = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "▁", *LETTERS, *capitals, *map("".join, merges)]
    return {piece: number for number, piece in enumerate(pieces)}, merges


def _roberta_tokenizer() -> Any:
    from transformers import XLMRobertaTokenizer

    special = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    pieces = [(piece, -float(number)) for number, piece in enumerate(["▁", "▁cat", "▁dog", "▁a", *LETTERS], start=1)]
    return XLMRobertaTokenizer([*special, *pieces, ("<mask>", 0.0)], model_max_length=TEXT_LENGTH)
