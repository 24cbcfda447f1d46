"""Every rule of NothingLost on one page: its name, its reason in plain words, how grave it is."""

from builds.evidence import Finding, Rule

RULES = {
    rule.name: rule
    for rule in (
        # --- content that was there before
        Rule("file_removed", "high", "A file with content is removed, and its lines are nowhere else."),
        Rule("file_shrunk", "high", "Less than 20 % of the file is left, and what went is nowhere else."),
        Rule("identifiers_lost", "high", "Less than 40 % of the names in this file survive the change."),
        Rule("literals_lost", "high", "Less than 50 % of the texts in this file survive the change."),
        Rule("net_deletion", "high", "The change removes far more than it adds."),
        # --- tests that were there before
        Rule("test_removed", "high", "A test is removed, and nothing like it takes its place."),
        Rule("test_gone", "high", "A test that ran and passed before does not run any more."),
        Rule("test_skipped", "high", "A test is skipped, expected to fail, or others are shut out for it."),
        Rule("test_emptied", "high", "A test that checked something has no body any more."),
        Rule("assertions_removed", "high", "A test checks less than it did."),
        Rule("test_weakened", "high", "A test compares less exactly than it did."),
        Rule("check_silenced", "high", "A check is made to end well whatever it finds."),
        # --- no fake success
        Rule("test_says_nothing", "high", "A new test that passes whatever the code does."),
        Rule(
            "test_asserts_nothing",
            "medium",
            "A new test without an assertion: it only shows that nothing raises.",
        ),
        Rule("stub", "high", "New code that does nothing yet: only a stub, a comment or an empty file."),
        Rule("unfinished", "medium", "A new comment says that something is still to be done."),
        Rule("dead_module", "high", "A new module that nothing in this change uses."),
    )
}


def lost(name: str, path: str, *, line: int = 0, text: str = "", more: str = "") -> Finding:
    """A finding of one of these rules; `more` is added to its reason."""
    rule = RULES[name]
    reason = f"{rule.reason} {more}".strip()
    return Finding(rule=name, reason=reason, severity=rule.severity, path=path, line=line, text=text)
