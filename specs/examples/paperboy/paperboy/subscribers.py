"""Adding, removing and listing subscribers."""

from dataclasses import dataclass


class UnknownSubscriber(Exception):
    """Nobody subscribes with that address."""


@dataclass(frozen=True)
class Subscriber:
    """One person; `active` is false once they unsubscribed."""

    email: str
    name: str
    fax: str = ""
    active: bool = True


def add(connection, email, name, fax=""):
    """Subscribe somebody, or welcome them back."""
    connection.execute(
        "INSERT INTO subscribers (email, name, fax, active) VALUES (?, ?, ?, 1) "
        "ON CONFLICT (email) DO UPDATE SET name = excluded.name, fax = excluded.fax, active = 1",
        (email.strip().lower(), name.strip(), fax),
    )
    connection.commit()


def unsubscribe(connection, email):
    """Keep the row, so that nobody is asked twice."""
    found = connection.execute("UPDATE subscribers SET active = 0 WHERE email = ?", (email.strip().lower(),))
    if not found.rowcount:
        raise UnknownSubscriber(email)
    connection.commit()


def everybody(connection):
    """All subscribers, by address, those who left included."""
    rows = connection.execute("SELECT email, name, fax, active FROM subscribers ORDER BY email")
    return [Subscriber(row["email"], row["name"], row["fax"], bool(row["active"])) for row in rows]
