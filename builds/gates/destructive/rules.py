"""Every rule of NothingDestructive on one page: its name, its reason in plain words, how grave it is."""

from builds.evidence import Rule

RULES = {
    rule.name: rule
    for rule in (
        # --- SQL, wherever it stands
        Rule("sql_drop_table", "critical", "Drops a table and all that is in it; there is no way back."),
        Rule("sql_drop_database", "critical", "Drops a whole database or schema; there is no way back."),
        Rule("sql_drop", "high", "Drops an object of the database that code or people may still need."),
        Rule("sql_alter_drop", "high", "Drops a part of a table, such as a column with its data."),
        Rule("sql_truncate", "high", "Empties a table."),
        Rule("sql_delete_all", "high", "Deletes every row: there is no WHERE, or one that is always true."),
        Rule(
            "sql_update_all", "high", "Overwrites every row: there is no WHERE, or one that is always true."
        ),
        Rule("sql_merge_delete", "high", "Deletes rows as a part of a MERGE."),
        Rule("sql_program", "critical", "Runs a program on the database server."),
        Rule("sql_rights", "high", "Changes who may do what in the database."),
        Rule("sql_unreadable", "high", "SQL that cannot be read, so nobody can say what it destroys."),
        Rule("sql_column_type", "medium", "Changes the type of a column; values that do not fit are lost."),
        # --- migrations and data access in code
        Rule("migration_drop_table", "critical", "A migration drops a table and all that is in it."),
        Rule("migration_drop_column", "high", "A migration drops a column and its data."),
        Rule("migration_drop_index", "high", "A migration drops an index or a constraint."),
        Rule(
            "migration_alter_column",
            "medium",
            "A migration changes a column; values that do not fit are lost.",
        ),
        Rule(
            "migration_unreadable",
            "high",
            "A migration runs SQL that is not written out, so nobody can read it.",
        ),
        Rule("code_drop_all", "critical", "Drops every table that the code knows."),
        Rule("code_delete_all", "high", "Deletes every row of a table through the ORM."),
        Rule("code_remove_tree", "medium", "Removes a folder with all that is in it."),
        # --- commands, in scripts and in code
        Rule("shell_remove_tree", "high", "Removes folders with all that is in them, without asking."),
        Rule(
            "shell_remove_root", "critical", "Removes everything: the root, the home or the current folder."
        ),
        Rule("shell_wipe_disk", "critical", "Overwrites a disk or a file for good."),
        Rule("shell_wipe_data", "critical", "Empties or removes a whole data store or environment."),
        Rule("git_push_force", "high", "Overwrites what others pushed."),
        Rule("git_push_delete", "high", "Deletes a branch or tag on the server."),
        Rule("git_reset_hard", "high", "Throws away changes that were not committed."),
        Rule("git_clean", "high", "Deletes files that git does not know."),
        Rule("git_rewrite_history", "high", "Rewrites the history of the repository."),
        # --- what no reader can read
        Rule(
            "file_unreadable",
            "high",
            "A binary or broken file where text is expected; nobody can read what it does.",
        ),
    )
}
