"""`python -m workers.prepare`: bring the database to what this release needs. A deployment runs it before the rest.

Migrations, then the reference data that is missing. A demonstration also gets its invented people, once.
"""

import sys

from flask_migrate import upgrade
from sqlalchemy import select

from app import create_or_tell
from hotline import audit, reference
from hotline.db import session
from hotline.demo import start
from hotline.people.demo import demo_accounts
from hotline.people.models import Account
from hotline.places.models import Institution

DEMO_UNIT = "南京鼓楼医院"


def invent() -> None:
    """The demonstration's people, lines, finished months and orders of these days, when there is no account yet."""
    if session.scalar(select(Account.id).limit(1)) is not None:
        return
    unit = session.scalars(select(Institution).where(Institution.name == DEMO_UNIT)).one()
    with audit.acting(audit.Actor(name="演示")):
        demo_accounts(unit.id)
        for _ in start.load():
            session.commit()


def main() -> int:
    app = create_or_tell()
    if app is None:
        return 2
    with app.app_context():
        upgrade()
        reference.load()
        if app.config["HOTLINE"].mode == "demo":
            invent()
        session.commit()
    return 0


if __name__ == "__main__":
    sys.exit(main())
