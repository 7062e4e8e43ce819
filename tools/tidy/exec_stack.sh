#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# exec_stack.sh FILE...: no program or library asks for an executable stack, which one .S file
# without its .note.GNU-stack section brings about, silently.
status=0
for file; do
  flags=$(readelf -lW "$file" | awk '$1 == "GNU_STACK" { print $7 $8 }')
  case $flags in
    RW0x*) ;;
    *)
      echo "$file: stack flags '$flags', not RW"
      status=1
      ;;
  esac
done
exit $status
