"""What the tests of training share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from tlcore.engine.classifier import TextClassifier
from tlcore.models.load import load_encoder
from tlcore.models.saved import Head


@pytest.fixture
def make(tiny_base: Callable[[str], Path]) -> Callable[..., TextClassifier]:
    """Builds the same tiny classifier each time, its head at zero."""

    def build() -> TextClassifier:
        torch.manual_seed(0)
        return TextClassifier(load_encoder(tiny_base("bert")), Head(np.zeros((2, 32)), np.zeros(2)), (3,), 0.1, None)

    return build
