#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# src/ never allocates by malloc or operator new: the user's may block, be interposed, or call us.
# What cannot do otherwise (a result that is a std::string) says gander:may-allocate on the line or
# the one above, and why.
. "$(dirname "$0")/common.sh"

functions='malloc|calloc|realloc|reallocarray|free|posix_memalign|aligned_alloc|memalign'
others='strn?dup|v?f?printf|v?asprintf|f?puts|fopen|fdopen|opendir|scandir|getline|perror'
types='make_(unique|shared)|allocate_shared|function|any|[io]?stringstream|basic_string|string'
types="$types|to_string|vector|deque|(forward_)?list|(unordered_)?(multi)?(map|set)|pmr"

hits=$(code $(sources src | grep -Ev '(_(test|bench|model)\.cc|_test_helper\.h)$') |
  grep -Ev ':[[:blank:]]*#[[:blank:]]*include' |
  grep -E \
    -e "(^|[^A-Za-z0-9_.>:]|std::|[^A-Za-z0-9_]::)($functions|$others) *\(" \
    -e "\bstd::($types)\b" \
    -e '\boperator +(new|delete)\b' \
    -e '\bnew *(\( *std *:: *nothrow|[^A-Za-z0-9_( ]| +[^( ]|$)' \
    -e '\bdelete\b' |
  grep -Ev '= *delete *;')
while IFS= read -r hit; do
  [ -z "$hit" ] || marked "$hit" gander:may-allocate || offend "$hit   <- allocates"
done <<END
$hits
END
exit $status
