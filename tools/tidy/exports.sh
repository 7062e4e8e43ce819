#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# exports.sh LIBRARY INCLUDE [OBJECT...]: the shared library shows what the public headers under
# INCLUDE declare, and nothing else but the recorder of throws, the giver of signal stacks and the
# word that note_holder.h reads; and all that the OBJECTs, compiled from public headers alone, want
# of it.
library=$1
include=$2
shift 2
status=0

# defined LIBRARY: its symbols, demangled, without parameters.
defined() { nm -DC --defined-only "$1" | cut -d' ' -f3- | sed 's/(.*//; s/\[abi:.*//' | sort -u; }
shown=$(defined "$library")
declared=$(grep -rhoE '[A-Za-z_][A-Za-z0-9_]*' "$include" | sort -u)

while read -r symbol; do
  case $symbol in
    __cxa_throw | __cxa_allocate_exception | __cxa_free_exception) continue ;;
    std::rethrow_exception | pthread_create | gander_current_m) continue ;;
    gander::*) ;;
    "typeinfo for gander::"* | "typeinfo name for gander::"* | "vtable for gander::"*) ;;
    *)
      echo "$library: shows $symbol, which is not ours to show"
      status=1
      continue
      ;;
  esac
  name=${symbol##*::}
  echo "$declared" | grep -qx "${name#\~}" || {
    echo "$library: shows $symbol, which no public header declares"
    status=1
  }
done <<END
$shown
END

[ $# -gt 0 ] || exit $status
wanted=$(nm -C --undefined-only "$@" | sed -nE 's/^ +U (gander::[^([]*).*/\1/p' |
  grep -v '^gander::testing::' | sort -u)
[ -n "$wanted" ] || {
  echo "the objects want nothing of the library"
  status=1
}
for symbol in $wanted; do
  echo "$shown" | grep -qx "$symbol" || {
    echo "$library: does not show $symbol, which a user wants"
    status=1
  }
done
exit $status
