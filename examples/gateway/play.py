"""Alice (budget 2.0) and bob (budget 20.0) use one key, one after the other.

Run it in the folder above: ``python -m gateway.play``.
"""

from __future__ import annotations

import asyncio

from .end_users import END_USERS
from .gateway import BudgetExceeded, Request, handle

CALLS = (
    Request("sk-shared", "alice", "/chat/completions", spent=0.5),
    Request("sk-shared", "bob", "/chat/completions", spent=4.08),
)


async def main() -> None:
    for call in CALLS:
        try:
            verdict = f"ACCEPTED  {await handle(call)}"
        except BudgetExceeded as error:
            verdict = f"REJECTED  {error}"
        own = END_USERS[call.end_user_id or ""].max_budget
        print(f"{call.end_user_id:<6} (own budget: {own:>4})  {verdict}")


if __name__ == "__main__":
    asyncio.run(main())
