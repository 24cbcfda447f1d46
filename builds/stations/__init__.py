"""The stations: one file each, one function of a context each. They do not know each other."""
