"""A trace in the trace-event format that chrome://tracing and ui.perfetto.dev open.

Two processes stand for the two ways to look: CPUs, with what ran on each, and vCPUs, with where each
ran. Exits lie within the turns as spans; a counter a vCPU tells how often it exits.
"""

import json

CPUS, VCPUS = 1, 2  # the processes
COUNT_BINS = 500


def _name(process, thread, name):
    if thread is None:
        return {"ph": "M", "name": "process_name", "pid": process, "args": {"name": name}}
    return {"ph": "M", "name": "thread_name", "pid": process, "tid": thread, "args": {"name": name}}


def _span(process, thread, name, category, start, end, args):
    return {"ph": "X", "pid": process, "tid": thread, "name": name, "cat": category, "ts": start,
            "dur": max(end - start, 0), "args": args}


def _exit_args(exit):
    args = {"rip": exit.rip, "qualification": exit.qualification, "did": exit.did}
    if exit.cost is not None:
        args["ticks"] = exit.cost
    return args


def _counters(trace, vcpus):
    """Exits in each of COUNT_BINS parts of the time, a counter a vCPU."""
    start, end = trace.span()
    width = (end - start) / COUNT_BINS or 1.0
    bins = {vcpu: [0] * COUNT_BINS for vcpu in vcpus}
    for exit in trace.exits:
        bins[exit.vcpu][min(COUNT_BINS - 1, int((exit.start - start) / width))] += 1
    for vcpu, counts in bins.items():
        last = None
        for index, count in enumerate(counts):
            if count != last:
                yield {"ph": "C", "pid": VCPUS, "name": f"exits of {vcpu.label()}",
                       "ts": start + index * width, "args": {"exits": count}}
            last = count


def events_of(trace):
    """The trace events, by time within each thread."""
    vcpus = trace.vcpus()
    thread = {vcpu: index for index, vcpu in enumerate(vcpus)}
    names = [_name(CPUS, None, "CPUs"), _name(VCPUS, None, "vCPUs")]
    names += [_name(CPUS, cpu, f"CPU {cpu}") for cpu in trace.cpus()]
    names += [_name(VCPUS, thread[vcpu], f"{vcpu.label()} (VM {vcpu.vm})") for vcpu in vcpus]
    spans = []
    for run in trace.runs:
        spans.append(_span(CPUS, run.cpu, run.vcpu.label(), "turn", run.start, run.end, {}))
        spans.append(_span(VCPUS, thread[run.vcpu], f"CPU {run.cpu}", "turn", run.start, run.end, {}))
    for exit in trace.exits:
        for process, track in (CPUS, exit.cpu), (VCPUS, thread[exit.vcpu]):
            spans.append(_span(process, track, exit.reason, "exit", exit.start, exit.end,
                               _exit_args(exit)))
    for event in trace.events:
        process, track = (VCPUS, thread[event.vcpu]) if event.vcpu else (CPUS, event.cpu)
        spans.append({"ph": "i", "s": "t", "pid": process, "tid": track, "name": event.what,
                      "cat": "event", "ts": event.time, "args": {"text": event.text}})
    # Of spans that begin together the longer one holds the other.
    spans.sort(key=lambda span: (span["ts"], -span.get("dur", 0)))
    return names + spans + list(_counters(trace, vcpus))


def write(trace, file):
    json.dump({"displayTimeUnit": "ns", "otherData": {"title": trace.title},
               "traceEvents": events_of(trace)}, file)
