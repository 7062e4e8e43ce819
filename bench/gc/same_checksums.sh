#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# same_checksums.sh PROGRAM...: runs each program on each workload with small parameters, and tells
# where two of them do not compute the same, or one computes nothing.
set -euo pipefail

[ $# -ge 2 ] || { echo "same_checksums: nothing to compare with" >&2; exit 2; }
runs=("gcbench_6 1" "binary_trees_8 2" "live_1m 3000" "pointer_store_100k 10000"
  "pointer_store_marking_100k 10000" "alloc_16 20000" "alloc_64 20000" "alloc_1024 5000"
  "server_mix_40 2000")
checksum() { # PROGRAM ROW OPS THREADS
  local lines
  lines=$("$1" "$2" "$3" "$4") || { echo "FAILED"; return; }
  awk '$1 ~ /_checksum$/ { print $3 }' <<< "$lines"
}

status=0
for run in "${runs[@]}"; do
  for threads in 1 2; do
    read -r row ops <<< "$run"
    first= answered=0
    for program in "$@"; do
      sum=$(checksum "$program" "$row" "$ops" "$threads")
      if [[ -z $sum && $row == pointer_store_marking_* ]]; then continue; fi # has no collector
      answered=$((answered + 1))
      first=${first:-$sum}
      if [[ ! $sum =~ ^[0-9]+$ || $sum != "$first" ]]; then
        echo "$row $threads: ${program##*/} says '$sum', not '$first'"
        status=1
      fi
    done
    echo "$row $threads: ${first:-} ($answered programs)"
  done
done
exit $status
