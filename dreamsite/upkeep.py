"""How long things are kept and how they are logged, from the environment."""

from datetime import timedelta

from dreamsite.env import Environment


def kept(env: Environment) -> dict[str, timedelta]:
    """What `dream cleanup` leaves for how long. Raises BadSetting."""
    days = {
        "artifacts": env.number("DREAM_KEEP_ARTIFACTS_DAYS", 30, least=1),
        "transcripts": env.number("DREAM_KEEP_TRANSCRIPTS_DAYS", 30, least=1),
        "deliveries": env.number("DREAM_KEEP_DELIVERIES_DAYS", 30, least=1),
        "events": env.number("DREAM_KEEP_EVENTS_DAYS", 180, least=1),
    }
    return {name: timedelta(days=count) for name, count in days.items()}


def log_options(env: Environment) -> dict[str, str]:
    """What `dreamsite.logs.configure` is given. Raises BadSetting."""
    return {
        "format": env.choice("DREAM_LOG_FORMAT", ("auto", "json", "console"), "auto"),
        "level": env.choice("DREAM_LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), "INFO"),
    }
