#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# wordcount_test.sh PROGRAM [FOLDER...]: compares PROGRAM --all with standard tools run file by
# file, over the given folders (default: /usr/share/doc and /usr/include) and over a folder of
# awkward cases made here. PROGRAM is wordcount or its peer on threads. Prints what differs and
# exits 1.
set -u
export LC_ALL=C
program=$1
shift
[ $# -gt 0 ] || set -- /usr/share/doc /usr/include
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
failures=0

fail() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}

# Each file alone goes through tr, and a line feed behind it ends its last word; bytes that are no
# white space stay as they are. awk would stumble over NUL, so counting is left to sort and uniq,
# which do not: with -z the records end in NUL, so NUL and line feed trade places on the way there
# and back.
words_of() {
  find "$@" -type f -exec sh -c 'for f; do cat < "$f"; echo; done' sh {} + | tr -s '\t\v\f\r ' '\n'
}
expected() {
  words_of "$@" | tr '\n\0' '\0\n' | grep -z -a -v '^$' | sort -z -S 25% | uniq -z -c |
    sed -z 's/^ *//' | tr '\n\0' '\0\n'
}
compare() { # NAME PATH...
  name=$1
  shift
  expected "$@" > "$scratch/expected"
  "$program" --all "$@" > "$scratch/actual" 2> "$scratch/stderr" < /dev/null
  status=$?
  # Sorted anew on both sides: the order of NUL against line feed is not what is compared here.
  sort "$scratch/expected" > "$scratch/expected.sorted"
  sort "$scratch/actual" > "$scratch/actual.sorted"
  if ! cmp "$scratch/expected.sorted" "$scratch/actual.sorted"; then
    diff -a "$scratch/expected.sorted" "$scratch/actual.sorted" | cut -c 1-200 | head -5
    fail "$name: counts differ"
  fi
}
expect_status() { # NAME STATUS ARGUMENT...
  name=$1 wanted=$2
  shift 2
  "$program" "$@" > "$scratch/out" 2> "$scratch/stderr" < /dev/null
  status=$?
  [ "$status" = "$wanted" ] || fail "$name: exit status $status, not $wanted"
}
expect_stderr() { # NAME PATTERN, about the last run
  grep -a -q "$2" "$scratch/stderr" || fail "$1: stderr lacks '$2'"
}
expect_lines() { # NAME COUNT FILE
  lines=$(wc -l < "$3")
  [ "$lines" = "$2" ] || fail "$1: $lines lines, not $2"
}

cases=$scratch/cases
mkdir -p "$cases/deep/er" && cd "$cases" || exit 1
: > empty
printf 'no newline at the end' > unended
printf ' \t\n\v\f\r   ' > only_space
printf 'a\0b a\0b \0 \377\376 \200\n' > binary
printf 'odd name' > 'a name with spaces'
printf 'line feed' > 'a name with
a line feed'
printf 'dash' > ./-n
printf 'deep' > deep/er/file
ln -s . loop
ln -s nowhere dangling
ln -s unended link
ln -s ../.. deep/er/up
# Words across the borders of blocks of 1 MiB: 7 does not divide a block, and a word of 3 MiB fits
# into none.
yes sevens | head -c 3000001 > blocks
head -c 3145728 /dev/zero | tr '\0' 'w' > one_word
head -c 2000000 /dev/zero > zeros
{ head -c 1048575 /dev/zero | tr '\0' ' '; printf 'edge over'; } > edge
compare "awkward cases" "$cases"
[ "$status" = 0 ] || fail "awkward cases: exit status $status"
[ -s "$scratch/stderr" ] && fail "awkward cases: stderr is not empty"
for file in empty unended only_space binary blocks one_word zeros edge; do
  compare "$file" "$cases/$file"
done
for bytes in 1048574 1048575 1048576 1048577; do
  yes 'ab' | head -c "$bytes" > "$scratch/border"
  compare "a file of $bytes bytes" "$scratch/border"
done
"$program" --all "$cases/unended" > "$scratch/actual"
[ "$(tr '\n' , < "$scratch/actual")" = '1 at,1 end,1 newline,1 no,1 the,' ] ||
  fail "--all is not sorted"

# A link that is named is followed, as by grep -r; one that is met on the way is not.
"$program" --all "$cases/link" > "$scratch/actual"
expect_lines "a named link" 5 "$scratch/actual"

mkfifo "$cases/fifo"
expect_status "fifo on the way" 0 --all "$cases"
expect_stderr "fifo on the way" 'fifo: not a regular file, skipped'
printf 'through a fifo' > "$cases/fifo" &
"$program" --all "$cases/fifo" > "$scratch/actual"
wait
expect_lines "a named fifo" 3 "$scratch/actual"
rm "$cases/fifo"

expect_status "missing path" 1 "$cases/nothing" "$cases/unended"
expect_stderr "missing path" 'nothing: No such file or directory'
grep -q '^1 files, 21 bytes' "$scratch/out" || fail "missing path: the other file is not counted"
expect_status "dangling link" 1 "$cases/dangling"
expect_stderr "dangling link" 'dangling: No such file or directory'

# Root may read everything, so as root this runs as nobody, on a copy that nobody may start.
mkdir "$scratch/shut"
printf 'secret' > "$scratch/shut/file"
printf 'x' > "$scratch/shut_file"
chmod 000 "$scratch/shut" "$scratch/shut_file"
unprivileged="$program"
if [ "$(id -u)" = 0 ]; then
  chmod 755 "$scratch"
  cp "$program" "$scratch/program"
  unprivileged="setpriv --reuid=65534 --regid=65534 --clear-groups $scratch/program"
fi
# Unquoted on purpose: words of a command.
$unprivileged --all "$scratch/shut" "$scratch/shut_file" "$cases/unended" \
  > "$scratch/out" 2> "$scratch/stderr"
[ $? = 1 ] || fail "unreadable: exit status is not 1"
expect_stderr "unreadable" 'shut: Permission denied'
expect_stderr "unreadable" 'shut_file: Permission denied'
expect_lines "unreadable" 5 "$scratch/out"
chmod 755 "$scratch/shut"

expect_status "no path" 2
expect_status "bad number" 2 --top many "$cases"
expect_status "top" 0 --top 1 "$cases/blocks"
expect_lines "top" 2 "$scratch/out"
expect_status "one reader" 0 -j 1 "$cases"

cd / && compare "real folders: $*" "$@"

[ "$failures" = 0 ] && echo "wordcount: all as the standard tools say"
exit $((failures != 0))
