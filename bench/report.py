"""Measurements as a table for people, or as JSON."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.measurement import Measurement, Side

Conditions = Mapping[str, str | int]


def as_json(measurements: Iterable[Measurement], conditions: Conditions) -> str:
    """Return everything, every round included."""
    return json.dumps(
        {"conditions": dict(conditions), "measurements": [_as_dict(measurement) for measurement in measurements]},
        indent=2,
        ensure_ascii=False,
    )


def print_table(measurements: Sequence[Measurement], conditions: Conditions, console: Console) -> None:
    """Draw medians, with the lowest and the highest round in brackets, then what they are of and the conditions."""
    table = Table("entry", "figure", "Curate", "peer", "times better", "the peer is", title_justify="left")
    table.title = "Medians (lowest–highest round); below 1 time better, the peer is better"
    notes: dict[str, None] = {}
    for measurement in measurements:
        table.add_row(*_cells(measurement), end_section=True)
        given = _listed({"rounds": len(measurement.ours.rounds), **measurement.conditions})
        notes[f"[bold]{measurement.entry}[/bold]: {given}; same on both sides: {measurement.same}"] = None
    console.print(table)
    for note in notes:
        console.print(note, highlight=False)
    console.print(_listed(conditions), highlight=False, style="dim")


def _cells(measurement: Measurement) -> tuple[str, ...]:
    ratio, symbol = measurement.times_better, measurement.unit.symbol
    return (
        measurement.entry,
        measurement.what,
        _figure(measurement.ours, symbol),
        _figure(measurement.peer, symbol),
        "–" if ratio is None else f"{ratio:.2g}" if ratio < 10 else f"{ratio:,.0f}",
        measurement.peer.name,
    )


def _figure(side: Side, symbol: str) -> str:
    median, lowest, highest = (_number(value) for value in (side.median, min(side.rounds), max(side.rounds)))
    return f"{median} {symbol}\n({lowest}–{highest})"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _listed(conditions: Conditions) -> str:
    return "; ".join(
        f"{name}: {value:,}" if isinstance(value, int) else f"{name}: {value}" for name, value in conditions.items()
    )


def _as_dict(measurement: Measurement) -> dict[str, Any]:
    return {
        "entry": measurement.entry,
        "what": measurement.what,
        "unit": measurement.unit.symbol,
        "ours": _side(measurement.ours),
        "peer": _side(measurement.peer),
        "times_better": measurement.times_better,
        "same": measurement.same,
        "conditions": dict(measurement.conditions),
    }


def _side(side: Side) -> dict[str, Any]:
    return {"name": side.name, "median": side.median, "rounds": list(side.rounds)}
