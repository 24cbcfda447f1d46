"""The registered repository as an object of `/v1`, and what clients send to register and change one."""

from typing import Any

from builds.api.described.shapes import (
    Schema,
    address,
    flag,
    given,
    many,
    moment,
    or_null,
    record,
    ref,
    text,
)
from builds.policy import Policy


def policy_keys() -> dict[str, Schema]:
    """The keys of a policy, as pydantic describes them; each may be null, which is its default."""
    told: dict[str, Any] = Policy.model_json_schema()["properties"]
    return {name: or_null(key(schema)) for name, schema in told.items()}


def key(schema: Schema) -> Schema:
    """One of them, in this document's words."""
    found = {name: value for name, value in schema.items() if name not in {"title", "anyOf", "default"}}
    for choice in schema.get("anyOf", ()):
        if choice["type"] != "null":
            found |= choice
            break
    if schema.get("default") is not None:
        found["default"] = schema["default"]
    return found


POLICY: Schema = {
    "type": "object",
    "description": "What builds may do there, see docs/policy.md. What is left out has its default.",
    "properties": policy_keys(),
    "additionalProperties": False,
}
REPO = record(
    "A repository that builds may work in.",
    id=text("Its id.", example="repo_5bd1f1f6-8d0c-4a53-9d6c-1f0a0f0c7b11"),
    owner=text("Its owner, in small letters."),
    name=text("Its name, in small letters."),
    defaultBranch=text("Where builds begin that name no branch."),
    configPath=text("The file of the repository that names its checks."),
    enabled=flag("Whether builds are taken."),
    policy=ref("Policy"),
    access=record(
        "Whether builds can work there, as of the last look.",
        ok=or_null(flag("Null before the first look.")),
        checkedAt=or_null(moment("When we looked.")),
        why=or_null(text("What is missing, in one sentence.")),
    ),
    createdAt=moment("When it was registered."),
    updatedAt=moment("When anything last changed."),
    updatedBy=or_null(text("Who changed it.")),
)
COLUMNS: dict[str, Schema] = {
    "defaultBranch": text("Where builds begin that name no branch.", maxLength=200, format="git-branch"),
    "enabled": flag("Whether builds are taken."),
    "configPath": text(
        "The same as `policy.config_path`; give one of them.",
        minLength=1,
        maxLength=300,
        format="config-path",
    ),
    "policy": ref("Policy"),
}
PART = r"^(?!\.{1,2}$)(?!-)[a-zA-Z0-9._\-]{1,100}$"

ONCE: Schema = {
    "not": {
        "required": ["configPath", "policy"],
        "properties": {
            "configPath": {"type": "string"},
            "policy": {"type": "object", "required": ["config_path"]},
        },
    }
}
"""The path is given at one place."""

COMPONENTS: dict[str, Schema] = {
    "Policy": POLICY,
    "Repo": REPO,
    "RepoFound": record("One of them.", repo=ref("Repo")),
    "RepoPage": record(
        "A page of repositories.",
        repos=many("At most `limit`.", ref("Repo")),
        next=or_null(address("The next page; null on the last one.")),
    ),
    "RepoWish": {
        **given(
            "A repository to be registered. Unknown members are ignored.",
            COLUMNS,
            required=("owner", "name"),
            owner=text("Its owner.", maxLength=100, pattern=PART),
            name=text("Its name.", maxLength=100, pattern=PART),
        ),
        **ONCE,
    },
    "RepoChange": {
        **given("What is to be different; what is left out stays. `{}` only looks at the access.", COLUMNS),
        "additionalProperties": False,
        **ONCE,
    },
}
