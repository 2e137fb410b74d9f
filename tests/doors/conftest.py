"""People at the orders' door: one of the unit 南京鼓楼医院, one of another."""

import pytest

from hotline.db import session
from hotline.people.models import AccountRole, Role
from tests.matters import workorders as make


@pytest.fixture
def of_unit(app, client, sign_in):
    """Somebody of 南京鼓楼医院."""
    return sign_in(app.test_client(), Role.UNIT)


@pytest.fixture
def stranger(app, client, sign_in, people):
    """Somebody of 南京市第一医院."""
    account = make.account("stranger")
    account.institution_id = make.tongren()
    session.add(AccountRole(account_id=account.id, role=Role.UNIT))
    session.commit()
    return sign_in(app.test_client(), account)
