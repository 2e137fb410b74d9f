"""Own numbers: source, day, running number of that day (`SZ202411060001`)."""

from datetime import date

from hotline import db
from hotline.db import session
from hotline.workorders.codes import NUMBER_PREFIX, Source
from hotline.workorders.models import OrderNumber


def take(source: Source, day: date, count: int = 1) -> list[str]:
    """The next `count` numbers, each given out once whoever else is asking."""
    prefix = NUMBER_PREFIX[source]
    upsert = (
        db.insert(OrderNumber)
        .values(prefix=prefix, day=day, last=count)
        .on_conflict_do_update(index_elements=["prefix", "day"], set_={"last": OrderNumber.last + count})
        .returning(OrderNumber.last)
    )
    last = session.execute(upsert).scalar_one()
    return [f"{prefix}{day:%Y%m%d}{number:04d}" for number in range(last - count + 1, last + 1)]
