"""Alice (budget 2.0) and bob (budget 20.0) share one key; bob has spent 4.08."""

from __future__ import annotations

import asyncio

from .gateway import BudgetExceeded, Request, handle

CALLS = (
    Request("sk-shared", "alice", "/chat", cost=0.5),
    Request("sk-shared", "bob", "/chat", cost=4.08),
)


async def main() -> None:
    for call in CALLS:
        try:
            answer = f"ACCEPTED  {await handle(call)}"
        except BudgetExceeded as error:
            answer = f"REJECTED  {error}"
        print(f"{call.end_user_id:<6} {answer}")


if __name__ == "__main__":
    asyncio.run(main())
