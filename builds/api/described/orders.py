"""What clients send: the order, decisions, and reruns."""

from builds.api.described.shapes import (
    SHA256,
    VISIBLE,
    Schema,
    flag,
    free,
    given,
    number,
    one_of,
    ref,
    text,
    whole,
)
from builds.api.intake import MOST_DOLLARS, MOST_TOKENS, PRIORITIES, TARGETS
from builds.pipeline import STATIONS
from specs.parser import MAX_CHARACTERS

LONGEST_COMMENT, LONGEST_REASON = 4000, 1000
LEAST_DOLLARS = 0.000001
REPO_PART = r"^(?!\.{1,2}$)[a-zA-Z0-9._\-]+$"

MONEY = number("Dollars; rounded down to six decimals.", least=LEAST_DOLLARS, maximum=MOST_DOLLARS)
CAP = given(
    "What the build may cost at most. The dollar cap holds: worst-case money is reserved before each model "
    "call.",
    required=("maxTokens", "maxDollars"),
    maxTokens=whole("Tokens.", least=1, maximum=MOST_TOKENS),
    maxDollars=MONEY,
)
CALLBACK = text(
    "Where what happens is told. https, to a public address or a host of `DREAM_CALLBACK_HOSTS`.",
    format="callback-url",
    maxLength=2000,
)
BRANCH = text("Where the work begins.", maxLength=200, format="git-branch")
COMMON: dict[str, Schema] = {
    "branchPrefix": text(
        "How the job's branch begins; ends with / or -, and is no protected branch.",
        maxLength=100,
        format="branch-prefix",
        default="dream/",
    ),
    "priority": one_of("Who goes first.", PRIORITIES, default="medium"),
    "queueName": text("With one, the job starts in the night's window.", maxLength=100),
    "deadline": text("With one, the window is not waited for beyond it.", format="date-time", maxLength=40),
    "planApproval": flag("Ask a person about the plan first.", default=False),
    "metadata": free("The client's own notes: at most 10 KB, kept and shown."),
}
ORDER = given(
    "One spec to be built for one repository. Unknown members are ignored.",
    COMMON,
    required=(
        *("jobId", "specId", "userId", "targetRepoType", "repoOwner", "repoName"),
        *("specMarkdown", "callbackUrl", "budget"),
    ),
    jobId=text(
        "The job's name, chosen by the client and used once: printable, without slashes and without spaces "
        "around it.",
        minLength=1,
        maxLength=200,
        format="job-id",
    ),
    specId=text("The spec's name at the client.", minLength=1, maxLength=200, pattern=VISIBLE),
    userId=text("Whose job it is; the token's `sub`.", minLength=1, maxLength=200, pattern=VISIBLE),
    targetRepoType=one_of("Kept and shown.", TARGETS),
    repoOwner=text("The repository's owner.", maxLength=100, pattern=REPO_PART),
    repoName=text("The repository's name; it must be registered.", maxLength=100, pattern=REPO_PART),
    baseBranch={**BRANCH, "default": "main"},
    specMarkdown=text("The spec, in Markdown.", minLength=1, maxLength=MAX_CHARACTERS, format="markdown"),
    estimatedEffort=text("Kept and shown.", maxLength=100),
    callbackUrl=CALLBACK,
    budget=ref("Cap"),
)
HASH = text("`gate.contentHash` of the job, as it was shown.", pattern=SHA256)
APPROVAL = given(
    "A yes to exactly what was shown.",
    required=("contentHash",),
    contentHash=HASH,
    comment=text("Why.", maxLength=LONGEST_COMMENT),
)
REJECTION = given(
    "A no to exactly what was shown.",
    required=("contentHash", "comment"),
    contentHash=HASH,
    comment=text("Why; the next attempt reads it.", minLength=1, maxLength=LONGEST_COMMENT, pattern=VISIBLE),
)
REASON = given("Why, for those who look later.", reason=text("Why.", maxLength=LONGEST_REASON))
RERUN = given(
    "The next attempt.",
    fromStation=one_of("Where to begin; left out, where the attempt stopped.", STATIONS),
    budget={
        "type": "object",
        "description": "A new cap; left out, the job keeps its own.",
        "properties": {"maxDollars": MONEY},
        "required": ["maxDollars"],
        "additionalProperties": False,
    },
    reason=text("Why.", maxLength=LONGEST_REASON),
)

COMPONENTS: dict[str, Schema] = {
    "Cap": CAP,
    "Order": ORDER,
    "Approval": APPROVAL,
    "Rejection": REJECTION,
    "Reason": REASON,
    "Rerun": RERUN,
}
