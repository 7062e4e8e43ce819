#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# examples_test.sh FOLDER NAME: runs FOLDER/NAME, and compares what it prints with what stands here.
set -eu
program=$1/$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# prints STATUS ARGUMENT...: the program ends with STATUS after printing what stands on stdin.
prints() {
  wanted=$1
  shift
  cat > "$work/wanted"
  status=0
  "$program" "$@" < "$work/keyboard" > "$work/printed" 2> "$work/errors" || status=$?
  diff "$work/wanted" "$work/printed" && [ $status = "$wanted" ] || {
    echo "$program $*: status $status, wanted $wanted"
    cat "$work/errors"
    exit 1
  }
}
: > keyboard

case $2 in
  prime_sieve)
    prints 0 10 <<END
2
3
5
7
11
13
17
19
23
29
END
    ;;
  daisy_chain)
    echo 1000 | prints 0 1000
    ;;
  pipeline)
    echo "66 squares add up to 98021; 1 goroutine is left" | prints 0 95000
    ;;
  checksums)
    mkdir -p tree/deeper
    printf 123456789 > tree/digits
    : > tree/empty
    head -c 100000 /dev/zero > tree/deeper/zeros
    prints 0 tree <<END
d411957d  tree/deeper/zeros
cbf43926  tree/digits
00000000  tree/empty
END
    : | prints 1 missing
    grep -q missing errors
    ;;
  countdown)
    printf "Return aborts the launch.\n3\n2\n1\nLift-off!\n" | prints 0 10
    echo > keyboard
    printf "Return aborts the launch.\n3\nAborted.\n" | prints 1 60000
    ;;
  philosophers)
    prints 0 100 <<END
Plato has eaten 100 times, and the fork to the left has served 200 meals
Hypatia has eaten 100 times, and the fork to the left has served 200 meals
Confucius has eaten 100 times, and the fork to the left has served 200 meals
Kant has eaten 100 times, and the fork to the left has served 200 meals
Beauvoir has eaten 100 times, and the fork to the left has served 200 meals
END
    ;;
  chat)
    for name in Ann Bob Cem; do
      cat <<END
$name has read:
  Door: Knock, knock.
  Bob: Who is there?
  Ann: A goroutine.
  Cem: There is always one more.
END
    done | prints 0
    ;;
  replicas)
    prints 0 2000 <<END
web: 42 results of web-2
images: 42 results of images-1
videos: context deadline exceeded
END
    ;;
  trace_stress)
    # What it prints is a number of traces; test/trace/ looks into them.
    "$program" out.trace 1 > printed
    grep -qE '^[0-9]+ traces$' printed
    head -c 13 out.trace | grep -q '^go 1.23 trace$'
    ;;
  trace_symbolize)
    "$program" out.trace > printed
    [ "$(wc -l < printed)" = 19 ]
    head -c 13 out.trace | grep -q '^go 1.23 trace$'
    ;;
  *)
    echo "no test knows the example $2"
    exit 1
    ;;
esac
