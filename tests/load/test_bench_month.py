"""The bench of the month in small: it runs, and its figures agree with each other."""

import pytest

from hotline.db import session
from hotline.statistics import exports
from tests.load import bench_month

pytestmark = pytest.mark.postgres


def test_the_bench_runs(committed_app, tmp_path, monkeypatch):
    with committed_app.app_context():
        exports.configure(tmp_path)
        monkeypatch.setattr(bench_month, "PAGE", 3)
        found = bench_month.run(calls=6000, export_days=60)
        session.remove()
    assert found["csv_rows"] == found["xlsx_rows"] > 100
    assert set(bench_month.MOST | bench_month.LEAST) <= set(found)
    assert bench_month.missed({**found, **bench_month.LEAST, **bench_month.MOST}) == []
    assert bench_month.missed({**found, **bench_month.LEAST, **bench_month.MOST, "page_p95_ms": 51}) == ["page_p95_ms"]
