# SPDX-License-Identifier: Apache-2.0
#
# awk -f code.awk FILE...: prints "PATH:LINE: TEXT" for every line of C++, with comments blanked and
# string and character literals emptied, so that a word found in TEXT is code. Include lines keep
# their path. POSIX awk only (Debian's is mawk).
FNR == 1 { state = "code" }

{
  line = $0
  out = ""
  if (state == "code" && line ~ /^[ \t]*#[ \t]*include/) {
    sub(/[ \t]*\/[\/*].*$/, "", line)
    print FILENAME ":" FNR ": " line
    next
  }
  while (line != "") {
    if (state == "comment") {
      end = index(line, "*/")
      if (!end) break
      line = substr(line, end + 2)
      out = out " "
      state = "code"
    } else if (state == "raw") {
      end = index(line, raw_end)
      if (!end) break
      line = substr(line, end + length(raw_end))
      out = out "\""
      state = "code"
    } else {
      # The next thing that opens: a comment, a literal, or the 1'000 kind of quote.
      if (!match(line, /\/\/|\/\*|"|'/)) { out = out line; break }
      before = substr(line, 1, RSTART - 1)
      opener = substr(line, RSTART, RLENGTH)
      line = substr(line, RSTART + RLENGTH)
      out = out before
      if (opener == "//") break
      if (opener == "/*") { state = "comment"; continue }
      if (opener == "\"" && before ~ /(^|[^A-Za-z0-9_])(u8|u|U|L)?R$/) {
        open_paren = index(line, "(")
        raw_end = ")" substr(line, 1, open_paren - 1) "\""
        line = substr(line, open_paren + 1)
        out = out "\""
        state = "raw"
        continue
      }
      if (opener == "'" && before ~ /[0-9A-Fa-f]$/ && line ~ /^[0-9A-Fa-f]/ && before ~ \
          /(^|[^A-Za-z0-9_])[0-9][0-9A-Fa-fxXbB']*$/) {
        out = out opener
        continue
      }
      # A literal ends at its own quote that no backslash escapes, on the same line.
      while (line != "") {
        c = substr(line, 1, 1)
        line = substr(line, c == "\\" ? 3 : 2)
        if (c == opener) break
      }
      out = out opener opener
    }
  }
  print FILENAME ":" FNR ": " out
}
