#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The runtime has one thread_local, the current M (see docs/design on the border): compilers cache
# the address of any other across a switch to another thread. Its declaration and its definition
# carry the mark gander:the-one-thread-local.
. "$(dirname "$0")/common.sh"
mark=gander:the-one-thread-local

hits=$(code $(sources src include) | grep -E '\b(thread_local|__thread|_Thread_local)\b')
marks=0
while IFS= read -r hit; do
  [ -n "$hit" ] || continue
  marked "$hit" "$mark" && marks=$((marks + 1)) && [ $marks -le 2 ] && continue
  offend "$hit   <- a second thread_local"
done <<END
$hits
END
exit $status
