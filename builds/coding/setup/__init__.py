"""The set-up phase: which dependencies a repository has, and how they come into the sandbox."""
