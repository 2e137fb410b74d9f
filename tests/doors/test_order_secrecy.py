"""What a handling unit may learn: nothing of a person who is hidden from it, nothing that another unit wrote."""

import pytest

from hotline.db import session
from hotline.people.models import AccountRole, Role
from hotline.workorders import handling, ladder
from tests.matters import workorders as make


@pytest.fixture
def desk(client, sign_in):
    return sign_in(client, Role.DISPATCHER)


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


def act(client, order, name, **form):
    return client.post(f"/orders/{order.id}/acts/{name}", data=form)


def text_of(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


WRITTEN = "欧阳 靖雯来电83281234，手机１３８００００５６７８ 138.0000.5678，住汉口路22号3幢501"
LEAKS = ("欧阳", "靖雯", "83281234", "１３８００００５６７８", "138.0000.5678", "汉口路", "22号", "3幢501")


def test_a_hidden_person_stays_hidden_however_they_are_written(of_unit):
    order = make.order(
        title=f"{WRITTEN}反映收费",
        content=f"投诉人{WRITTEN}，反映收费问题。",
        caller_name="欧阳靖雯",
        caller_phone="025-83281234",
        contact_phone="13800005678",
        address="汉口路22号3幢501室",
        confidential=True,
    )
    here = make.desk()
    handling.dispatch(order, here, make.gulou(), reason=f"请核实：{WRITTEN}")
    ladder.urge(order, here, f"{WRITTEN}再次催办")
    session.commit()
    shown = [text_of(of_unit, path) for path in (f"/orders/{order.id}", f"/orders/{order.id}/print", "/orders/")]
    shown.append(text_of(of_unit, "/orders/notices"))
    shown.append(of_unit.post("/orders/export", data={"view": "all"}).data.decode("utf-8-sig"))
    for page in shown:
        assert order.own_no in page
        assert "反映收费" in page
        assert [leak for leak in LEAKS if leak in page] == []
