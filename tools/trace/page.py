"""A trace as one HTML page that needs nothing else: page.html with style, script and data put in.

The data are rows of numbers, names told apart by their index, as page.js reads them. Addresses stay
text: a number of JavaScript does not hold 64 bits.
"""

import html
import json
import os

HERE = os.path.dirname(os.path.abspath(__file__))


class _Index:
    """Names by number, in the order in which they came."""

    def __init__(self):
        self.names = []
        self._numbers = {}

    def number(self, name):
        if name not in self._numbers:
            self._numbers[name] = len(self.names)
            self.names.append(name)
        return self._numbers[name]


def data_of(trace):
    vcpus = trace.vcpus()
    number = {vcpu: index for index, vcpu in enumerate(vcpus)}
    reasons, deeds = _Index(), _Index()
    start, end = trace.span()
    return {
        "title": trace.title,
        "summary": trace.summary,
        "from": start,
        "to": end,
        "cpus": trace.cpus(),
        "vcpus": [{"vm": vcpu.vm, "name": vcpu.name, "id": vcpu.id} for vcpu in vcpus],
        "runs": [[run.cpu, number[run.vcpu], run.start, run.end] for run in trace.runs],
        "exits": [[exit.cpu, number[exit.vcpu], exit.start, exit.end, reasons.number(exit.reason),
                   exit.rip, exit.qualification, deeds.number(exit.did),
                   -1 if exit.cost is None else exit.cost] for exit in trace.exits],
        "events": [[event.cpu, number[event.vcpu] if event.vcpu else -1, event.time, event.what,
                    event.text] for event in trace.events],
        "statistics": [{"vm": row.vcpu.vm, "vcpu": row.vcpu.id, "reason": row.reason,
                        "count": row.count, "total": row.total, "min": row.min,
                        "median": row.median, "p99": row.p99, "max": row.max}
                       for row in trace.statistics],
        "statisticsNote": trace.statistics_note,
        "reasons": reasons.names,
        "deeds": deeds.names,
    }


def _part(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        return file.read()


def render(trace):
    # What a guest printed must not end the script element that holds it.
    data = json.dumps(data_of(trace)).replace("<", "\\u003c")
    parts = {"TITLE": html.escape(trace.title), "STYLE": _part("page.css"),
             "SCRIPT": _part("page.js"), "DATA": data}
    page = _part("page.html")
    # Once each, and not within what was put in.
    pieces = []
    for piece in page.split("@"):
        pieces.append(parts.pop(piece, piece) if piece.isupper() else piece)
    return "".join(pieces)
