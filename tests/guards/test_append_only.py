import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from hotline import audit
from hotline.db import session


@pytest.mark.parametrize("statement", ["UPDATE audit_entry SET action = 'x'", "DELETE FROM audit_entry"])
def test_the_database_refuses_to_change_the_audit_trail(app, statement):
    before = audit.verify().entries
    audit.record("test.made", "thing:1")
    session.commit()
    assert audit.verify().entries == before + 1
    with pytest.raises(DBAPIError, match="append only"):
        session.execute(text(statement))
