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
    """Draw medians, with the lowest and the highest round in brackets, then the conditions."""
    table = Table(title="Medians (lowest–highest round)", title_justify="left", show_lines=True)
    for heading in ("entry", "figure", "Curate", "peer", "times better", "the same on both sides", "conditions"):
        table.add_column(heading, justify="right" if heading == "times better" else "left")
    for measurement in measurements:
        table.add_row(*_cells(measurement))
    console.print(table)
    console.print(_listed(conditions), highlight=False, style="dim")


def _cells(measurement: Measurement) -> tuple[str, ...]:
    ratio = measurement.times_better
    return (
        measurement.entry,
        measurement.what,
        _figure(measurement.ours, measurement.unit.symbol),
        f"{_figure(measurement.peer, measurement.unit.symbol)}\n{measurement.peer.name}",
        "–" if ratio is None else f"{ratio:.2g}" if ratio < 10 else f"{ratio:,.0f}",
        measurement.same,
        _listed({"rounds": len(measurement.ours.rounds), **measurement.conditions}),
    )


def _figure(side: Side, symbol: str) -> str:
    return f"{_number(side.median)} {symbol} ({_number(min(side.rounds))}–{_number(max(side.rounds))})"


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
