"""What cannot be a report."""

from __future__ import annotations

from dataclasses import replace

import pytest

from geodepth.validation.errors import ValidationError
from geodepth.validation.report.data import ReportData


def test_bad_reports(data: ReportData) -> None:
    with pytest.raises(ValidationError, match="truths is empty"):
        replace(data, truths=())
    with pytest.raises(ValidationError, match="refers to truth 'other'"):
        replace(data, networks=(replace(data.networks[0], truth="other"),))
    with pytest.raises(ValidationError, match="repeat a name"):
        replace(data, truths=data.truths * 2)
