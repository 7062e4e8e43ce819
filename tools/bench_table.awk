# SPDX-License-Identifier: Apache-2.0
#
# Makes the table of scripts/bench. Input: one line "PROGRAM ROW PROCS VALUE" per run, in any order;
# PROGRAM is gander, go, boost or threads, or for the collected heap static, bdwgc, new_delete or
# shared_ptr. A line whose ROW ends in _checksum is not for the table. Per row and number of procs:
# the median of each program, and the ratios gander/other, and static/go, as the median of the
# ratios of each round with its 95 % confidence interval. Ratios are taken within a round, where
# both programs met the same noise.

NF == 4 && $2 !~ /_checksum$/ {
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

# k, so that the interval from the k-th least to the k-th greatest of n values has their true median
# with 95 % certainty: fewer than k of them lie below it (binomial, 1/2) in at most 2.5 % of cases.
# At least 1: of fewer than 6 values there is no such interval.
function interval_rank(n,    k, chance, sum) {
  sum = chance = 0.5 ^ n
  for (k = 0; sum <= 0.025; k++) {
    chance *= (n - k) / (k + 1)
    sum += chance
  }
  return k > 1 ? k : 1
}

# Of the n values: "median (low-high)".
function estimate(list, n, format,    k) {
  sort_values(list, n)
  k = interval_rank(n)
  return sprintf(format " (" format "-" format ")", median(list, n), list[k], list[n + 1 - k])
}

function ratio(other, key) { return ratio_of("gander", other, key) }

function ratio_of(program, other, key,    n, i, list) {
  n = count[program, key]
  if (count[other, key] < n) n = count[other, key]
  if (n == 0) return "n/a"
  for (i = 1; i <= n; i++) {
    if (value[other, key, i] == 0) return "n/a"
    list[i] = value[program, key, i] / value[other, key, i]
  }
  return estimate(list, n, "%.2f")
}

# By how many percent the one row is more than the other.
function percent_more(key, base,    n, i, list) {
  n = count["gander", key]
  if (count["gander", base] < n) n = count["gander", base]
  if (n == 0) return "n/a"
  for (i = 1; i <= n; i++)
    list[i] = 100 * (value["gander", key, i] / value["gander", base, i] - 1)
  return estimate(list, n, "%.1f")
}

function of_heap(name) {
  return name ~ /^(gcbench|binary_trees|live|pointer_store|alloc|server_mix)(_|$)/
}

END {
  line = "%-20s %5s %13s %13s %13s  %-18s %-18s\n"
  heads = 0
  for (k = 1; k <= keys; k++) {
    split(order[k], part, SUBSEP)
    if (part[1] ~ /^(wordcount|(recorded_)?server_cpu)$/ || of_heap(part[1])) continue
    if (!heads++)
      printf line, "row", "procs", "gander", "go", "boost", "gander/go", "gander/boost"
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
  heads = 0
  for (k = 1; k <= keys; k++) {
    split(order[k], part, SUBSEP)
    if (part[1] != "server_cpu") continue
    recorded = "recorded_server_cpu" SUBSEP part[2]
    if (!heads++)
      printf "\n%-16s %5s %13s %13s  %s\n", "row", "procs", "off", "on", "more, in percent"
    printf "%-16s %5s %13s %13s  %s\n", "recorder", part[2], center("gander", order[k]),
           center("gander", recorded), percent_more(recorded, order[k])
  }
  line = "%-26s %5s %12s %12s %12s %12s %12s %12s  %-18s %-18s %-18s %-18s %s\n"
  heads = 0
  for (k = 1; k <= keys; k++) {
    split(order[k], part, SUBSEP)
    if (!of_heap(part[1])) continue
    if (!heads++)
      printf "\n" line, "row", "procs", "gander", "static", "go", "bdwgc", "new_delete",
             "shared_ptr", "gander/go", "static/go", "gander/bdwgc", "gander/new_delete",
             "gander/shared_ptr"
    printf line, part[1], part[2], center("gander", order[k]), center("static", order[k]),
           center("go", order[k]), center("bdwgc", order[k]), center("new_delete", order[k]),
           center("shared_ptr", order[k]), ratio("go", order[k]),
           ratio_of("static", "go", order[k]), ratio("bdwgc", order[k]),
           ratio("new_delete", order[k]), ratio("shared_ptr", order[k])
  }
}
