#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Every source file starts with the licence line (scripts: after #!).
. "$(dirname "$0")/common.sh"

for file in $(sources src include cmd tools examples test bench cmake scripts) \
            $(ls CMakeLists.txt scripts/* .ci/run 2>/dev/null); do
  head -n 2 "$file" | grep -qE '^(//|#|/\*) SPDX-License-Identifier: Apache-2.0( \*/)?$' ||
    offend "$file:1: does not start with the line SPDX-License-Identifier: Apache-2.0"
done
exit $status
