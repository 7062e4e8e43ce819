// SPDX-License-Identifier: Apache-2.0
//
// A million events: all are there, and memory is that of one generation.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>

#include "encoder.h"
#include "trace/summary.h"

namespace gander::tool::testing {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(__clang__)
constexpr long most_kib = 512 * 1024;  // the sanitizers' own
#else
constexpr long most_kib = 3 * 1024;  // the file has 7,000
#endif

long peak_kib() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

void append(std::FILE* file, const bytes& data, std::size_t from) {
  ASSERT_EQ(std::fwrite(data.data() + from, 1, data.size() - from, file), data.size() - from);
}

// Goroutine 1 blocks, is unblocked, and runs again: 33,333 times in each of 10 generations.
TEST(trace_large, million_events) {
  using e = event_type;
  constexpr std::size_t rounds = 33'333, generations = 10, batch_events = 3000;
  std::FILE* const file = std::tmpfile();
  ASSERT_NE(file, nullptr);
  append(file, encoder(26).data(), 0);
  std::uint64_t time = 100;
  for (std::uint64_t number = 1; number <= generations; ++number) {
    encoder out(26);
    std::vector<written> all = {{e::proc_status, {0, 1}}, {e::go_status, {1, 100, 2}}};
    const auto flush = [&] {
      out.events(number, 100, time, all);
      time += 2 * all.size();
      all.clear();
    };
    for (std::uint64_t i = 0; i < rounds; ++i) {
      all.push_back({e::go_block, {1, 1}});
      all.push_back({e::go_unblock, {1, 2 * i + 1, 0}});
      all.push_back({e::go_start, {1, 2 * i + 2}});
      if (all.size() >= batch_events) flush();
    }
    flush();
    out.sync(number).stacks(number, {{1, {{16, 1, 1, 1}}}}).strings(number, {{1, "sleep"}});
    append(file, out.end(number).data(), 16);
  }
  std::rewind(file);
  const long before = peak_kib();
  input in(::fileno(file));
  problem_log problems;
  summary sums;
  const trace_totals totals = read_trace(in, problems, sums);
  EXPECT_EQ(problems.count(), 0U);
  EXPECT_EQ(totals.generations, generations);
  EXPECT_EQ(totals.events, generations * (3 * rounds + 2));
  ASSERT_EQ(sums.places().size(), 1U);
  EXPECT_EQ(sums.places()[0].time.count, generations * rounds);
  EXPECT_LE(peak_kib() - before, most_kib);
  std::fclose(file);
}

}  // namespace
}  // namespace gander::tool::testing
