"""The admin: where people look at jobs, decide and steer."""
