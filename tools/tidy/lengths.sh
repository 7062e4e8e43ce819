#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# No file over 800 lines (over 400 a warning), no line over 100 columns.
. "$(dirname "$0")/common.sh"
export LC_ALL=C.UTF-8 # columns, not bytes

for file in $(sources src include cmd tools examples test bench cmake) \
            $(ls CMakeLists.txt scripts/* 2>/dev/null); do
  lines=$(wc -l < "$file")
  if [ "$lines" -gt 800 ]; then
    offend "$file: $lines lines, more than 800"
  elif [ "$lines" -gt 400 ]; then
    echo "warning: $file: $lines lines, more than 400"
  fi
  long=$(grep -nE '^.{101,}' "$file" | cut -d: -f1 | tr '\n' ' ')
  [ -z "$long" ] || offend "$file: over 100 columns: line $long"
done
exit $status
