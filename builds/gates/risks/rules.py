"""Every rule of RiskReviewed on one page. What destroys is NothingDestructive's, secrets are NoSecrets'."""

from builds.evidence import Rule

RULES = {
    rule.name: rule
    for rule in (
        Rule("runs_text_as_code", "high", "Runs text as code; whoever can write that text can do anything."),
        Rule("runs_command", "high", "Runs a command of the operating system."),
        Rule("runs_download", "high", "Runs what it has just downloaded, whatever that is today."),
        Rule("unsafe_loading", "high", "Reads data in a way that can run code which is hidden in it."),
        Rule("weakens_security", "high", "Switches a protection off."),
        Rule("opens_permissions", "high", "Lets everybody write or run a file."),
        Rule("made_executable", "medium", "A file can now be run as a program."),
        Rule("ends_process", "medium", "Ends the whole process."),
        Rule("network_call", "medium", "Talks to another machine."),
        Rule("reads_env_file", "medium", "Reads a file of settings that usually holds secrets."),
        Rule("hardcoded_credential", "medium", "A password or a token is written into the code."),
        # --- the second model's own word
        Rule("second_model_pause", "high", "The second model wants a person to look at the risk first."),
        Rule("second_model_reject", "critical", "The second model wants this change rejected."),
        Rule("second_model_risk", "high", "The second model calls the risk of this change high."),
        Rule("second_model_critical", "critical", "The second model calls the risk of this change critical."),
    )
}
