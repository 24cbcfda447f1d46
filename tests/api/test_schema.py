"""/api/schema: valid, complete, and of the same words as the code."""

import json
import re
from typing import Any

import pytest
import yaml
from django.test import Client
from drf_spectacular.validation import validate_schema
from openapi_spec_validator import validate

from builds.api.described import callbacks, examples
from builds.api.described.operation import SECURITY
from builds.api.described.shared import parameter_names
from builds.api.described.table import COMPONENTS, ROUTES
from builds.api.problems import CODES
from builds.api.schema import METHODS, document, routes
from tests.api.described import absolute, errors
from tests.api.world import Api, is_problem

OPERATIONS = [
    (path, method, operation)
    for path, operations in document()["paths"].items()
    for method, operation in operations.items()
]


def component(name: str) -> dict[str, Any]:
    """A schema that is one of the components."""
    return absolute({"$ref": f"#/components/schemas/{name}"})


def methods_of(view: Any) -> set[str]:
    """What a view answers to, as it says itself."""
    known = getattr(view, "cls", None)
    return {method for method in METHODS if hasattr(known, method)} if known else set()


def test_it_is_valid_openapi_3_1() -> None:
    validate_schema(document())
    validate(document())
    assert document()["openapi"].startswith("3.1")


def test_every_route_that_is_for_programs_is_described() -> None:
    found = {path: set(operations) for path, operations in document()["paths"].items()}
    missing = [path for path, view in routes() if not found.get(path) or methods_of(view) - found[path]]
    assert missing == []


def test_nothing_is_described_that_there_is_not() -> None:
    there = {(path, method) for path, view in routes() for method in methods_of(view) or METHODS}
    described = {(path, method) for path, operations in ROUTES.items() for method in operations}
    assert described - there == set()


@pytest.mark.parametrize(
    ("path", "method", "operation"), OPERATIONS, ids=[f"{method} {path}" for path, method, _ in OPERATIONS]
)
def test_an_operation_says_all_that_a_client_asks(path: str, method: str, operation: dict[str, Any]) -> None:
    assert operation["summary"]
    assert operation["description"]
    assert operation["tags"]
    named = {each["name"] for each in operation["parameters"] if each["in"] == "path"}
    assert named == parameter_names(path)
    assert all(each["description"] and each["schema"] for each in operation["parameters"])
    statuses = set(operation["responses"])
    assert {status for status in statuses if status < "400"}
    assert {"406", "500", "503"} <= statuses or path == "/metrics"
    public = operation["security"] == []
    assert public == ("401" not in statuses)
    if method in {"post", "patch"} and "requestBody" in operation:
        assert {"400", "413", "415"} <= statuses


def test_what_is_public_is_what_the_views_let_anybody_do() -> None:
    public = {
        path
        for path, operations in document()["paths"].items()
        if any(operation["security"] == [] for operation in operations.values())
    }
    views = {path: getattr(view, "cls", None) for path, view in routes()}
    open_to_all = {path for path, view in views.items() if view and not view.authentication_classes}
    assert public == open_to_all - {"/api/webhooks/github"} == {"/healthz", "/readyz"}


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [operation["operationId"] for _, _, operation in OPERATIONS]
    assert len(set(names)) == len(names)


def test_every_chapter_is_introduced_and_has_operations() -> None:
    told = [*OPERATIONS, *(("", "", each["post"]) for each in document()["webhooks"].values())]
    used = {tag for _, _, operation in told for tag in operation["tags"]}
    assert used == {tag["name"] for tag in document()["tags"]}


def test_links_lead_to_operations() -> None:
    names = {operation["operationId"] for _, _, operation in OPERATIONS}
    led_to = {
        link["operationId"]
        for _, _, operation in OPERATIONS
        for answer in operation["responses"].values()
        for link in answer.get("links", {}).values()
    }
    assert led_to <= names


def test_every_code_of_a_problem_is_one_of_the_table_and_may_happen() -> None:
    told = {code for each in ROUTES.values() for operation in each.values() for code in operation.named}
    assert told <= set(CODES)
    everywhere = {"not_found", "method_not_allowed", "forbidden", "not_done"}  # of no route of ours
    assert set(CODES) - told - everywhere == set()


def schemas(found: Any, at: str = "") -> Any:
    """Every schema that has a type, with its place."""
    if isinstance(found, dict):
        if "type" in found and at.rpartition("/")[2] != "properties":
            yield at, found
        for name, inside in found.items():
            if name not in {"example", "default", "enum", "const", "not"}:
                yield from schemas(inside, f"{at}/{name}")


def test_every_member_is_explained() -> None:
    silent = [at for at, schema in schemas(COMPONENTS) if not schema.get("description")]
    assert [at for at in silent if not re.match("/Policy/properties/.*/", at)] == []  # pydantic's


def test_every_reference_leads_somewhere_and_every_component_is_used() -> None:
    text = json.dumps(document())
    used = {name for name in COMPONENTS if f'"#/components/schemas/{name}"' in text}
    assert used == set(COMPONENTS)


@pytest.mark.parametrize(
    ("schema", "example"),
    [
        ("Order", examples.ORDER),
        ("Job", examples.JOB),
        ("JobDone", examples.DONE),
        ("Accepted", examples.ACCEPTED),
        ("Callback", callbacks.SAMPLE),
    ],
)
def test_an_example_is_one(schema: str, example: dict[str, Any]) -> None:
    assert list(errors(component(schema), example)) == []


def test_examples_of_operations_fit_their_schemas() -> None:
    wrong = []
    for path, method, operation in OPERATIONS:
        bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
        for content in (content for body in bodies for content in body.get("content", {}).values()):
            if "example" in content:
                found = errors(absolute(content["schema"]), content["example"])
                wrong += [f"{method} {path}: {each}" for each in found]
    assert wrong == []


def test_who_is_let_in_is_a_scheme_that_is_explained() -> None:
    schemes = document()["components"]["securitySchemes"]
    assert {name for wanted in SECURITY.values() for each in wanted for name in each} == set(schemes)


@pytest.mark.django_db
class TestTheDoor:
    """It is not public, as nothing but health is."""

    def test_json_with_an_etag(self, alice: Api) -> None:
        answer = alice.get("/schema")
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
        assert answer.json() == document()
        again = alice.get("/schema", **{"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")

    def test_yaml_for_those_who_ask(self, alice: Api) -> None:
        answer = alice.get("/schema", Accept="application/yaml")
        assert answer.headers["Content-Type"].startswith("application/yaml")
        assert yaml.safe_load(answer.content) == document()

    def test_strangers_are_not_told(self) -> None:
        is_problem(Client().get("/api/schema"), 401, "not_authenticated")

    def test_a_session_of_the_admin_is_no_token(self, admin_client: Client) -> None:
        is_problem(admin_client.get("/api/schema"), 401, "not_authenticated")


@pytest.mark.django_db
class TestThePage:
    """For whoever is signed in; Swagger UI from our own files."""

    def test_a_stranger_signs_in_first(self) -> None:
        answer = Client().get("/api/docs")
        assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/login/?next=/api/docs")
        assert Client().get("/api/docs/openapi.json").status_code == 302

    def test_it_brings_everything_itself(self, admin_client: Client) -> None:
        answer = admin_client.get("/api/docs")
        assert answer.status_code == 200
        page = answer.content.decode()
        assert "http://" not in page
        assert "https://" not in page
        assert "<style" not in page
        assert "'unsafe" not in answer.headers["Content-Security-Policy"]
        assert admin_client.get("/api/docs/openapi.json").json() == document()


def test_a_job_that_the_schema_does_not_describe_is_noticed() -> None:
    job = {**examples.JOB, "surprise": 1}
    assert [each for each in errors(component("Job"), job) if "surprise" in each]
    del job["surprise"], job["title"]
    assert [each for each in errors(component("Job"), job) if "title" in each]
