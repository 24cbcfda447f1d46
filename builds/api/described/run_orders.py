"""What clients send to `/v1/runs`: the order of a run, decisions and retries."""

from builds.api.described.orders import BRANCH, CALLBACK, COMMON, LONGEST_REASON, MONEY
from builds.api.described.shapes import VISIBLE, Schema, given, one_of, record, text, whole
from builds.api.intake import MOST_TOKENS
from builds.api.v1.orders import LARGEST_NUMBER, LONGEST_GOAL, MODES
from builds.pipeline import STATIONS
from specs.parser import MAX_CHARACTERS

NAME = r"^(?!\.{1,2}$)[a-zA-Z0-9._\-]+$"
TARGET = record(
    "The repository by its name; case does not count.",
    owner=text("Its owner.", maxLength=100, pattern=NAME),
    name=text("Its name.", maxLength=100, pattern=NAME),
)
ISSUE = record(
    "An issue of the repository, which is read now and becomes the spec.",
    number=whole("Its number.", least=1, maximum=LARGEST_NUMBER),
)
BUDGET = given(
    "What the run may cost at most; what is left out is the installation's, within the repository's policy.",
    maxDollars=MONEY,
    maxTokens=whole("Tokens.", least=1, maximum=MOST_TOKENS),
)
SOURCES: dict[str, Schema] = {
    "repo": TARGET,
    "repoId": text("The repository by its id.", pattern="^repo_[0-9a-f-]{36}$", maxLength=60),
    "issue": ISSUE,
    "spec": text("The spec, in Markdown.", minLength=1, maxLength=MAX_CHARACTERS, format="markdown"),
    "goal": text("What it is for, in one sentence.", minLength=1, maxLength=LONGEST_GOAL, pattern=VISIBLE),
}
OPEN = given(
    "A run: for one repository, from one issue or one spec. Unknown members are ignored.",
    COMMON,
    requestor=text("Whose run it is; left out, the caller's.", maxLength=200),
    prMode=one_of(
        "How the pull request is opened; `ready` only where all is green.", (*MODES, ""), default="draft"
    ),
    budget=BUDGET,
    baseBranch={**BRANCH, "description": "Where the work begins; left out, the repository's default."},
    callbackUrl=CALLBACK,
)
RUN_ORDER: Schema = {
    **OPEN,
    "properties": {**SOURCES, **OPEN["properties"]},
    "allOf": [
        {"oneOf": [{"required": ["repo"]}, {"required": ["repoId"]}]},
        {"oneOf": [{"required": ["issue"]}, {"required": ["spec"]}]},
    ],
}
RETRY = given(
    "The next attempt.",
    fromStation=one_of("Where to begin; left out, where the attempt stopped.", (*STATIONS, "")),
    budget=given("A new cap on dollars; tokens stay as they are.", maxDollars=MONEY),
    reason=text("Why.", maxLength=LONGEST_REASON),
)

COMPONENTS: dict[str, Schema] = {
    "RunOrder": RUN_ORDER,
    "Retry": RETRY,
}
