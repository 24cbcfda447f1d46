"""All that is described, in one place."""

from builds.api.described import (
    builds_routes,
    callbacks,
    decision_routes,
    events,
    github_routes,
    jobs,
    orders,
    pulls,
    repos,
    results,
    run_orders,
    run_routes,
    runs,
    service_routes,
    shared,
    status,
    watching_routes,
)
from builds.api.described.operation import Operation
from builds.api.described.shapes import Schema

RESOURCES = (builds_routes, decision_routes, watching_routes, run_routes, github_routes, service_routes)
OBJECTS = (
    *(shared, service_routes, status, orders, jobs, results, pulls, events, callbacks, repos),
    *(run_orders, runs, github_routes),
)

ROUTES: dict[str, dict[str, Operation]] = {}
"""Path → method → what it does. The paths without `/api` in front are the same doors."""

COMPONENTS: dict[str, Schema] = {}
"""Name → object."""

for resource in RESOURCES:
    ROUTES.update(resource.ROUTES)
for described in OBJECTS:
    COMPONENTS.update(described.COMPONENTS)
