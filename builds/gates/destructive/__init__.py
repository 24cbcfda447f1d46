"""How NothingDestructive reads a diff: one reader for each kind of file, one table of rules."""
