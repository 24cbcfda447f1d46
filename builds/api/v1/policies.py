"""Reads a repository's policy from a body: every key known, every value sound, each flaw with its place."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from builds.api.fields import Fields
from builds.api.parsers import escaped
from builds.policy import Policy

KEYS = tuple(Policy.model_fields)
DOLLARS = ("max_dollars", "day_usd")
"""Keys that pydantic would also take as texts, however strict it is."""


def read_policy(fields: Fields) -> dict[str, Any]:
    """The keys that `policy` and `configPath` give. One that is null goes back to its default."""
    given = fields.body.get("policy")
    if given is None:
        given = {}
    if not isinstance(given, dict):
        fields.flaw("policy", "policy must be an object of policy keys")
        return {}
    found = {**given, **config_path(fields, given)}
    check(fields, found)
    return found


def config_path(fields: Fields, policy: Mapping[str, Any]) -> dict[str, Any]:
    """The old system's name for a key of the policy."""
    path = fields.body.get("configPath")
    if path is None:
        return {}
    if "config_path" in policy:
        fields.flaw("configPath", "configPath and policy.config_path are the same; give one of them")
    if not isinstance(path, str):
        fields.flaw("configPath", "configPath must be a string")
        return {}
    return {"config_path": path}


def check(fields: Fields, found: Mapping[str, Any]) -> None:
    """Note every unknown key and every value that its key does not take; `"7"` and `"yes"` are texts."""
    for name in found:
        if name not in KEYS:
            shown = "".join(character for character in name[:60] if character.isprintable())
            known = ", ".join(KEYS)
            fields.flaw(f"policy/{escaped(name)}", f"There is no policy key {shown}; there are {known}")
    known_ones = {name: value for name, value in found.items() if name in KEYS and value is not None}
    for name in DOLLARS:
        if isinstance(known_ones.get(name), str):
            fields.flaw(f"policy/{name}", f"policy.{name}: a number of dollars is no text")
    try:
        Policy.model_validate_json(json.dumps(known_ones), strict=True)
    except ValidationError as error:
        for each in error.errors(include_url=False, include_context=False, include_input=False):
            place = [str(part) for part in each["loc"]]
            pointer = "/".join(escaped(part) for part in ("policy", *place))
            fields.flaw(pointer, f"policy.{'.'.join(place)}: {each['msg']}")
