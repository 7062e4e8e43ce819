#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# command.sh GANDER WORK [TRACE]: what the command says, and its exit status, when it is given the
# wrong things.
set -uo pipefail
gander=$1 work=$2
rm -rf "$work"
mkdir -p "$work"
failed=0

# expect STATUS PATTERN COMMAND...: what it writes to stderr or stdout has the pattern.
expect() {
  local wanted=$1 pattern=$2 output status
  shift 2
  output=$("$@" 2>&1)
  status=$?
  if [ $status != "$wanted" ] || ! grep -qE -- "$pattern" <<< "$output"; then
    echo "$*: status $status, wanted $wanted and /$pattern/: $output"
    failed=1
  fi
}

printf '' > "$work/empty"
printf 'hello, this is no trace' > "$work/text"
printf 'go 1.23 trace\0\0\0' > "$work/header"
printf 'go 1.21 trace\0\0\0' > "$work/old"
printf 'go 1.23 trace\0\0\0\1\1\1\1\2\10\100' > "$work/clock" # one batch: the clock's frequency
printf 'go 1.23 trace\0\0\0\1\1\1\1\2\10\100\1\2' > "$work/cut"
mkfifo "$work/fifo"

expect 0 'Usage: gander' "$gander" --help
expect 0 'Exit status: 0 all is well' "$gander" trace --help
expect 0 '^gander [0-9]+\.[0-9]+\.[0-9]+$' "$gander" --version
expect 2 'subcommand is required' "$gander"
expect 2 'FILE is required' "$gander" trace
expect 2 'nonsense' "$gander" trace --nonsense "$work/clock"
expect 2 'only one at a time' "$gander" trace --check --json "$work/clock"
expect 2 'only one at a time' "$gander" trace --events --perfetto - "$work/clock"
expect 2 'only with --events' "$gander" trace --stacks "$work/clock"
expect 2 'missing: No such file' "$gander" trace "$work/missing"
expect 2 'it is a folder' "$gander" trace "$work"
expect 2 'nowhere/out: No such file' "$gander" trace "$work/clock" --perfetto "$work/nowhere/out"
expect 2 'No space left' "$gander" trace "$work/clock" --perfetto /dev/full
expect 1 'offset 0: not a trace: there is nothing in it' "$gander" trace "$work/empty"
expect 1 'offset 0: not a trace: it does not begin with' "$gander" trace "$work/text"
expect 1 'old format, of Go 1.21' "$gander" trace "$work/old"
expect 1 'there is no generation in it' "$gander" trace --check "$work/header"
expect 0 '^0 events, 0 goroutines, 1 generations: ok$' "$gander" trace --check "$work/clock"
expect 0 '1 generation,' "$gander" trace "$work/clock"
expect 0 '"generations":1' "$gander" trace --json "$work/clock"
expect 1 'offset 25: a number is cut off' "$gander" trace --check "$work/cut"
expect 1 '1 generation,' "$gander" trace "$work/cut" # all the same
expect 1 'not a trace' "$gander" trace "$work/text" --perfetto "$work/out"
[ ! -e "$work/out" ] || { echo "a file was left behind"; failed=1; }
expect 0 ': ok$' "$gander" trace --check - < "$work/clock"
cat "$work/clock" > "$work/fifo" &
expect 0 ': ok$' "$gander" trace --check "$work/fifo"
wait

# The page, as far as nothing is served. linux-386 has nothing to serve with.
if [[ $("$gander" trace --http x "$work/clock" 2>&1) = *'built without cpp-httplib'* ]]; then
  expect 2 'libcpp-httplib-dev' "$gander" trace --http "$work/clock"
else
  expect 2 'PORT is wanted' "$gander" trace --http x "$work/clock"
  expect 2 'PORT is wanted' "$gander" trace --http 127.0.0.1:65536 "$work/clock"
  expect 2 'missing: No such file' "$gander" trace --http "$work/missing"
  expect 1 'offset 0: not a trace' "$gander" trace --http "$work/text"
  expect 2 '192.0.2.1:0: Cannot assign' "$gander" trace --http 192.0.2.1:0 "$work/clock"
  expect 2 'nowhere.invalid:0: ' "$gander" trace --http nowhere.invalid:0 "$work/clock"
fi
expect 2 'FILE is required' "$gander" trace --http
expect 2 'only one at a time' "$gander" trace --check "$work/clock" --http
exit $failed
