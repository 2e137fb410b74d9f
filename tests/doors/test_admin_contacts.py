"""The outside numbers agents transfer to, as administrators keep them."""

import pytest
from sqlalchemy import select

from hotline.audit import AuditEntry
from hotline.db import session
from hotline.people.models import Role
from hotline.queues import contacts, reference
from hotline.queues.records import Contact


@pytest.fixture
def admin(client, sign_in):
    return sign_in(client, Role.ADMIN)


def named(name):
    return session.scalars(select(Contact).where(Contact.name == name)).one()


def trail():
    kept = AuditEntry.action.like("contact.%")
    return list(session.scalars(select(AuditEntry.action).where(kept).order_by(AuditEntry.id)))


def test_a_hospital_is_added_changed_and_taken_out_of_use(admin):
    sent = {"name": "南京鼓楼医院总值班", "number": "8310 6666"}
    assert "025-83106666" in admin.post("/admin/contacts", data=sent, follow_redirects=True).text
    made = named("南京鼓楼医院总值班")
    assert (made.endpoint, contacts.all_contacts()[-1]) == ("+862583106666", made)
    there = f"/admin/contacts/{made.code}"
    admin.post(there, data={"name": "鼓楼医院急诊", "number": "（010）83106667"})
    assert (made.name, made.endpoint) == ("鼓楼医院急诊", "+861083106667")
    assert admin.post(there, data={"name": "鼓楼医院急诊", "number": "010-83106667"}).status_code == 303
    assert "鼓楼医院急诊 已停用" in admin.post(f"{there}/remove", follow_redirects=True).text
    assert trail() == ["contact.add", "contact.change", "contact.remove"]


@pytest.mark.parametrize(
    ("name", "number", "status", "told"),
    [
        ("某医院", "号码不详", 422, "须为国内固定电话"),
        ("某医院", "+1 212 555 0100", 422, "须为国内固定电话"),
        ("某医院", "025-00000000", 422, "须为国内固定电话"),
        ("某医院", "025-83106666转8001", 422, "不带分机"),
        ("  ", "83106666", 422, "必填"),
        ("又一个急救", "120", 409, "已登记为“急救120”"),
        ("公安110", "83106666", 409, "已有“公安110”"),
    ],
)
@pytest.mark.parametrize("there", ["/admin/contacts", "/admin/contacts/12356"])
def test_what_cannot_be_dialled_or_is_there_already_is_told(admin, there, name, number, status, told):
    answer = admin.post(there, data={"name": name, "number": number})
    assert (answer.status_code, told in answer.text) == (status, True)
    assert named("心理援助热线12356").endpoint == "12356"
    assert trail() == []


def test_a_number_that_is_gone_is_told(admin):
    sent = {"name": "某医院", "number": "83106666"}
    assert admin.post("/admin/contacts/none", data=sent).status_code == 404
    assert admin.post("/admin/contacts/none/remove").status_code == 404


def test_what_was_taken_out_of_use_stays_out(admin):
    admin.post("/admin/contacts/12345/remove")
    reference.load()
    assert [row.code for row in contacts.all_contacts()] == ["110", "120", "119", "12356"]


def test_agents_see_the_change_but_keep_no_book(client, sign_in, admin):
    admin.post("/admin/contacts", data={"name": "南京鼓楼医院总值班", "number": "025-83106666"})
    sign_in(client, Role.AGENT)
    assert client.get("/desk/line/targets").json["contacts"][-1]["name"] == "南京鼓楼医院总值班"
    assert client.get("/admin/contacts").status_code == 403
