"""Schemathesis over the served document: no 5xx, nothing accepted that the document refuses.

The suite runs a few cases per operation; the full number: `FUZZ_CASES=300 pytest tests/doors/test_exchange_fuzz.py`.
"""

import os

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from hotline.db import session
from hotline.workorders import platforms
from hotline.workorders.codes import Source
from hotline.workorders.platforms import Scope
from tests.matters import workorders as make

CASES = int(os.environ.get("FUZZ_CASES", "12"))
"""Cases per operation and mode."""

WANTED = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]


@pytest.fixture
def schema(app):
    return schemathesis.openapi.from_wsgi("/api/openapi.json", app)


@pytest.fixture
def headers(app):
    platform = platforms.add("市12345", Source.CITY, city_code="320500")
    text, _ = platforms.issue(platform, "测试", list(Scope))
    for number in ("0", "1", "A"):
        make.order(external_no=number)
    session.commit()
    return {"Authorization": f"Bearer {text}"}


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: mode.value)
def test_the_door_keeps_to_its_document(schema, headers, mode):
    tried = 0
    for result in schema.get_all_operations():
        operation = result.ok()

        @settings(
            max_examples=CASES,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def run(case):
            session.remove()
            case.call_and_validate(headers=headers, checks=WANTED)

        run()
        tried += 1
    assert tried == 10
