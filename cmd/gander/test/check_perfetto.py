# SPDX-License-Identifier: Apache-2.0
"""check_perfetto.py FILE: what gander trace --perfetto wrote is what viewers take.

JSON; slices of a row lie beside or inside of each other, those of goroutines beside; each arrow begins
inside of a slice and ends where one begins; what begins ends; each row has a name.
"""
import bisect
import collections
import decimal
import json
import sys


def fail(message):
    print(message)
    sys.exit(1)


with open(sys.argv[1], encoding="utf-8") as file:
    events = json.load(file, parse_float=decimal.Decimal)["traceEvents"]
slices, arrows, tasks = collections.defaultdict(list), collections.defaultdict(dict), {}
named, kinds, processes = set(), collections.Counter(), {}
for e in events:
    kinds[e["ph"]] += 1
    row = (e["pid"], e["tid"])
    if e["ph"] == "M":
        if e["name"] == "thread_name":
            named.add(row)
        if e["name"] == "process_name":
            processes[e["pid"]] = e["args"]["name"]
        continue
    if not isinstance(e["name"], str) or e["ts"] < 0:
        fail("a name or a time is wrong: %s" % e)
    if e["ph"] == "X":
        if e["dur"] < 0:
            fail("a slice ends before it begins: %s" % e)
        slices[row].append((e["ts"], e["ts"] + e["dur"], e["name"]))
    elif e["ph"] in "sf":
        if e["ph"] in arrows[e["id"]]:
            fail("arrow %s twice" % e["id"])
        arrows[e["id"]][e["ph"]] = (row, e["ts"])
    elif e["ph"] == "b":
        if e["id"] in tasks:
            fail("task %s twice" % e["id"])
        tasks[e["id"]] = e["ts"]
    elif e["ph"] == "e":
        if tasks.pop(e["id"]) > e["ts"]:
            fail("task %s ends before it begins" % e["id"])
    elif e["ph"] not in "iC":
        fail("an unknown kind: %s" % e)
if tasks:
    fail("tasks without an end: %s" % tasks)
for row, all_of_row in slices.items():
    if row not in named:
        fail("row %s has no name" % (row,))
    all_of_row.sort(key=lambda s: (s[0], -s[1]))
    open_until = []
    for begin, end, name in all_of_row:
        while open_until and open_until[-1] <= begin:
            open_until.pop()
        if open_until and (end > open_until[-1] or processes[row[0]] == "Goroutines"):
            fail("row %s: the slice %s at %s overlaps" % (row, name, begin))
        open_until.append(end)
for number, arrow in arrows.items():
    if set(arrow) != {"s", "f"} or arrow["s"][1] > arrow["f"][1]:
        fail("arrow %s: %s" % (number, arrow))
    for end, (row, at) in arrow.items():
        of_row = slices[row]
        i = bisect.bisect_right(of_row, at, key=lambda s: s[0]) - 1
        if i < 0 or of_row[i][1] < at or (end == "f" and of_row[i][0] != at):
            fail("arrow %s: no slice at its end %s, %s" % (number, end, arrow))
print("%d events, %d rows, %d arrows: fine (%s)" %
      (len(events), len(slices), len(arrows), dict(kinds)))
