#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Every example in a public header's comments (lines that start with "//" and five blanks) and
# every C++ block of the README and of docs/*.md stands, in the same words, in
# test/api/*examples_test.cc or one of the examples, which are compiled. Blanks and line ends do
# not count.
. "$(dirname "$0")/common.sh"

compiled=$(ls test/api/*examples_test.cc examples/*.cc 2> /dev/null)
missing=$(awk '
  function end_block() {
    if (block != "" && index(compiled, block) == 0)
      print at ": neither test/api/*examples_test.cc nor one of examples/ compiles this"
    block = ""
  }
  function add(text) {
    if (block == "") at = path ":" FNR
    gsub(/[ \t]/, "", text)
    block = block text
  }
  FNR == 1 { end_block(); path = FILENAME; fenced = 0 }
  reading_code { gsub(/[ \t]/, ""); compiled = compiled $0; next }
  path ~ /\.md$/ && /^```cpp/ { fenced = 1; next }
  path ~ /\.md$/ && /^```/ { end_block(); fenced = 0; next }
  path ~ /\.md$/ { if (fenced) add($0); next }
  /^ *\/\/     / { sub(/^ *\/\//, ""); add($0); next }
  { end_block() }
  END { end_block() }
' reading_code=1 $compiled reading_code=0 $(sources include | grep -v /internal/) \
  $(ls README.md docs/*.md 2> /dev/null) < /dev/null)
[ -z "$missing" ] || offend "$missing"
exit $status
