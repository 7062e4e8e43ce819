#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# compare.sh [--record] LIBRARY: compares the binary interface of libgander.so, built with -g, with
# the one recorded for its soname in libgander.so.M.N.abi here: names, parameters, and the layout of
# all types that cross. What is only added does not count. --record makes the record anew: allowed
# when no version with this soname has been published, or with a new one.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
record=no
if [ "$1" = --record ]; then
  record=yes
  shift
fi
library=$1
soname=$(readelf -dW "$library" | sed -nE 's/.*\(SONAME\).*\[(.*)\]/\1/p')
baseline=$here/$soname.abi

# Without paths, so that the text depends neither on the machine nor on the place.
describe() {
  abidw --exported-interfaces-only --headers-dir "$here/../../include" \
    --suppressions "$here/ignored.suppr" --drop-private-types --no-elf-needed --no-show-locs \
    --no-comp-dir-path --no-corpus-path --no-parameter-names --type-id-style hash "$library"
}

if [ $record = yes ]; then
  describe > "$baseline"
  echo "recorded $baseline"
  exit
fi
[ -f "$baseline" ] || {
  echo "$soname has no record: make one with tools/abi/compare.sh --record $library"
  exit 1
}
now=$(mktemp)
trap 'rm -f "$now"' EXIT
describe > "$now"
# Bits of the status: 1 it failed, 2 wrong use, 4 there is a change, 8 an incompatible one.
status=0
abidiff --no-added-syms --no-show-locs "$baseline" "$now" || status=$?
[ $status = 0 ] || {
  echo "The binary interface of $soname is not what was recorded (abidiff: $status)."
  echo "If a version with this soname has been published, this needs a new minor version"
  echo "(include/gander/version.h). If not: tools/abi/compare.sh --record $library"
  exit 1
}
