"""The statements with which `rollup` reads new rows: each finds them by an index, and reads each row once."""

from typing import Any

from django.db import connection

EVENTS = """
SELECT e.id AS at, e.job_id, e.name, e.station, e.attempt, e.created_at,
       e.data ->> 'code' AS code, e.data ->> 'cause' AS cause, e.data ->> 'scope' AS scope,
       before.name AS before, extract(epoch FROM e.created_at - before.created_at)::float8 AS seconds
FROM builds_event AS e
LEFT JOIN LATERAL (
    SELECT b.name, b.created_at FROM builds_event AS b
    WHERE b.job_id = e.job_id AND b.sequence < e.sequence AND b.name = ANY(%(bounds)s)
    ORDER BY b.sequence DESC LIMIT 1
) AS before ON true
WHERE e.id > %(after)s AND e.id <= %(upto)s AND e.name = ANY(%(read)s)
ORDER BY e.id
LIMIT %(most)s
"""
GOES = """
SELECT job_id, attempt, sum(extract(epoch FROM ended - created_at))::float8 AS seconds
FROM (
    SELECT job_id, attempt, name, created_at,
           lead(created_at) OVER (PARTITION BY job_id, attempt ORDER BY sequence) AS ended
    FROM builds_event WHERE job_id = ANY(%(jobs)s) AND name = ANY(%(bounds)s)
) AS boundary
WHERE name = 'station.started'
GROUP BY job_id, attempt
"""
APPROVALS = """
SELECT job_id, attempt, state, gates, asked_at, decided_at FROM builds_approval
WHERE job_id = ANY(%(jobs)s) AND decided_at IS NOT NULL
"""
CALLS = """
SELECT r.settled_at AS at, c.model, c.station, c.state, c.cost_usd, c.input_tokens, c.cached_tokens,
       c.output_tokens, extract(epoch FROM c.answered_at - c.sent_at)::float8 AS seconds
FROM builds_reservation AS r JOIN builds_modelcall AS c ON c.id = r.call_id
WHERE r.settled_at > %(after)s AND r.settled_at <= %(upto)s
ORDER BY r.settled_at
LIMIT %(most)s
"""
DELIVERIES = """
SELECT d.id AS at, d.outcome, e.callback_status AS status
FROM builds_callbackdelivery AS d JOIN builds_event AS e ON e.id = d.event_id
WHERE d.id > %(after)s AND d.id <= %(upto)s
ORDER BY d.id
LIMIT %(most)s
"""


def fetch(statement: str, named: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows as dictionaries."""
    with connection.cursor() as cursor:
        cursor.execute(statement, named)
        columns = [column.name for column in cursor.description or ()]
        return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
