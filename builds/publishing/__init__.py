"""What a pull request says: how each criterion ended, and the text for the person who wakes up to it."""
