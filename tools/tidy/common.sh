# SPDX-License-Identifier: Apache-2.0
#
# Sourced by each check of this folder: NAME.sh [ROOT] checks the tree at ROOT (default: this
# repository) and exits with 1 after naming every offence as PATH:LINE: text. self_test.sh shows
# that each of them can fail.
here=$(cd "$(dirname "$0")" && pwd)
cd "${1:-$here/../..}" || exit 2
status=0

# offend TEXT...: one offence.
offend() {
  echo "$*"
  status=1
}

# offend_all WHY: each line of the input that is not empty is one.
offend_all() {
  while IFS= read -r offence; do
    [ -z "$offence" ] || offend "$offence   <- $1"
  done
}

# existing FOLDER...: those of them that the tree has.
existing() {
  for folder; do [ -d "$folder" ] && echo "$folder"; done
}

# sources FOLDER...: the files in them that people write.
sources() {
  folders=$(existing "$@")
  [ -n "$folders" ] || return 0
  find $folders -type f | grep -E '(\.(cc|h|S|sh|awk|cmake|go|pml)|/CMakeLists\.txt)$' | sort
}

# code FILE...: their lines as "PATH:LINE: TEXT" without comments and literals.
code() {
  [ $# -eq 0 ] || awk -f "$here/code.awk" "$@"
}

# marked PATH:LINE:... MARK: whether the line or the one above it carries the mark in a comment.
marked() {
  path=${1%%:*}
  rest=${1#*:}
  line=${rest%%:*}
  sed -n "$((line > 1 ? line - 1 : 1)),${line}p" "$path" | grep -q "// .*$2"
}
