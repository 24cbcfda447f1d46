"""How the service is, as an object: numbers and ages."""

from builds.api.described.shapes import (
    Schema,
    flag,
    many,
    moment,
    number,
    one_of,
    or_null,
    record,
    text,
    whole,
)

AGE = number("Seconds.")


def aged(about: str, **more: Schema) -> Schema:
    """How many, and how old the oldest is."""
    return record(about, {"count": whole("How many."), "oldestSeconds": or_null(AGE), **more})


COMPONENTS: dict[str, Schema] = {
    "Status": record(
        "How the service is: nobody's names and no content. Ages in seconds; null where nothing has one.",
        version=text("The version."),
        commit=or_null(text("The commit that it was made from, where that is known.")),
        time=moment("The database's clock."),
        halted=or_null(record("Everything is halted.", at=moment("Since when."), reason=text("Why."))),
        workers=record(
            "Those that Redis knows; null where it does not answer.",
            count=or_null(whole("How many.")),
            heartbeats=or_null(
                many(
                    "Each worker.",
                    record("One.", name=text("Its name."), seconds=number("Since its last beat.")),
                )
            ),
        ),
        queues=record(
            "The jobs that are not final.",
            queued=record(
                "Those that wait.",
                count=whole("How many."),
                due=whole("How many of them could be worked now."),
                oldestDueSeconds=or_null(AGE),
            ),
            running=aged("Those at work.", abandoned=whole("How many of them have lost their worker.")),
            paused=aged("Those that ask a person."),
        ),
        oldestApprovalSeconds=or_null(AGE),
        callbacks=record(
            "What is still to be told.", undelivered=whole("How many."), oldestSeconds=or_null(AGE)
        ),
        deadLetters=whole("Jobs that were given up and wait for a person."),
        breakers=many(
            "Models and endpoints that are left alone for a while.",
            record("One.", provider=text("Which."), kind=text("Why."), openUntil=moment("Until when.")),
        ),
        migrations=record(
            "Whether tables and code fit.", ok=flag("They do."), detail=or_null(text("Why not."))
        ),
        sandbox=one_of("What checks run in.", ("bwrap", "none")),
        sweepSeconds=or_null(AGE),
    )
}
