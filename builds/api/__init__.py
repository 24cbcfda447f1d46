"""The HTTP API: submit a build, look at it, steer it."""
