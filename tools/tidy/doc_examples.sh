#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Every example in a public header's comments (lines that start with "//" and five blanks) and
# every C++ block of the README stands, in the same words, in test/api/doc_examples_test.cc, which
# compiles it. Blanks and line ends do not count.
. "$(dirname "$0")/common.sh"

compiled=test/api/doc_examples_test.cc
[ -f $compiled ] || compiled=/dev/null
missing=$(awk '
  function end_block() {
    if (block != "" && index(compiled, block) == 0)
      print at ": this example is not compiled by test/api/doc_examples_test.cc"
    block = ""
  }
  function add(text) {
    if (block == "") at = path ":" FNR
    gsub(/[ \t]/, "", text)
    block = block text
  }
  FNR == 1 { end_block(); path = FILENAME; fenced = 0; file++ }
  file == 1 && path == first { gsub(/[ \t]/, ""); compiled = compiled $0; next }
  path ~ /\.md$/ && /^```cpp/ { fenced = 1; next }
  path ~ /\.md$/ && /^```/ { end_block(); fenced = 0; next }
  path ~ /\.md$/ { if (fenced) add($0); next }
  /^ *\/\/     / { sub(/^ *\/\//, ""); add($0); next }
  { end_block() }
  END { end_block() }
' first=$compiled $compiled $(sources include | grep -v /internal/) $(ls README.md 2>/dev/null))
[ -z "$missing" ] || offend "$missing"
exit $status
