#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# go_trace.sh GANDER GO SOURCES WORK: a trace of Go's runtime is right to us, says the same to us
# as to Go, and becomes what viewers take. SOURCES is this folder.
set -euo pipefail
gander=$1 go=$2 sources=$3 work=$4
mkdir -p "$work"
export GOTOOLCHAIN=local GOFLAGS=-mod=mod GOPROXY=off GO111MODULE=on
# The user's cache, so that Go's library is not compiled for each build folder again.
[ -n "${HOME:-}" ] || export GOCACHE=$work/cache
(cd "$sources/program" && "$go" build -o "$work/traced" .)
"$work/traced" "$work/traced.trace"
"$gander" trace --check "$work/traced.trace"
python3 "$sources/compare_with_go.py" "$gander" "$go" "$work/traced.trace"
"$gander" trace "$work/traced.trace"
"$gander" trace "$work/traced.trace" --perfetto "$work/traced.json"
python3 "$sources/check_perfetto.py" "$work/traced.json"
"$gander" trace --events "$work/traced.trace" > "$work/traced.events"
# Everything that the program does is in there, so that a comparison of nothing cannot pass.
for what in 'GoBlock reason="chan receive"' 'GoBlock reason="select"' 'GoBlock reason="sleep"' \
  'GoBlock reason="sync.(\*Cond).Wait"' 'GoBlock reason="network"' GoSyscallEndBlocked ProcSteal \
  GCBegin STWBegin UserTaskBegin UserRegionEnd UserLog GoSwitch CPUSample ProcsChange HeapAlloc; do
  grep -q "$what" "$work/traced.events" || { echo "no $what in the trace"; exit 1; }
done
