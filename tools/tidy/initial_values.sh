#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# initial_values.sh FILE...: no variable of more than 12 KiB has initial values that are not zero,
# which a single member of a table's entries brings about. Such a one lies in the file, and where
# it holds addresses all of it is written, and so takes memory, when a program starts.
status=0
for file; do
  large=$(nm -C -S --size-sort -t d "$file" | awk -v file="$file" '
    $3 ~ /^[dD]$/ && $2 + 0 > 12288 {
      name = $0
      sub(/^[^ ]+ [^ ]+ [^ ]+ /, "", name)
      print file ": " $2 + 0 " bytes of " name
    }')
  [ -z "$large" ] && continue
  echo "$large"
  status=1
done
exit $status
