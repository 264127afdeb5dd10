"""Settings of the main job are checked before any work, with one line that says what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geodepth.validation.bridge.content_keys import key
from geodepth.validation.errors import ValidationError
from geodepth.validation.pipeline.settings import Settings


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"weight_decay": -1.0}, "weight_decay is -1.0"),
        ({"weight_decay": 0.0}, "weight_decay is 0.0"),
        ({"weight_decay": "small"}, "weight_decay is 'small'"),
        ({"effective_depth": float("nan")}, "effective_depth is nan"),
        ({"layers": 3}, "layers is 3, too few for effective_depth 3"),
        ({"layers": 3.5}, "layers is 3.5"),
        ({"schemes": ("random",)}, "schemes is ['random']"),
        ({"schemes": ()}, "schemes is []"),
        ({"members": 0}, "members is 0"),
        ({"samples": 0}, "samples is 0"),
    ],
)
def test_bad_settings_are_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError) as error:
        Settings(**change)
    assert words in str(error.value)


def test_a_width_below_the_data_is_refused() -> None:
    with pytest.raises(ValidationError, match="width is 3, smaller than the 4 rows of the inputs of iris"):
        Settings(width=3).load()


def test_toml_files(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text('data = "teacher"\nsamples = 8\nwidth = 4\nschemes = ["adaptive"]\n')
    settings = Settings.from_toml(path)
    assert (settings.data, settings.samples, settings.schemes) == ("teacher", 8, ("adaptive",))
    for text, words in (
        ("width = ", "is not TOML"),
        ("wide = 4", "sets 'wide'"),
        ('schemes = "adaptive"', "give a list"),
        ("width = -4", "width is -4"),
    ):
        path.write_text(text)
        with pytest.raises(ValidationError, match=words):
            Settings.from_toml(path)
    with pytest.raises(ValidationError, match="cannot be read"):
        Settings.from_toml(tmp_path / "none.toml")


def test_data_files_are_found_beside_the_toml(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    np.savez(tmp_path / "mine.npz", inputs=generator.normal(size=(2, 12)), targets=generator.normal(size=(1, 12)))
    (tmp_path / "settings.toml").write_text('data = "mine.npz"\nsamples = 9\n')
    dataset = Settings.from_toml(tmp_path / "settings.toml").load()
    assert dataset.inputs.shape == (2, 9)


def test_iris_has_all_classes_and_enough_samples() -> None:
    dataset = Settings().load()
    assert dataset.inputs.shape[0] == 4
    assert dataset.targets.shape[0] == 3
    assert dataset.samples >= 30
    assert dataset.labels is not None
    assert set(dataset.labels.tolist()) == {0, 1, 2}


def test_keys_depend_on_content_alone() -> None:
    assert key("a", [1.0, 2.0]) == key("a", [1.0, 2.0])
    assert key("a", [1.0, 2.0]) != key("a", [1.0, 2.1])
