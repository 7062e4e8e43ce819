# SPDX-License-Identifier: Apache-2.0
#
# Makes the table of scripts/bench. Input: one line "PROGRAM ROW PROCS VALUE" per run, in any order;
# PROGRAM is gander, go, boost or threads. Per row and number of procs: the median of each program,
# and the ratios gander/other as the median of the ratios of each round with their least and
# greatest. Ratios are taken within a round, where both programs met the same noise.

NF == 4 {
  key = $2 SUBSEP $3
  if (!(key in known)) { known[key] = 1; order[++keys] = key }
  value[$1, key, ++count[$1, key]] = $4
}

# Sorts list[1..n]; n is a few.
function sort_values(list, n,    i, k, t) {
  for (i = 2; i <= n; i++) {
    t = list[i]
    for (k = i - 1; k >= 1 && list[k] > t; k--) list[k + 1] = list[k]
    list[k + 1] = t
  }
}

function median(list, n) {
  return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
}

function center(program, key,    n, i, list) {
  n = count[program, key]
  if (n == 0) return "n/a"
  for (i = 1; i <= n; i++) list[i] = value[program, key, i] + 0
  sort_values(list, n)
  i = median(list, n)
  return sprintf(i < 100 ? "%.2f" : "%.0f", i)
}

function ratio(other, key,    n, i, list) {
  n = count["gander", key]
  if (count[other, key] < n) n = count[other, key]
  if (n == 0) return "n/a"
  for (i = 1; i <= n; i++) {
    if (value[other, key, i] == 0) return "n/a"
    list[i] = value["gander", key, i] / value[other, key, i]
  }
  sort_values(list, n)
  return sprintf("%.2f (%.2f-%.2f)", median(list, n), list[1], list[n])
}

END {
  line = "%-16s %5s %13s %13s %13s  %-18s %-18s\n"
  printf line, "row", "procs", "gander", "go", "boost", "gander/go", "gander/boost"
  for (k = 1; k <= keys; k++) {
    split(order[k], part, SUBSEP)
    if (part[1] == "wordcount") continue
    printf line, part[1], part[2], center("gander", order[k]), center("go", order[k]),
           center("boost", order[k]), ratio("go", order[k]), ratio("boost", order[k])
  }
  for (k = 1; k <= keys; k++) {
    split(order[k], part, SUBSEP)
    if (part[1] != "wordcount") continue
    printf "\n%-16s %5s %13s %13s  %-18s\n", "row", "procs", "gander", "std::thread",
           "gander/std::thread"
    printf "%-16s %5s %13s %13s  %-18s\n", part[1], part[2], center("gander", order[k]),
           center("threads", order[k]), ratio("threads", order[k])
  }
}
