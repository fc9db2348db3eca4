"""UTC, the way the database keeps it."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the present moment as a naive UTC datetime: what every TIMESTAMP column holds."""
    return datetime.now(UTC).replace(tzinfo=None)
