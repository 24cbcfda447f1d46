"""The subcommands of `manage.py dream`, one small file for each family; the table is in commands/dream.py."""
