#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# readme_reports.sh README CRASHES: the two reports that the README shows are what the program
# prints today, but for numbers of lines and goroutines, addresses, code, and the folder of the
# sources.
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0

without_numbers() {
  sed -E 's|^\t.*/((examples\|include)/)|\t\1|; s|^ +(examples\|include)/|\t\1/|
          /^runtime: / { s|[^ ]*/(examples/)|\1|g; s|0x[0-9a-f]+|0xN|g; s|\([0-9]+\)|(N)|g }
          s|(\.[a-z]+):[0-9]+|\1:N|g; s|\+0x[0-9a-f]+|+0xN|; s|pc=0x[0-9a-f]+|pc=0xN|
          s|^goroutine [0-9]+|goroutine N|; s|^(instruction bytes:).*|\1 N|'
}

# shown LINE: the block of the README that starts with that text.
shown() { awk -v start="$1" '/^```/ { on = 0 } index($0, start) == 1 { on = 1 } on' "$readme"; }

readme=$1
crashes=$2
compare() { # NAME LEVEL LINE
  shown "$3" | without_numbers > "$work/shown"
  GOTRACEBACK=$2 "$crashes" "$1" 2>&1 > /dev/null | without_numbers > "$work/printed"
  diff "$work/shown" "$work/printed" > "$work/difference" && [ -s "$work/shown" ] || {
    echo "$readme: the report of '$1' is not (<) what is printed (>):"
    cat "$work/difference"
    status=1
  }
}
compare nil-dereference all 'panic: runtime error: invalid memory address'
compare nobody-receives single 'fatal error: all goroutines are asleep'
exit $status
