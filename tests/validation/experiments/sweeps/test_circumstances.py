"""The digest of the code follows what numbers depend on."""

from __future__ import annotations

from pathlib import Path

from geodepth.validation.experiments.sweeps.circumstances import digest_of_code


def test_the_digest_of_the_code_follows_what_numbers_depend_on(tmp_path: Path) -> None:
    for room in ("control", "nets", "validation/experiments"):
        (tmp_path / room).mkdir(parents=True)
        (tmp_path / room / "a.py").write_text("x = 1\n")
    before = digest_of_code(tmp_path)
    (tmp_path / "validation" / "figures").mkdir()
    (tmp_path / "validation" / "figures" / "waterfall.py").write_text("y = 1\n")
    assert digest_of_code(tmp_path) == before
    (tmp_path / "nets" / "a.py").write_text("x = 2\n")
    assert digest_of_code(tmp_path) != before
