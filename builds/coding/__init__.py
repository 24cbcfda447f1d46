"""How a planned item becomes a change: tools, edits, checks, and the bounded loop around a model."""
