"""Stores under keys that say whose entry it is: such an entry is nobody else's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lint_rules.knowledge.merging import family
from lint_rules.knowledge.userkeys import names_user
from lint_rules.rules.stores import is_for_one_user

if TYPE_CHECKING:
    from lint_rules.flow.facts import Facts, Store, Write
    from lint_rules.flow.values import Obj
    from lint_rules.knowledge.base import Knowledge
    from lint_rules.knowledge.helpers import HelperCopy
    from lint_rules.knowledge.proofs import PerRequest


def is_users_own(
    knowledge: Knowledge, facts: Facts, store: Store, writes: list[Write], carrier: Obj,
    found: PerRequest,
) -> bool:  # fmt: skip
    """True when the key of a store says whose entry it is; ``writes`` are those of a request's values."""
    return is_for_one_user(facts, store, writes, found) or names_user(
        knowledge.fields, facts, store.key_text, carrier.model
    )


def is_stored_for_user(knowledge: Knowledge, facts: Facts, copy: HelperCopy) -> bool:
    """True when every store of a copy that the function itself does is under the key of an end user, and a copy that is
    made for the cache by the function's name is not handed to a caller, who may store it under any."""
    stores = [store for store in facts.stores if copy.copy.id in family(facts, store.obj)]
    return (
        (copy.why == "stored" or not copy.returned)
        and bool(stores)
        and all(
            names_user(knowledge.fields, facts, store.key_text, copy.copy.model) for store in stores
        )
    )
