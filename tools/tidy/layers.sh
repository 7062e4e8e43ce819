#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# A folder of src/ includes only what stands to its left in this order. trace/event.h is a leaf that
# all may include; public headers never include src/, and include each other only in angle brackets.
# Tests and micro-benchmarks may look anywhere.
. "$(dirname "$0")/common.sh"

# Folders of one word are peers, which may not include each other.
order='base arch os unwind trace stack heap gc sched chan sync time net crash tracer,pprof'
order="$order collector api"

hits=$(code $(sources src include | grep -Ev '_(test|bench|model)\.cc$') | awk -v order="$order" '
  BEGIN {
    n = split(order, ranks, " ")
    for (i = 1; i <= n; i++) {
      m = split(ranks[i], peers, ",")
      for (j = 1; j <= m; j++) rank[peers[j]] = i
    }
  }
  !match($0, /:[ \t]*#[ \t]*include[ \t]*"/) { next }
  {
    target = substr($0, RSTART + RLENGTH)
    sub(/".*/, "", target)
    split($0, place, ":")
    where = place[1] ":" place[2] ": "
    split(place[1], from, "/")
    split(target, to, "/")
  }
  from[1] == "include" { print where "a public header includes \"" target "\""; next }
  target == "trace/event.h" { next }
  !(from[2] in rank) { print where "folder src/" from[2] " has no place in the order"; next }
  !(to[1] in rank) { print where "\"" target "\" is in no folder of the order"; next }
  from[2] != to[1] && rank[to[1]] >= rank[from[2]] {
    print where "src/" from[2] " may not include \"" target "\""
  }')
offend_all "order: $order" <<END
$hits
END
exit $status
