"""Tiny random models that see, in folders laid out as those on the Hub are: what the tests of asking them share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tlcore.models.bases import tokenizer_file

IMAGE = "<image>"
SIDE, PATCH = 32, 8


def make_seer(kind: str, folder: Path) -> Path:
    """A LLaVA or PaliGemma of two small blocks, loud enough that a wrong place or mask shows in what it finds likely."""
    import torch
    import transformers as hf

    folder.mkdir(parents=True, exist_ok=True)
    tokens = hf.PreTrainedTokenizerFast(
        tokenizer_file=str(tokenizer_file("minilm")), eos_token="[SEP]", bos_token="[CLS]", pad_token="[PAD]", unk_token="[UNK]"
    )  # fmt: skip
    tokens.add_special_tokens({"additional_special_tokens": [IMAGE]})
    tokens.save_pretrained(str(folder))
    image = tokens.convert_tokens_to_ids(IMAGE)
    small: dict[str, Any] = {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
    }
    sight = {**small, "image_size": SIDE, "patch_size": PATCH, "initializer_range": 0.3}
    words = {**small, "vocab_size": len(tokens) + 8, "num_key_value_heads": 2, "initializer_range": 0.3, "head_dim": 8}
    with torch.random.fork_rng():
        torch.manual_seed(0)
        if kind == "llava":
            config: Any = hf.LlavaConfig(
                vision_config=hf.CLIPVisionConfig(**sight), text_config=hf.LlamaConfig(**words), image_token_id=image, vision_feature_layer=-2,
                vision_feature_select_strategy="default",
            )  # fmt: skip
            model: Any = hf.LlavaForConditionalGeneration(config)
        else:
            config = hf.PaliGemmaConfig(
                vision_config={**hf.SiglipVisionConfig(**sight).to_dict(), "projection_dim": 32},
                text_config=hf.GemmaConfig(**words), image_token_id=image, projection_dim=32, hidden_size=32,
            )  # fmt: skip
            model = hf.PaliGemmaForConditionalGeneration(config)
    model.save_pretrained(str(folder))
    _processor(kind, folder)
    return folder


def _processor(kind: str, folder: Path) -> None:
    """The files that tell how pictures and words are made ready, as in the folders of both families."""
    common = {"do_resize": True, "do_rescale": True, "do_normalize": True, "resample": 3}
    if kind == "llava":
        seen = {
            **common, "image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": SIDE}, "do_center_crop": True,
            "crop_size": {"height": SIDE, "width": SIDE}, "image_mean": [0.48, 0.46, 0.41], "image_std": [0.27, 0.26, 0.28],
        }  # fmt: skip
        whole = {
            "processor_class": "LlavaProcessor", "patch_size": PATCH, "vision_feature_select_strategy": "default",
            "num_additional_image_tokens": 1, "image_token": IMAGE,
        }  # fmt: skip
    else:
        seen = {
            **common, "image_processor_type": "SiglipImageProcessor", "size": {"height": SIDE, "width": SIDE},
            "image_seq_length": (SIDE // PATCH) ** 2, "image_mean": [0.5] * 3, "image_std": [0.5] * 3,
        }  # fmt: skip
        whole = {"processor_class": "PaliGemmaProcessor"}
    (folder / "preprocessor_config.json").write_text(json.dumps({**seen, "processor_class": whole["processor_class"]}))
    (folder / "processor_config.json").write_text(json.dumps(whole))
