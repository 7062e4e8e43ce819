#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tracing_off.sh GANDER_BENCH: what tracing costs while it is off, counted by callgrind: one look at
# the generation's number, a load and a predictable branch (mov, test, jne), where an event would
# be.
#
# Prints for each row how many instructions an operation has, how many such looks, and how many
# instructions these are: the difference of two runs, so without what begins and ends one. Fails
# where there is not exactly one look for each event that the operation has in a trace, where one is
# anything else than those three instructions, and where code of the tracer runs. For amd64.
set -eu
bench=$(realpath "$1")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
ops=10000

count() { # ROW OPS
  valgrind --tool=callgrind --dump-instr=yes --compress-pos=no --compress-strings=no \
    --callgrind-out-file="$folder/$1.$2" "$bench" "$1" "$2" 1 > "$folder/log" 2>&1 || {
    cat "$folder/log"
    exit 1
  }
}

objdump -d --no-show-raw-insn "$bench" > "$folder/code"
printf '%-12s %13s %6s %13s\n' row instructions looks "of which"
for row in ping_pong:6 spawn_join:6 spawn_batch:3; do
  name=${row%:*}
  count "$name" $ops
  count "$name" $((3 * ops))
  awk -v name="$name" -v events="${row#*:}" -v ops=$((2 * ops)) -v bench="$bench" '
    function offend(text) { print name ": " text; failed = 1 }
    FNR == 1 { ++file }
    # The code: each look, as its address and the three instructions from there on.
    file == 1 {
      if (!/^ +[0-9a-f]+:\t/) next
      if (after > 0) { text[look] = text[look] " " $2; --after }
      if (!/current_generation/) next
      look = "0x" substr($1, 1, length($1) - 1)
      text[look] = $2
      after = 2
      next
    }
    # What callgrind counted: "address line count". Behind calls= stands what was called.
    /^ob=/ { own = substr($0, 4) == bench }
    /^fn=/ { of_tracer = /=gander::(tracing|trace)::/ }
    /^calls=/ { getline; next }
    /^0x/ {
      n = (file == 3 ? $3 : -$3) / ops
      all += n
      if (own && $1 in text) looks[$1] += n
      else if (of_tracer) tracer += n
    }
    END {
      for (look in looks) {
        if (looks[look] < 0.01) continue
        sum += looks[look]
        if (text[look] != "mov test jne") offend("a look is: " text[look])
      }
      printf "%-12s %13.1f %6.2f %13.2f\n", name, all, sum, 3 * sum
      if (sum < events - 0.05 || sum > events + 0.05) offend("not " events " looks")
      if (tracer > 0.05) offend("code of the tracer runs: " tracer " instructions")
      exit failed
    }' "$folder/code" "$folder/$name.$ops" "$folder/$name.$((3 * ops))"
done
