"""The API for programs and smoke tests: repositories, and runs, which are the jobs of Storia's door."""
