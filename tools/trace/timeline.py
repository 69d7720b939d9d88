"""What a run did, as a timeline: the middle between a log and a picture of it.

Times are microseconds since Plinth began, as in the log. A cost is in ticks of the host's TSC.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Vcpu:
    vm: int
    name: str
    id: int

    def label(self):
        return f"{self.name}.{self.id}"


@dataclass
class Run:
    """A vCPU's turn on a CPU."""
    cpu: int
    vcpu: Vcpu
    start: float
    end: float


@dataclass
class Exit:
    """One exit, from leaving the guest to entering it again. `end` is `start` where the cost is not
    known, and `cost` is None then."""
    cpu: int
    vcpu: Vcpu
    start: float
    end: float
    reason: str  # number and name: 10(CPUID)
    rip: str
    qualification: str
    did: str
    cost: int | None = None


@dataclass
class Event:
    """Anything else that happened; `vcpu` is None where no vCPU is meant."""
    cpu: int
    vcpu: Vcpu | None
    time: float
    what: str
    text: str


@dataclass
class Statistic:
    """What one vCPU's exits for one reason cost, in ticks."""
    vcpu: Vcpu
    reason: str
    count: int
    total: int
    min: int
    median: int
    p99: int
    max: int


@dataclass
class Trace:
    title: str = ""
    summary: str = ""
    runs: list = field(default_factory=list)
    exits: list = field(default_factory=list)
    events: list = field(default_factory=list)
    statistics: list = field(default_factory=list)
    # How the statistics came about, for those who read them.
    statistics_note: str = ""

    def cpus(self):
        return sorted({item.cpu for item in self.runs + self.exits + self.events})

    def vcpus(self):
        seen = {item.vcpu for item in self.runs + self.exits + self.events + self.statistics}
        return sorted(seen - {None}, key=lambda vcpu: (vcpu.vm, vcpu.id))

    def span(self):
        """First and last time of anything in the trace."""
        times = ([run.start for run in self.runs] + [run.end for run in self.runs] +
                 [exit.start for exit in self.exits] + [exit.end for exit in self.exits] +
                 [event.time for event in self.events])
        return (min(times), max(times)) if times else (0.0, 0.0)


def percentile(ordered, hundredths):
    """The smallest value that so many hundredths of the ordered values do not exceed."""
    return ordered[max(0, -(-len(ordered) * hundredths // 100) - 1)]


def statistics_of(exits):
    """Statistics of the exits whose cost is known, the dearest first."""
    costs = {}
    for exit in exits:
        if exit.cost is not None:
            costs.setdefault((exit.vcpu, exit.reason), []).append(exit.cost)
    rows = []
    for (vcpu, reason), values in costs.items():
        values.sort()
        rows.append(Statistic(vcpu, reason, len(values), sum(values), values[0],
                              percentile(values, 50), percentile(values, 99), values[-1]))
    return sorted(rows, key=lambda row: -row.total)
