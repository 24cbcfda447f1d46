"""Does the generated diff, or what would be written beside it, hold a key, a token or a password?"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from builds.coding.secret_files import looks_secret
from builds.context import Facts
from builds.diffs import FileDiff
from builds.evidence import Finding, Rule
from builds.gates.files import is_lock, is_test
from builds.gates.gate import change_set, found, weigh
from builds.outcomes import Fail, Verdict
from builds.secrets import MASK, RULES, mask, scan
from builds.secrets.scan import lines_of

LONGEST = 2_000_000  # characters of one file that are scanned
WEAK = {"secret_assigned"}  # told by its name and its looks alone: not where hashes and made-up values live

FILE_RULES = {
    rule.name: rule
    for rule in (
        Rule("secret_file", "critical", "A file of this name holds secrets; those never go into git."),
        Rule("secret_unscanned", "high", "The file is too long to be searched for secrets."),
    )
}


@dataclass(frozen=True)
class NoSecrets:
    """No added line, commit message or text of the pull request holds a key, a token or a password."""

    def ask(self, facts: Facts) -> Verdict:
        """Pause for another reviewer: a yes says that it is no secret. What cannot be read counts as one."""
        changes = change_set(facts)
        if isinstance(changes, Fail):
            return changes
        findings = [finding for file in changes.files for finding in in_file(file)]
        return weigh([*findings, *in_messages(facts)], "What looks like a secret would be published")


def in_file(file: FileDiff) -> Iterator[Finding]:
    """Secrets in one file, its name among them; findings show the lines masked."""
    if file.kind == "removed":
        return
    if looks_secret(file.path):
        yield found(FILE_RULES["secret_file"], file)
    if len(file.new_text) > LONGEST:
        yield found(FILE_RULES["secret_unscanned"], file)
        return
    quiet = WEAK if is_lock(file.path) or is_test(file.path) else set()
    for rule, line in dict.fromkeys([*_written(file), *_masked(file)]):
        if rule not in quiet:
            finding = found(RULES[rule], file, line)
            yield replace(finding, text=mask(finding.text))


def _written(file: FileDiff) -> Iterator[tuple[str, int]]:
    """Rules and the first lines that came of each secret."""
    text, added = file.new_text, {line.number for line in file.added}
    for secret in scan(text):
        if lines := added.intersection(lines_of(text, secret)):
            yield secret.rule, min(lines)


def _masked(file: FileDiff) -> Iterator[tuple[str, int]]:
    """The same for secrets that were masked when the diff was stored."""
    for line in file.added:
        yield from ((mark, line.number) for mark in MASK.findall(line.text) if mark in RULES)


def in_messages(facts: Facts) -> Iterator[Finding]:
    """Secrets in what commit messages and the pull request's text are made of."""
    texts = [("spec", f"{facts.spec.title}\n{facts.spec.overview}")]
    texts += [
        (f"work item {item.planned.key}", f"{item.planned.title}\n{item.summary}")
        for item in facts.evidence.items
    ]
    for where, text in texts:
        for secret in scan(text):
            rule = RULES[secret.rule]
            reason = f"In the text of the {where}: {rule.reason}"
            yield Finding(rule=rule.name, reason=reason, severity=rule.severity, text=mask(text)[:300])
