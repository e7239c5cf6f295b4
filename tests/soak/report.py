"""What a soak tells: a line each minute, a line for each fault, and the whole at the end."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import inf
from typing import Any

from tests.soak.crowd import Crowd
from tests.soak.judge import Goal
from tests.soak.memory import Series
from tests.soak.tally import Tally, durations, percentile
from tests.soak.watch import STEADY_S, Dealt


@dataclass(frozen=True)
class Report:
    """Everything that was found."""

    plan: Mapping[str, Any]
    goals: Sequence[Goal]
    faults: Sequence[Dealt]
    series: Sequence[Series]
    tally: Tally = field(repr=False)
    injected: Counter[str]
    warnings: Counter[str]
    cpu: Mapping[str, float]
    log: str = field(default="", repr=False)
    """What the site wrote."""

    @property
    def met(self) -> bool:
        """Whether every goal is."""
        return all(goal.met for goal in self.goals)

    def lines(self) -> list[str]:
        """For a person."""
        missed = [goal.name for goal in self.goals if not goal.met]
        return [
            "Goals",
            *(f"  {goal}" for goal in self.goals),
            "Faults",
            *(f"  {fault_line(fault, self.tally)}" for fault in self.faults),
            "Memory",
            *(f"  {one}" for one in self.series if len(one.samples) > 1),
            "Counts",
            *(f"  {name}: {times:,}" for name, times in sorted(self.tally.counts.items())),
            *(f"  the log tells of what was done to it: {name}: {n}" for name, n in self.injected.items()),
            *(f"  CPU seconds of the {name}: {spent:,}" for name, spent in self.cpu.items()),
            "Warnings in the log",
            *(f"  {times:,} x {told}" for told, times in self.warnings.most_common(20)),
            f"MISSED: {'; '.join(missed)}" if missed else "All goals are met.",
        ]

    def as_json(self) -> dict[str, Any]:
        """For a program."""
        return {
            "plan": dict(self.plan),
            "met": self.met,
            "goals": [{**asdict(goal), "met": goal.met} for goal in self.goals],
            "faults": [{"kind": fault.kind, **facts(fault, self.tally)} for fault in self.faults],
            "memory": [
                {
                    "name": one.name,
                    "percent_per_ten_minutes": one.percent_per_ten_minutes,
                    "samples": one.samples,
                }
                for one in self.series
            ],
            "counts": dict(self.tally.counts),
            "injected": dict(self.injected),
            "warnings": dict(self.warnings),
            "cpu_s": dict(self.cpu),
        }


def facts(fault: Dealt, tally: Tally) -> dict[str, float]:
    """What a fault cost, in seconds: until all was well again, and stayed so, or the next one began."""
    until = min(fault.over, fault.whole + STEADY_S if fault.whole else inf)
    back = durations(tally.returns, fault.begun, until)
    # Who was cut and back between two looks was never seen to be away.
    well = max([fault.whole, *(at for at, _ in list(tally.returns) if fault.begun <= at < until)])
    errors = [at for at in list(tally.postponed) if fault.begun <= at < until]
    answers = durations(tally.answers, fault.begun, until)
    return {
        "lasted_s": fault.ended - fault.begun,
        "well_after_s": well - fault.ended if fault.whole else inf,
        "cut": len(back),
        "back_p99_s": percentile(back, 0.99),
        "postponed": len(errors),
        "errors_for_s": errors[-1] - errors[0] if errors else 0.0,
        "longest_answer_s": max(answers, default=0.0),
    }


def fault_line(fault: Dealt, tally: Tally) -> str:
    """One fault, for a person."""
    found = facts(fault, tally)
    return (
        f"{fault.kind}, {found['lasted_s']:.1f} s: all well {found['well_after_s']:.1f} s later; "
        f"{found['cut']:.0f} tabs cut, back within {found['back_p99_s']:.2f} s (p99); "
        f"{found['postponed']:.0f} notes postponed in {found['errors_for_s']:.1f} s, "
        f"longest answer {found['longest_answer_s']:.2f} s"
    )


def minute_line(minute: int, crowd: Crowd, series: Sequence[Series]) -> str:
    """How it goes."""
    answers = durations(crowd.tally.answers, time.monotonic() - 60)
    sizes = [f"{one.samples[-1][1] / 2**20:.0f}" for one in series if "worker" in one.name and one.samples]
    return (
        f"minute {minute}: {crowd.joined:,} joined, {crowd.written:,} notes written, "
        f"{crowd.acknowledged:,} acknowledged, {crowd.tally.counts['deliveries']:,} deliveries; "
        f"answers p50 {percentile(answers, 0.5) * 1e3:.0f} ms, p99 {percentile(answers, 0.99) * 1e3:.0f} ms; "
        f"workers {' and '.join(sizes[-2:])} MiB"
    )
