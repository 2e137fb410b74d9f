"""One world and one asker, for the guards that walk over all the routes."""

import pytest

from tests.guards import objects
from tests.guards.bodies import Asker


@pytest.fixture
def world(app, people):
    return objects.build(app, people)


@pytest.fixture
def asker(client, world, monkeypatch):
    return Asker(client, world, monkeypatch)
