"""One thing that can be done to an order: its form, who may press it, when it is offered, the verb it calls."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hotline.people.models import Role
from hotline.web.orders import forms
from hotline.workorders.codes import ENDED, State
from hotline.workorders.models import Order
from hotline.workorders.moves import By

Do = Callable[[Order, By, dict[str, Any]], object]
DESK = frozenset({Role.DISPATCHER, Role.SUPERVISOR})
CALLERS = DESK | {Role.AGENT}
UNIT = frozenset({Role.UNIT})
RUNNING = frozenset(State) - ENDED - {State.DRAFT, State.MERGED}


def always(_order: Order) -> bool:
    """Nothing of the order itself stands against it."""
    return True


@dataclass(frozen=True)
class Act:
    """One button: `states` are those it is offered in, to orders for which `when` holds.

    What only adds a line (`adds`) cannot collide with what somebody else did since the page was opened.
    """

    label: str
    form: type[forms.Versioned]
    roles: frozenset[Role]
    states: frozenset[State]
    do: Do
    done: str
    when: Callable[[Order], bool] = always
    adds: bool = False
