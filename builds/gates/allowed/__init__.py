"""What AllowedPaths looks for beside paths: text that hides, files nobody can read, migrations."""
