"""Settings of the main job are checked before any work, with one line that says what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geodepth.validation.bridge.content_keys import key
from geodepth.validation.data.named import INPUTS, load_dataset
from geodepth.validation.errors import ValidationError
from geodepth.validation.pipeline.duration import expected_seconds, in_words
from geodepth.validation.pipeline.settings import FEW, QUICK, Settings, quick_sizes


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


@pytest.mark.parametrize("name", INPUTS)
def test_known_numbers_of_inputs_are_those_of_the_data(name: str) -> None:
    assert len(load_dataset(name).inputs) == INPUTS[name]


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


@pytest.mark.parametrize(
    ("data", "width", "small"),
    [("iris", 5, False), ("teacher", 5, False), ("wine", 13, False), ("diabetes", 10, False), ("digits", 61, True)],
)
def test_defaults_fit_the_data(data: str, width: int, small: bool) -> None:
    """Every data set that the help names can be started without any option, and ends on a working day."""
    settings = Settings.fitted(data=data)
    dataset = settings.load()
    assert max(5, len(dataset.inputs), len(dataset.targets)) == settings.width <= width
    assert (settings.starts == QUICK["starts"]) == small
    assert 10.0 < expected_seconds(settings, dataset) < 8 * 3600.0


def test_what_is_given_stays_whatever_the_data(tmp_path: Path) -> None:
    given: dict[str, Any] = {
        "data": "digits",
        "width": 64,
        "layers": 9,
        "starts": 3,
        "members": 2,
        "epochs": 7,
        "adaptive_starts": 2,
    }
    settings = Settings.fitted(**given)
    assert {name: getattr(settings, name) for name in given} == given
    with pytest.raises(ValidationError, match="width is 9, smaller than the 13 rows of the inputs of wine"):
        Settings.fitted(data="wine", width=9).load()
    generator = np.random.default_rng(0)
    np.savez(tmp_path / "mine.npz", inputs=generator.normal(size=(7, 12)), targets=generator.normal(size=(9, 12)))
    assert Settings.fitted(data=str(tmp_path / "mine.npz")).width == 9
    # Too few layers of the small version for such a depth: those of the large one.
    assert Settings.fitted(data="digits", effective_depth=9.0).layers == 12


def test_targets_are_columns_of_a_table(tmp_path: Path) -> None:
    rows = [f"{k},{k % 3},{k * k}" for k in range(8)]
    (tmp_path / "mine.csv").write_text("\n".join(["a,b c,d", *rows]) + "\n")
    (tmp_path / "mine.toml").write_text('data = "mine.csv"\ntargets = ["a", "b c"]\n')
    assert len(Settings.from_toml(tmp_path / "mine.toml").load().targets) == 2
    assert len(Settings(data=str(tmp_path / "mine.csv")).load().targets) == 1
    with pytest.raises(ValidationError, match="targets are e; choose some, not all, of a, b c, d"):
        Settings(data=str(tmp_path / "mine.csv"), targets=("e",)).load()
    with pytest.raises(ValidationError, match="targets is 'a'; give a list of names of columns"):
        Settings(targets="a")  # type: ignore[arg-type]


def test_a_truth_that_is_given_the_first_ones_best_is_searched_once() -> None:
    plain, asked = Settings(), Settings(searches=5)
    assert (plain.starts_besides, asked.starts_besides) == (None, None)
    assert [plain.searches_of(None, besides) for besides in (False, True)] == [None, 1]
    assert [asked.searches_of(None, besides) for besides in (False, True)] == [5, 5]
    # Random starts that are asked for take the place of searches.
    assert Settings(starts=9).starts_besides == FEW
    assert Settings(starts=9, adaptive_starts=2).starts_besides == 2
    assert plain.searches_of(4, besides=True) is None


def test_searches_take_the_place_of_the_small_versions_starts() -> None:
    assert Settings.fitted(data="digits", searches=5).starts is None
    assert quick_sizes({"searches": 5}) == {name: size for name, size in QUICK.items() if name != "starts"}
    assert quick_sizes({"epochs": 5}) == QUICK
    with pytest.raises(
        ValidationError, match="starts is 4 and searches is 5; give starts for random ones, or searches"
    ):
        Settings(starts=4, searches=5)


def test_more_work_takes_longer_and_absurd_work_is_refused() -> None:
    dataset = Settings().load()
    least = expected_seconds(Settings(), dataset)
    changes: list[dict[str, Any]] = [
        {"starts": 400},
        {"searches": 4},
        {"members": 20},
        {"layers": 30},
        {"epochs": 99999},
        {"width": 9},
    ]
    for change in (*changes, {"workers": 1}, {"searches": 4}):
        assert expected_seconds(Settings.fitted(**change), dataset) > least
    for name in ("width", "layers", "members", "starts", "adaptive_starts", "epochs"):
        absurd: dict[str, Any] = {name: 10**15}
        with pytest.raises(ValidationError, match=f"{name} 1.*(GB of memory|years)"):
            expected_seconds(Settings.fitted(**absurd), dataset)
    for seconds, words in ((0.2, "1 seconds"), (100.0, "100 seconds"), (150.0, "2 minutes"), (9000.0, "2 hours")):
        assert in_words(seconds) == f"about {words}"
    with pytest.raises(ValidationError, match="seed is 18446744073709551616; give a number below"):
        Settings(seed=2**64)


def test_the_small_version_takes_minutes_of_any_data(tmp_path: Path) -> None:
    """The estimate stays within five minutes, whatever the sizes; what is given stays."""
    generator = np.random.default_rng(0)
    for inputs, samples in ((3, 500), (8, 100), (13, 40), (60, 400), (100, 12)):
        file = tmp_path / f"{inputs}.npz"
        np.savez(file, inputs=generator.normal(size=(inputs, samples)), targets=generator.normal(size=(2, samples)))
        settings = Settings.fitted(quick=True, data=str(file), **QUICK)
        dataset = settings.load()
        assert expected_seconds(settings, dataset) < 300.0
        assert dataset.samples <= 30
        assert len(dataset.inputs) == min(13, inputs, samples - 1)
        assert dataset.samples + dataset.test_inputs.shape[1] == samples
    for name in ("iris", "wine", "diabetes", "digits", "teacher"):
        settings = Settings.fitted(quick=True, data=name, **QUICK)
        assert expected_seconds(settings, settings.load()) < 300.0
    whole = Settings.fitted(quick=True, data=str(tmp_path / "3.npz"), samples=200, **QUICK)
    assert whole.load().samples == 200
    assert Settings.fitted(quick=True, data="digits", components=5, samples=12, **QUICK).load().inputs.shape == (5, 12)
    assert Settings.fitted(data=str(tmp_path / "3.npz")).load().samples == 500
