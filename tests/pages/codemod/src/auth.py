from dataclasses import dataclass, replace


@dataclass
class Auth:
    key: str
    end_user_id: str | None = None
    end_user_max_budget: float | None = None


cache: dict[str, Auth] = {}


def copy_for_cache(auth: Auth) -> Auth:
    return replace(auth, end_user_id=None)


def add_end_user(auth: Auth, params: dict) -> Auth:
    auth.end_user_id = params.get("end_user_id")
    if params.get("end_user_max_budget") is not None:
        auth.end_user_max_budget = params["end_user_max_budget"]
    return auth


def login(key: str, params: dict) -> Auth:
    auth = add_end_user(cache.get(key, Auth(key)), params)
    cache[key] = copy_for_cache(auth)
    return auth


if __name__ == "__main__":
    for params in ({"end_user_id": "alice", "end_user_max_budget": 2.0}, {"end_user_id": "bob"}):
        auth = login("sk-shared", params)
        print(f"{auth.end_user_id} may spend {auth.end_user_max_budget}")
