#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Every public header compiles alone, and none pulls in <iostream>, <regex> or <functional>, which
# would cost each user's every file most of a second. None asks for a macro (NDEBUG, one of ours): a
# program's files, and the library, may be compiled with different ones. CXX names the compiler.
. "$(dirname "$0")/common.sh"

# Those of the processor, too: the compiler's own.
case $(${CXX:-c++} -dumpmachine) in
  x86_64-*) arch=amd64 ;;
  *) arch=386 ;;
esac
ports=$(existing src/arch/*/include)
own=$(existing "src/arch/$arch/include")

hits=$(code $(sources include $ports) |
  grep -E ':[[:blank:]]*#[[:blank:]]*(el)?if|[^A-Za-z0-9_]assert *\(')
offend_all "depends on macros" <<END
$hits
END

for header in $(sources include $own); do
  if ! tree=$(${CXX:-c++} -std=c++20 -Iinclude ${own:+-I"$own"} -x c++ -fsyntax-only -H \
    "$header" 2>&1); then
    echo "$tree" | grep -v '^\.'
    offend "$header: does not compile alone"
    continue
  fi
  for heavy in iostream regex functional; do
    # The chain of includes that ends in it: each line has one dot per level.
    chain=$(echo "$tree" | awk -v heavy="/$heavy" '
      /^\.+ / {
        level = length($1)
        path[level] = $2
        if (substr($2, length($2) - length(heavy) + 1) == heavy && $2 ~ /\/c\+\+\//) {
          for (i = 1; i <= level; i++) printf " > %s", path[i]
          exit
        }
      }')
    [ -z "$chain" ] || offend "$header pulls in <$heavy>:$chain"
  done
done
exit $status
