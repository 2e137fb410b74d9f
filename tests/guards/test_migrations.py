"""The migrations make exactly what the models say, on both databases, upwards and downwards."""

import base64
import re

import pytest
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask_migrate import Migrate, downgrade, upgrade
from sqlalchemy import Enum, inspect, select, text
from sqlalchemy.exc import DBAPIError

from app import create_app
from hotline import clock, db, privacy
from hotline.calls import intake, names
from hotline.calls.models import EventKind
from hotline.config import ROOT
from hotline.db import Base
from hotline.migrations import rules
from hotline.people.models import Account
from hotline.places.models import Area, AreaKind, Institution
from hotline.queues.records import CallBack, CallBackCall, CallBackSource
from hotline.workorders import registering
from hotline.workorders.codes import State
from hotline.workorders.exchange_models import Attachment
from hotline.workorders.models import Order, OrderMove
from tests.conftest import test_config as config_for

FOLDER = ROOT / "hotline" / "migrations"


@pytest.fixture
def empty(databases):
    """An application on a database without a single table."""
    with databases.fresh() as url:
        app = create_app(config_for(url))
        Migrate(app, db.db, directory=str(FOLDER))
        with app.app_context():
            with db.db.engine.begin() as connection:
                wipe(connection)
            yield app
            db.session.remove()
            db.db.engine.dispose()


def wipe(connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
        return
    found = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"))
    connection.connection.dbapi_connection.execute("PRAGMA defer_foreign_keys=on")
    for (name,) in found.all():
        connection.exec_driver_sql(f'DROP TABLE "{name}"')


def shape() -> dict[str, object]:
    """Everything the database knows about its tables, comparable."""
    with db.db.engine.connect() as connection:
        look = inspect(connection)
        tables = [name for name in look.get_table_names() if name != "alembic_version"]
        return {
            "rules": rules.present(connection),
            **{
                name: (
                    sorted(
                        (column["name"], str(column["type"]), column["nullable"]) for column in look.get_columns(name)
                    ),
                    sorted((found["name"], *found["column_names"]) for found in look.get_unique_constraints(name)),
                    sorted(
                        (found["name"], found["unique"], *found["column_names"]) for found in look.get_indexes(name)
                    ),
                    sorted((found["name"], squeeze(found["sqltext"])) for found in look.get_check_constraints(name)),
                    sorted((found["name"], found["referred_table"]) for found in look.get_foreign_keys(name)),
                )
                for name in tables
            },
        }


def squeeze(sql: str) -> str:
    return re.sub(r"\s+", " ", sql)


def test_there_is_one_head():
    heads = ScriptDirectory(str(FOLDER)).get_heads()
    assert len(heads) == 1


def test_migrations_make_what_the_models_say_and_unmake_it(empty):
    upgrade()
    migrated = shape()
    downgrade(revision="base")
    with db.db.engine.connect() as connection:
        assert set(inspect(connection).get_table_names()) <= {"alembic_version"}
        assert rules.present(connection) == set()
    Base.metadata.create_all(db.db.engine)
    modelled = shape()
    assert migrated.keys() == modelled.keys()
    for name, found in migrated.items():
        assert found == modelled[name], name


def test_up_down_up(empty):
    upgrade()
    first = shape()
    downgrade(revision="base")
    upgrade()
    assert shape() == first
    with db.db.engine.connect() as connection:
        assert MigrationContext.configure(connection).get_current_revision() is not None


def kept_order(**changes):
    """An order as a release before held it; nothing else needs to stand beside it."""
    now = clock.now()
    values = {
        "own_no": f"SZ{len(changes)}{changes.get('state')}",
        "source": "CITY",
        "nature": "4",
        "title": "门诊收费",
        "content": "重复收费",
        "registered_at": now,
        "registered_on": clock.today(),
        "changed_at": now,
    }
    return Order(**{**values, **changes})


def test_rows_of_earlier_releases_are_brought_up_to_date(empty):
    upgrade()
    main = kept_order(state="closed", caller_name="钱多多先生")
    db.session.add(main)
    db.session.flush()
    db.session.add(kept_order(state="closed", parent_id=main.id, closed_at=clock.now()))
    db.session.commit()
    downgrade(revision="0002")
    db.session.expire_all()
    with db.db.engine.begin() as connection:
        assert connection.scalars(text("SELECT state FROM work_order ORDER BY id")).all() == ["closed", "merged"]
    upgrade()
    first, second = db.session.scalars(select(Order).order_by(Order.id)).all()
    assert (second.state, second.parent_id) == (State.CLOSED, first.id)
    assert (first.name_hash, second.name_hash) == (names.hashed("钱多多"), None)


def test_whose_a_file_is_and_who_was_accused_is_found_in_what_was_kept(empty):
    upgrade()
    unit = Institution(name="某医院")
    db.session.add(unit)
    db.session.flush()
    person = Account(login="yy", name="某", password_hash="x", password_set_at=clock.now(), institution_id=unit.id)
    told, plain = (kept_order(own_no=number, state="closed") for number in ("SZ1", "SZ2"))
    db.session.add_all([person, told, plain])
    db.session.flush()
    same = {"at": clock.now(), "move": "note", "to_state": "registered", "party": "platform", "actor_name": "市12345"}
    for order, said in ((told, registering.unsettled("某急诊科")), (plain, "请核实")):
        db.session.add(OrderMove(order_id=order.id, reason=said, internal=True, **same))
    for party, ref in (("unit", "a"), ("hotline", "b")):
        kept = {"name": "a.pdf", "media_type": "application/pdf", "size": 1, "added_at": clock.now()}
        db.session.add(Attachment(order_id=told.id, ref=ref, sha256=ref, party=party, added_by_id=person.id, **kept))
    db.session.commit()
    downgrade(revision="0010")
    upgrade()
    assert [one.accused_told for one in db.session.scalars(select(Order).order_by(Order.id))] == ["某急诊科", None]
    files = {one.ref: one.unit_id for one in db.session.scalars(select(Attachment))}
    assert files == {"a": unit.id, "b": None}


def test_the_members_of_every_enum_are_its_check(empty):
    """A new member without a migration would be refused only in production."""
    upgrade()
    with db.db.engine.connect() as connection:
        look = inspect(connection)
        for table in Base.metadata.sorted_tables:
            checks = " ".join(check["sqltext"] for check in look.get_check_constraints(table.name))
            for column in table.columns:
                if isinstance(column.type, Enum):
                    missing = [value for value in column.type.enums if f"'{value}'" not in checks]
                    assert missing == [], f"{table.name}.{column.name}"


def test_rows_outlive_the_tables_that_are_made_anew(empty):
    """What 0005 and 0009 widen keeps its rows, its history and the refusal to change it, upwards and downwards."""
    upgrade(revision="0004")
    values = {
        "own_no": "SZ202603020001",
        "source": "CITY",
        "channel": "TEL",
        "kind": "1",
        "nature": "4",
        "urgency": "0",
        "registered_at": "2026-03-02 02:00:00",
        "registered_on": "2026-03-02",
        "title": b"x",
        "content": b"x",
        "result": privacy.encrypt("已核实", "work_order.result"),
        "confidential": False,
        "reply_required": True,
        "state": "void",
        "changed_at": "2026-03-02 02:00:00",
        "direct": False,
        "due_provisional": False,
        **dict.fromkeys(("rounds", "version"), 1),
        **dict.fromkeys(("returns", "extensions", "urged", "supervision", "revisits"), 0),
    }
    line = {"order_id": 1, "at": "2026-03-02 02:00:00", "move": "reply", "to_state": "void", "party": "unit"}
    line |= {"actor_name": "系统", "internal": False, "data": "{}"}
    for table, row in (("work_order", values), ("order_move", line)):
        named = ", ".join(row)
        with db.db.engine.begin() as connection:
            connection.execute(text(f"INSERT INTO {table} ({named}) VALUES ({', '.join(f':{n}' for n in row)})"), row)
    for step in (upgrade, lambda: downgrade(revision="0004"), upgrade):
        step()
        with db.db.engine.connect() as connection:
            assert connection.scalar(text("SELECT own_no FROM work_order WHERE id = 1")) == "SZ202603020001"
            assert connection.scalar(text("SELECT count(*) FROM order_move WHERE order_id = 1")) == 1
        with pytest.raises(DBAPIError), db.db.engine.begin() as connection:
            connection.execute(text("UPDATE order_move SET move = 'note'"))
    with db.db.engine.connect() as connection:
        new = connection.execute(text("SELECT is_repeat, exempt, nonsense, categories, source_level FROM work_order"))
        assert [str(value) for value in new.one()] in (["0", "0", "0", "[]", "None"], ["False"] * 3 + ["[]", "None"])
        result = connection.scalar(text("SELECT result FROM order_move"))
        assert privacy.decrypt(bytes(result), "order_move.result") == "已核实"


def test_a_signing_secret_keeps_its_bytes_in_the_new_spelling(empty):
    old, new = "an-old_secret", "whsec_" + base64.b64encode(bytes(range(200, 232))).decode()
    upgrade(revision="0007")
    insert = text(
        "INSERT INTO platform (name, source, callback_url, secret, mapping) VALUES (:n, 'CITY', '', :s, '{}')"
    )
    with db.db.engine.begin() as connection:
        for name, secret in (("a", old), ("b", new)):
            connection.execute(insert, {"n": name, "s": privacy.encrypt(secret, "platform.secret")})
    for move, first in ((upgrade, "whsec_YW4tb2xkX3NlY3JldA=="), (lambda: downgrade(revision="0007"), old)):
        move()
        with db.db.engine.connect() as connection:
            kept = connection.execute(text("SELECT secret FROM platform ORDER BY name")).scalars().all()
        assert [privacy.decrypt(bytes(one), "platform.secret") for one in kept] == [first, new]


def test_call_backs_of_one_caller_become_one(empty):
    upgrade()
    db.session.add(Area(code="320100", name="南京市", short="南京", kind=AreaKind.CITY))
    db.session.flush()
    kept = {"source": CallBackSource.ABANDONED, "asked_at": clock.now(), "due_at": clock.now()}
    ids = []
    for number, (line, caller) in enumerate([("a", "13800001234"), ("b", "13800001234"), ("c", "13800005678")]):
        ring = intake.Report("test", f"leg-{number}", f"ring-{number}", EventKind.OFFERED, clock.now(), {}, caller)
        ids.append(intake.receive(ring, "320100").call_id)
        db.session.add(CallBack(call_id=ids[-1], line=line, **kept))
    db.session.commit()
    downgrade(revision="0015")
    with db.db.engine.begin() as connection:
        connection.execute(text("UPDATE call_back SET line = 'consult'"))
    upgrade()
    db.session.expire_all()
    found = {row.call_id: (row.state.value, row.outcome) for row in db.session.scalars(select(CallBack))}
    assert [found[each] for each in ids] == [("open", ""), ("done", "merged"), ("open", "")]
    stands_for = {row.call_id: row.of_id for row in db.session.scalars(select(CallBackCall))}
    assert [stands_for[each] for each in ids] == [ids[0], ids[0], ids[2]]
