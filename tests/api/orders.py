"""A sound body of a POST, to be changed by tests."""

from typing import Any

SPEC = "# Add a greeting\n\n## Requirements\n- `greet(name)` returns a greeting\n"


def order(**changes: Any) -> dict[str, Any]:
    """A sound order; None takes a member away."""
    found = {
        "jobId": "job-1",
        "specId": "spec-1",
        "userId": "alice",
        "targetRepoType": "custom",
        "repoOwner": "acme",
        "repoName": "shop",
        "specMarkdown": SPEC,
        "callbackUrl": "https://storia.example/callbacks",
        "budget": {"maxTokens": 100_000, "maxDollars": 2.5},
    }
    return {name: value for name, value in {**found, **changes}.items() if value is not None}


NO_NAMES = "Missing required job fields (jobId, specId, userId)"
NO_REPO = "Missing repository info (repoOwner, repoName)"
NO_SPEC = "Spec markdown is empty"
NO_CALLBACK = "Missing callbackUrl for status updates"
BAD_BUDGET = "Invalid budget: maxTokens and maxDollars must be positive"
HTTPS = "callbackUrl must use HTTPS"
PRIVATE = "callbackUrl must not point at a private or loopback address"
TYPES = "targetRepoType must be one of: storia-digital"
PROTECTED = "branchPrefix must not begin with a protected branch"
NO_PREFIX = "branchPrefix ../ cannot begin a branch name"
BAD_BUDGETS: list[tuple[dict[str, Any], str, str]] = [
    ({"maxTokens": 0}, "/budget/maxTokens", BAD_BUDGET),
    ({"maxTokens": -5}, "/budget/maxTokens", BAD_BUDGET),
    ({"maxTokens": "1000"}, "/budget/maxTokens", BAD_BUDGET),
    ({"maxTokens": True}, "/budget/maxTokens", BAD_BUDGET),
    ({"maxTokens": 10.5}, "/budget/maxTokens", "maxTokens must be a whole number"),
    ({"maxTokens": 10**9 + 1}, "/budget/maxTokens", "maxTokens must be at most 1,000,000,000"),
    ({"maxDollars": 0}, "/budget/maxDollars", BAD_BUDGET),
    ({"maxDollars": -1}, "/budget/maxDollars", BAD_BUDGET),
    ({"maxDollars": "5"}, "/budget/maxDollars", BAD_BUDGET),
    ({"maxDollars": None}, "/budget/maxDollars", BAD_BUDGET),
    ({"maxDollars": False}, "/budget/maxDollars", BAD_BUDGET),
    ({"maxDollars": 1e-9}, "/budget/maxDollars", BAD_BUDGET),
    ({"maxDollars": 10_001}, "/budget/maxDollars", "maxDollars must be at most 10,000"),
    ({"maxDollars": 10**400}, "/budget/maxDollars", "maxDollars must be at most 10,000"),
]
BAD_TIMES = (
    "tomorrow",
    "2030-01-31",
    "2030-01-31T06:00:00",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59Z",
)
EDGE = "branchPrefix takes letters, digits and _ . @ / - and ends with / or -"
NOT_GIT = "baseBranch is not a branch name that git takes"
WHEN = "deadline must be an ISO-8601 time with a zone, like 2030-01-31T06:00:00Z"

BAD_ORDERS: list[tuple[str, dict[str, Any], str, str]] = [
    ("no jobId", {"jobId": None}, "/jobId", NO_NAMES),
    ("an empty jobId", {"jobId": ""}, "/jobId", NO_NAMES),
    ("a blank specId", {"specId": "  "}, "/specId", NO_NAMES),
    ("no userId", {"userId": None}, "/userId", NO_NAMES),
    ("a jobId that is a number", {"jobId": 7}, "/jobId", "jobId must be a string"),
    ("a userId that is true", {"userId": True}, "/userId", "userId must be a string"),
    ("a jobId of 201 characters", {"jobId": "x" * 201}, "/jobId", "jobId has 201 characters; at most 200"),
    *[
        (f"jobId {job_id!r}", {"jobId": job_id}, "/jobId", "jobId must be printable, without slashes")
        for job_id in ("a/b", "a\nb", "a\tb", "..", " a", "a\u200bb", "a\u202eb")
    ],
    ("no repoOwner", {"repoOwner": None}, "/repoOwner", NO_REPO),
    ("an empty repoName", {"repoName": ""}, "/repoName", NO_REPO),
    ("a repoName that is a list", {"repoName": ["shop"]}, "/repoName", "repoName must be a string"),
    ("an owner with a slash", {"repoOwner": "a/b"}, "/repoOwner", "Invalid repoOwner format: a/b"),
    ("an owner with a line end", {"repoOwner": "acme\n"}, "/repoOwner", "Invalid repoOwner format: acme"),
    ("an owner of two dots", {"repoOwner": ".."}, "/repoOwner", "Invalid repoOwner format: .."),
    ("a name of two dots", {"repoName": ".."}, "/repoName", "Invalid repoName format: .."),
    ("a name of one dot", {"repoName": "."}, "/repoName", "Invalid repoName format: ."),
    ("a name of two dots and more", {"repoName": "../x"}, "/repoName", "Invalid repoName format: ../x"),
    ("letters that are not ASCII", {"repoName": "shöp"}, "/repoName", "Invalid repoName format: shöp"),
    ("a name of 101 characters", {"repoName": "x" * 101}, "/repoName", "repoName has 101 characters"),
    ("no spec", {"specMarkdown": None}, "/specMarkdown", NO_SPEC),
    ("a blank spec", {"specMarkdown": " \n\t\n"}, "/specMarkdown", NO_SPEC),
    ("a spec that is a number", {"specMarkdown": 5}, "/specMarkdown", "specMarkdown must be a string"),
    ("a spec that is an object", {"specMarkdown": {}}, "/specMarkdown", "specMarkdown must be a string"),
    ("200 001 characters", {"specMarkdown": "x" * 200_001}, "/specMarkdown", "specMarkdown has 200001"),
    ("no callbackUrl", {"callbackUrl": None}, "/callbackUrl", NO_CALLBACK),
    ("a callbackUrl that is a number", {"callbackUrl": 1}, "/callbackUrl", "callbackUrl must be a string"),
    *[
        (f"callback {url!r}", {"callbackUrl": url}, "/callbackUrl", why)
        for url, why in [
            ("http://storia.example/cb", HTTPS),
            ("ftp://storia.example/cb", HTTPS),
            ("file://storia/etc/passwd", HTTPS),
            ("storia.example/cb", "Invalid callbackUrl: storia.example/cb"),
            ("https:", "Invalid callbackUrl: https:"),
            ("https://", "Invalid callbackUrl: https://"),
            ("https:///cb", "Invalid callbackUrl: https:///cb"),
            ("https://[::1", "Invalid callbackUrl: https://[::1"),
            ("https://storia.example:99999/", "Invalid callbackUrl: https://storia.example:99999/"),
            ("https://storia.example:x/", "Invalid callbackUrl: https://storia.example:x/"),
            ("https://storia.example:0/", "Invalid callbackUrl: https://storia.example:0/"),
            ("https://sto ria.example/", "Invalid callbackUrl: https://sto ria.example/"),
            ("https://storia.example/\r\nX: 1", "Invalid callbackUrl: https://storia.example/"),
            ("https://good.example\\@evil.example", "Invalid callbackUrl: https://good.example"),
            ("javascript:alert(1)", "Invalid callbackUrl: javascript:alert(1)"),
            ("https://user:word@storia.example/", "callbackUrl must not hold a user name or a password"),
            ("https://user@storia.example/", "callbackUrl must not hold a user name or a password"),
            ("https://localhost/cb", PRIVATE),
            ("https://127.0.0.1/cb", PRIVATE),
            ("https://10.0.0.1:8443/cb", PRIVATE),
            ("https://169.254.169.254/latest/meta-data", PRIVATE),
            ("https://[::1]/cb", PRIVATE),
            ("https://[fd00::1]/cb", PRIVATE),
        ]
    ],
    ("no budget", {"budget": None}, "/budget", BAD_BUDGET),
    ("a budget that is a list", {"budget": [1, 2]}, "/budget", BAD_BUDGET),
    ("an empty budget", {"budget": {}}, "/budget/maxTokens", BAD_BUDGET),
    *[
        (f"budget {budget}", {"budget": {"maxTokens": 1000, "maxDollars": 1} | budget}, pointer, why)
        for budget, pointer, why in BAD_BUDGETS
    ],
    ("no targetRepoType", {"targetRepoType": None}, "/targetRepoType", TYPES),
    ("an unknown type", {"targetRepoType": "github"}, "/targetRepoType", TYPES),
    ("a type that is a list", {"targetRepoType": ["custom"]}, "/targetRepoType", TYPES),
    ("an unknown priority", {"priority": "urgent"}, "/priority", "priority must be one of: critical"),
    ("a priority that is a number", {"priority": 1}, "/priority", "priority must be one of"),
    *[
        (f"base {branch!r}", {"baseBranch": branch}, "/baseBranch", NOT_GIT)
        for branch in (
            "a b", "a..b", "/a", "a/", "a//b", ".a", "a/.b", "a.lock", "a.lock/b", "a~1", "a^", "a:b", "a?",
            "a*", "a[b", "a\\b", "a@{b", "@", "a.", "-a", "HEAD", "a\x7fb", "a\nb",
        )
    ],
    ("a base that is a number", {"baseBranch": 1}, "/baseBranch", "baseBranch must be a string"),
    ("an empty prefix", {"branchPrefix": ""}, "/branchPrefix", "branchPrefix must not be empty"),
    ("a prefix without an edge", {"branchPrefix": "ma"}, "/branchPrefix", EDGE),
    ("a prefix that is main", {"branchPrefix": "main"}, "/branchPrefix", EDGE),
    ("a prefix under main", {"branchPrefix": "main/"}, "/branchPrefix", PROTECTED),
    ("a prefix under Main", {"branchPrefix": "Main-"}, "/branchPrefix", PROTECTED),
    ("a prefix of releases", {"branchPrefix": "release/x/"}, "/branchPrefix", PROTECTED),
    ("a prefix of refs", {"branchPrefix": "refs/heads/"}, "/branchPrefix", "branchPrefix refs/heads/ cannot"),
    ("a prefix of dots", {"branchPrefix": "../"}, "/branchPrefix", NO_PREFIX),
    ("a prefix with a space", {"branchPrefix": "my dream/"}, "/branchPrefix", EDGE),
    ("an effort that is a number", {"estimatedEffort": 8}, "/estimatedEffort", "estimatedEffort must be"),
    ("a queueName that is true", {"queueName": True}, "/queueName", "queueName must be a string"),
    ("a planApproval that is text", {"planApproval": "yes"}, "/planApproval", "planApproval must be true"),
    ("a planApproval that is 1", {"planApproval": 1}, "/planApproval", "planApproval must be true"),
    *[
        (f"deadline {deadline!r}", {"deadline": deadline}, "/deadline", WHEN)
        for deadline in BAD_TIMES
    ],
    ("a deadline that is a number", {"deadline": 1893456000}, "/deadline", "deadline must be a string"),
    ("metadata that is a list", {"metadata": [1]}, "/metadata", "metadata must be an object"),
    ("metadata of 11 KB", {"metadata": {"a": "x" * 11_000}}, "/metadata", "metadata must be at most 10 KB"),
]  # fmt: skip
"""(what, changes of a sound order, where the answer points, how its sentence begins)."""
