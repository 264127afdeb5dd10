"""Random damaged files, tables and command lines: no traceback, nothing accepted that changes meaning."""

import pytest

from .random_inputs import judged, one_draw


def test_a_draw_is_the_same_wherever_it_is_made() -> None:
    from hypothesis import strategies as st

    many = st.lists(st.integers(), min_size=5)
    assert one_draw(7, lambda draw: draw(many)) == one_draw(7, lambda draw: draw(many))
    assert len({tuple(one_draw(k, lambda draw: draw(many))) for k in range(20)}) > 10


@pytest.mark.parametrize("number", range(30))
def test_draws(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(".")  # a command line is run elsewhere
    record = judged(number)
    assert not record["class"].isupper(), record
