// SPDX-License-Identifier: Apache-2.0

// The main function of a program that runs the workloads on one memory manager:
//
//   gc_NAME                     lists the rows
//   gc_NAME ROW OPS THREADS     one run; prints
//     ROW THREADS VALUE           nanoseconds per op
//     ROW_cpu THREADS VALUE       CPU time of all threads, the collector's too, nanoseconds per op
//     ROW_rss THREADS VALUE       the most memory that was resident, in bytes
//     ROW_p999 THREADS VALUE      where all steps are the same: nanoseconds of the longest, without
//     ROW_max THREADS VALUE       and with 1 in 1,000
//     ROW_checksum THREADS VALUE  the same for all programs
//
// ROW may end in a size, as live_64m; what the size is each workload says. A row that the memory
// manager has not is no error and prints nothing. The environment turns the collector off:
// GOGC=off, for bdwgc GC_DONT_GC=1.
#pragma once

#include <cinttypes>
#include <cstring>
#include <string_view>

#include "allocate.h"
#include "live.h"
#include "server.h"
#include "trees.h"

namespace gc_bench {

// Digits, and k, m or g; -1 for anything else.
inline std::int64_t parse_size(std::string_view text) {
  if (text.empty()) return -1;
  std::int64_t unit = 1;
  const auto suffix = std::string_view("kmg").find(text.back());
  if (suffix != std::string_view::npos) {
    unit = std::int64_t{1} << (10 * (suffix + 1));
    text.remove_suffix(1);
  }
  if (text.empty() || text.size() > 9) return -1;
  std::int64_t size = 0;
  for (const char digit : text) {
    if (digit < '0' || digit > '9') return -1;
    size = 10 * size + (digit - '0');
  }
  return size * unit;
}

inline void print_outcome(const char* row, int procs, const outcome& out) {
  const auto per_op = [&](std::uint64_t ns) {
    return static_cast<double>(ns) / static_cast<double>(out.ops);
  };
  std::printf("%s %d %.2f\n", row, procs, per_op(out.wall_ns));
  std::printf("%s_cpu %d %.2f\n", row, procs, per_op(out.cpu_ns));
  std::printf("%s_rss %d %" PRId64 "\n", row, procs, peak_resident_bytes());
  if (out.steps.max() != 0) {
    std::printf("%s_p999 %d %" PRIu64 "\n", row, procs, out.steps.all_but_one_in(1000));
    std::printf("%s_max %d %" PRIu64 "\n", row, procs, out.steps.max());
  }
  std::printf("%s_checksum %d %" PRIu64 "\n", row, procs, out.checksum.load());
}

template <typename P>
int program(int argc, char** argv, void (*server_mix)(const params&, outcome&)) {
  const struct {
    std::string_view name;
    std::int64_t size;
    void (*work)(const params&, outcome&);
  } rows[] = {
      {"gcbench", 16, gcbench<P>},
      {"binary_trees", 17, binary_trees<P>},
      {"live", 1 << 30, live<P>},
      {"pointer_store", 64 << 20, pointer_store<P>},
      {"pointer_store_marking", 64 << 20, P::collects ? pointer_store_marking<P> : nullptr},
      {"alloc", 16, allocate<P>},
      {"server_mix", 10'000, server_mix},
  };
  if (argc == 1) {
    for (const auto& row : rows)
      if (row.work != nullptr) std::puts(row.name.data());
    return 0;
  }
  params p;
  p.ops = argc == 4 ? std::atoll(argv[2]) : 0;
  p.procs = argc == 4 ? std::atoi(argv[3]) : 0;
  if (p.ops < 1 || p.procs < 1) {
    std::fputs("usage: gc_NAME [ROW OPS THREADS]\n", stderr);
    return 2;
  }
  for (const auto& row : rows) {
    std::string_view rest = argv[1];
    if (!rest.starts_with(row.name)) continue;
    rest.remove_prefix(row.name.size());
    p.size = rest.empty() ? row.size : rest[0] == '_' ? parse_size(rest.substr(1)) : -1;
    if (p.size < 1) continue;
    if (row.work == nullptr) return 0;
    outcome out;
    P::run(p.procs, [&] { row.work(p, out); });
    print_outcome(argv[1], p.procs, out);
    return 0;
  }
  std::fprintf(stderr, "gc bench: no row named %s\n", argv[1]);
  return 2;
}

}  // namespace gc_bench
