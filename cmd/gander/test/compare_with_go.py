# SPDX-License-Identifier: Apache-2.0
"""compare_with_go.py GANDER GO TRACE: what gander says of a trace agrees with Go's own tool.

Go prints the events as they stand in the file (-d=2), and in their order with the changes of state
(-d=1). The first are counted by kind; of the second the times of each goroutine are added up.
"""
import collections
import json
import re
import subprocess
import sys

gander, go, trace = sys.argv[1:]
structural = {"EventBatch", "Stacks", "Stack", "Strings", "String", "CPUSamples", "Frequency",
              "ExperimentalBatch"}


def output(*command):
    result = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return result.stdout.decode("utf-8", "replace")


def fail(message):
    print(message)
    sys.exit(1)


def counts():
    result = collections.Counter()
    for line in output(go, "tool", "trace", "-d=2", trace).splitlines():
        word = re.match(r"[A-Z]\w+(?= |$)", line)
        if word and word.group() not in structural:
            result[word.group()] += 1
    return result


def times():
    """By goroutine: nanoseconds in each state, those of blocking by reason."""
    totals = collections.defaultdict(collections.Counter)
    state, first, last = {}, None, 0
    change = re.compile(r'Resource=Goroutine\((\d+)\) Reason="(.*)" GoID=\d+ (\w+)->(\w+)$')
    for line in output(go, "tool", "trace", "-d=1", trace).splitlines():
        head = re.match(r"M=-?\d+ P=-?\d+ G=-?\d+ (\w+) Time=(\d+)", line)
        if not head or head.group(1) == "Sync":
            continue
        last = int(head.group(2))
        first = last if first is None else first
        found = change.search(line)
        if not found:
            continue
        goroutine, reason, old, new = found.groups()
        if goroutine in state:
            if old == new:
                continue
            name, since = state.pop(goroutine)
            totals[goroutine][name] += last - since
        else:
            reason = reason or "since before the trace"
        since = first if old == "Undetermined" else last
        if new == "Waiting":
            name = "blocked " + (reason or "coroutine switch")
            if old == "NotExist":
                name = "blocked not started"
        else:
            name = new
        if new != "NotExist":
            state[goroutine] = (name, since)
    for goroutine, (name, since) in state.items():
        totals[goroutine][name] += last - since
    return totals


summary = json.loads(output(gander, "trace", "--json", "--each", "--top", "1000000", trace))
ours, theirs = collections.Counter(summary["events_by_type"]), counts()
if ours != theirs:
    fail("events: more here %s, more there %s" % (ours - theirs, theirs - ours))

expected = times()
seen = set()
for line in summary["each_goroutine"]:
    goroutine = str(line["goroutine"])
    seen.add(goroutine)
    mine = collections.Counter({"Running": line["running_ns"], "Runnable": line["runnable_ns"],
                                "Syscall": line["syscall_ns"]})
    for reason, ns in line["blocked_by_reason_ns"].items():
        mine["blocked " + reason] += ns
    for name in set(mine) | set(expected[goroutine]):
        # Events at the same time may be taken in another order, each a nanosecond after the last.
        if abs(mine[name] - expected[goroutine][name]) > 1000:
            fail("goroutine %s, %s: %d ns here, %d there" %
                 (goroutine, name, mine[name], expected[goroutine][name]))
if seen != set(expected):
    fail("goroutines: %s" % (seen ^ set(expected)))
blocked = sum(line["blocked_ns"] for line in summary["each_goroutine"])
print("%d events of %d kinds, %d goroutines, blocked for %d ns: the same" %
      (sum(ours.values()), len(ours), len(seen), blocked))
