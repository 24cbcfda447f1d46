"""Every rule of AllowedPaths that a yes can mend: its name, its reason in plain words, how grave it is."""

from builds.evidence import Rule

RULES = {
    rule.name: rule
    for rule in (
        Rule(
            "protected_path",
            "high",
            "The repository's policy protects this path: a wrong change here reaches beyond the code.",
        ),
        Rule(
            "hidden_text",
            "critical",
            "The line holds characters nobody sees, or that turn text around; it may not be what it shows.",
        ),
        Rule("binary_file", "high", "A binary file: neither a person nor a gate can read what is in it."),
        Rule(
            "large_file",
            "high",
            "The file is larger than 1 MB; nobody reads so much, and git keeps it for ever.",
        ),
        Rule("many_files", "medium", "More than 20 files change, which is hard to review in one go."),
        Rule("many_lines", "medium", "More than 1000 lines change, which is hard to review in one go."),
        Rule("migration", "medium", "A database migration: it runs on real data when this is released."),
    )
}
