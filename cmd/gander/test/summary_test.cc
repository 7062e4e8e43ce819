// SPDX-License-Identifier: Apache-2.0
//
// The numbers of a summary, of traces whose numbers are known; its text, its JSON, and what viewers
// get. (test/go_trace.sh compares with what Go says of a large one.)
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "encoder.h"
#include "json_check.h"
#include "memory_file.h"
#include "trace/histogram.h"
#include "trace/perfetto.h"
#include "trace/summary_output.h"
#include "trace/text.h"

namespace gander::tool::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using e = event_type;

// Times are nanoseconds. Goroutine 1 (main.main) creates 2 (main.work) at 100 and blocks at 200
// until 2, that runs from 250, has unblocked it at 450; 2 calls the system from 500 to 800 and
// yields at 900; 1 runs from 1000 and stops the world for 50.
bytes known_trace() {
  encoder out(23);
  out.sync(1, 1'000'000'000);
  out.strings(1, {{1, "main.main"},
                  {2, "/home/x/main.cc"},
                  {3, "chan receive"},
                  {4, "main.work"},
                  {5, "gander::chan<int>::recv"},
                  {6, "preempted"},
                  {7, "read mem stats"}});
  out.stacks(1, {{1, {{10, 5, 2, 99}, {11, 1, 2, 20}}}, {2, {{12, 4, 2, 30}}}});
  out.events(1, 100, 0,
             {{e::proc_status, {0, 1}, 1},
              {e::go_status_stack, {1, 100, 2, 1}, 1},
              {e::go_create, {2, 2, 1}, 98},
              {e::go_block, {3, 1}, 100},
              {e::go_start, {2, 1}, 50},
              {e::go_unblock, {1, 1, 2}, 200},
              {e::go_syscall_begin, {1, 2}, 50},
              {e::go_syscall_end, {}, 300},
              {e::go_stop, {6, 2}, 100},
              {e::go_start, {1, 2}, 100},
              {e::stw_begin, {7, 1}, 100},
              {e::stw_end, {}, 50},
              {e::heap_alloc, {5'000'000}, 1},
              {e::procs_change, {3, 0}, 1},
              {e::go_start, {9, 1}, 48}});
  return out.data();
}

struct summed {
  explicit summed(const bytes& data, bool each = false) : sums(10, each) {
    input in{std::span(data)};
    totals = read_trace(in, problems, sums);
  }
  std::string text() const { return summary_text(sums, totals); }
  std::string json() const {
    memory_file file;
    write_summary_json(sums, totals, problems, file.file());
    return file.text();
  }
  summary sums;
  trace_totals totals;
  problem_log problems;
};

// A goroutine that was interrupted while it computed has a stack of one frame, which says nothing.
TEST(trace_summary, function_of_who_computed_first) {
  encoder out(23);
  out.sync(1)
      .events(1, 100, 1000,
              {{e::proc_status, {0, 1}},
               {e::go_status, {1, 100, 2}},
               {e::go_stop, {4, 1}},
               {e::go_start, {1, 1}},
               {e::go_block, {4, 2}}})
      .stacks(1, {{1, {{16, 1, 0, 0}}}, {2, {{17, 2, 3, 22}}}})
      .strings(1, {{1, "user code"}, {2, "main.main"}, {3, "m.cc"}, {4, "preempted"}});
  const summed s(out.data());
  ASSERT_EQ(s.sums.groups().size(), 1U);
  EXPECT_EQ(s.sums.name(s.sums.groups()[0].entry), "main.main");
}

TEST(trace_summary, times) {
  const summed s(known_trace());
  EXPECT_EQ(s.problems.count(), 1U);  // goroutine 9, so that it is a broken one, too
  const std::vector<goroutine_group> groups = s.sums.groups();
  ASSERT_EQ(groups.size(), 2U);
  const state_times& one = groups[0].times;
  const state_times& two = groups[1].times;
  EXPECT_EQ(s.sums.name(groups[0].entry), "main.main");
  EXPECT_EQ(s.sums.name(groups[1].entry), "main.work");
  EXPECT_EQ(s.sums.begin_ns(), 1);
  EXPECT_EQ(s.sums.duration_ns(), 1151);
  EXPECT_EQ(one.running_ns, 199 + 152);
  EXPECT_EQ(one.blocked_ns, 250);
  EXPECT_EQ(one.runnable_ns, 550);
  EXPECT_EQ(one.running_ns + one.blocked_ns + one.runnable_ns, s.sums.duration_ns());
  EXPECT_EQ(two.runnable_ns, 150 + 252);
  EXPECT_EQ(two.running_ns, 250 + 100);
  EXPECT_EQ(two.syscall_ns, 300);
  EXPECT_EQ(s.sums.latency().count(), 2U);
  EXPECT_EQ(s.sums.latency().most(), 550);
  EXPECT_EQ(s.sums.gomaxprocs(), 3U);
  EXPECT_EQ(s.sums.most_heap(), 5'000'000U);
}

TEST(trace_summary, places_and_waits) {
  const summed s(known_trace());
  const std::vector<blocking_place> places = s.sums.places();
  ASSERT_EQ(places.size(), 2U);
  EXPECT_EQ(s.sums.name(places[0].reason), "system call");
  EXPECT_EQ(places[0].time.total_ns, 300);
  EXPECT_EQ(s.sums.name(places[1].reason), "chan receive");
  EXPECT_EQ(s.sums.name(places[1].site.function), "main.main");  // not the library's frame
  EXPECT_EQ(places[1].site.line, 20U);
  ASSERT_EQ(s.sums.waits().size(), 1U);
  const long_wait& wait = s.sums.waits()[0];
  EXPECT_EQ(wait.goroutine, 1U);
  EXPECT_EQ(wait.ns, 250);
  EXPECT_EQ(wait.woken_by, 2U);
  EXPECT_FALSE(wait.from_the_start || wait.to_the_end);
  const auto stops = s.sums.stops();
  ASSERT_EQ(stops.size(), 1U);
  EXPECT_EQ(stops[0].second.total_ns, 50);
}

TEST(trace_summary, text) {
  const std::string text = summed(known_trace(), true).text();
  EXPECT_THAT(text, HasSubstr("Trace of Go 1.23's format: 1.15us, 14 events, 1 generation"));
  EXPECT_THAT(text,
              HasSubstr("2 goroutines, 1 thread, 1 P, GOMAXPROCS 3, at most 5.00 MB of heap"));
  EXPECT_THAT(
      text,
      HasSubstr("      1    351ns     550ns    250ns        0  main.main  chan receive 250ns\n"));
  EXPECT_THAT(text, HasSubstr("main.main (main.cc:20), woken by goroutine 2\n"));
  EXPECT_THAT(text, HasSubstr("   50ns      1     50ns  read mem stats\n"));
  EXPECT_THAT(text, HasSubstr("\nEach goroutine\n"));
}

TEST(trace_summary, json) {
  for (const unsigned minor : {22U, 26U})
    EXPECT_TRUE(json_check::holds(summed(full_trace(minor)).json()));
  const std::string json = summed(known_trace(), true).json();
  EXPECT_TRUE(json_check::holds(json)) << json;
  EXPECT_THAT(json, HasSubstr("\"GoStart\":2"));
  EXPECT_THAT(json, HasSubstr("{\"reason\":\"chan receive\",\"function\":\"main.main\","
                              "\"file\":\"/home/x/main.cc\",\"line\":20,\"count\":1,"
                              "\"total_ns\":250,\"longest_ns\":250}"));
  EXPECT_THAT(json, HasSubstr("\"what\":\"generation 1, M 100: GoStart: "));
  EXPECT_FALSE(json_check::holds("{\"a\":1,}"));
  EXPECT_FALSE(json_check::holds("{\"a\":\"\n\"}"));
  EXPECT_FALSE(json_check::holds("[1 2]"));
  EXPECT_FALSE(json_check::holds("[\"\xff\"]"));
}

std::string viewer_file(const bytes& data) {
  memory_file file;
  problem_log problems;
  input in{std::span(data)};
  {
    perfetto viewers(file.file());
    read_trace(in, problems, viewers);
  }
  return file.text();
}

TEST(trace_perfetto, events) {
  const std::string json = viewer_file(known_trace());
  EXPECT_TRUE(json_check::holds(json)) << json;
  EXPECT_THAT(json,
              HasSubstr("{\"ph\":\"X\",\"pid\":3,\"tid\":1,\"name\":\"blocked: chan receive\","
                        "\"ts\":0.199,\"dur\":0.250,"
                        "\"args\":{\"where\":\"main.main (/home/x/main.cc:20)\"}}"));
  // The row of P 0: goroutine 2, and its system call inside.
  EXPECT_THAT(json, HasSubstr("{\"ph\":\"X\",\"pid\":2,\"tid\":1,\"name\":\"system call\","
                              "\"ts\":0.499,\"dur\":0.300}"));
  EXPECT_THAT(json, HasSubstr("{\"ph\":\"X\",\"pid\":2,\"tid\":1,\"name\":\"G2 main.work\","
                              "\"ts\":0.249,\"dur\":0.650}"));
  EXPECT_THAT(json, HasSubstr("{\"ph\":\"s\",\"pid\":3,\"tid\":2,\"name\":\"unblocked\","
                              "\"cat\":\"flow\",\"id\":2,\"ts\":0.449}"));
  EXPECT_THAT(json, HasSubstr("{\"ph\":\"f\",\"pid\":3,\"tid\":1,\"name\":\"unblocked\","
                              "\"cat\":\"flow\",\"id\":2,\"bp\":\"e\",\"ts\":0.999}"));
  EXPECT_THAT(json, HasSubstr("\"name\":\"read mem stats\",\"ts\":1.099,\"dur\":0.050}"));
  for (const unsigned minor : {22U, 23U, 25U, 26U}) {
    const std::string full = viewer_file(full_trace(minor));
    EXPECT_TRUE(json_check::holds(full)) << full;
    EXPECT_THAT(full, HasSubstr("\"name\":\"a region\""));
    EXPECT_THAT(full, HasSubstr("\"ph\":\"e\",\"pid\":5,\"tid\":0,\"name\":\"a task\""));
    EXPECT_THAT(full, HasSubstr("\"message\":\"a \\ufffd value\""));
    EXPECT_THAT(full, HasSubstr("\"name\":\"GC mark assist\""));
  }
}

class described : public trace_consumer {
 public:
  void take(const event& one, const generation& tables) override {
    text += describe(one, tables) + "\n" + describe_stacks(one, tables);
  }
  std::string text;
};

TEST(trace_events, on_lines) {
  const bytes data = known_trace();
  input in{std::span(data)};
  problem_log problems;
  described consumer;
  read_trace(in, problems, consumer);
  EXPECT_THAT(consumer.text,
              HasSubstr("100 M=100 P=0 G=1 GoCreate new_g=2 goroutine 2: unknown -> runnable at "
                        "gander::chan<int>::recv /home/x/main.cc:99\n"
                        "\tnew_stack main.work /home/x/main.cc:30\n"
                        "\tstack gander::chan<int>::recv /home/x/main.cc:99\n"
                        "\tstack main.main /home/x/main.cc:20\n"
                        "200 M=100 P=0 G=1 GoBlock reason=\"chan receive\" goroutine 1: running -> "
                        "waiting at "));
}

TEST(trace_histogram, percentiles) {
  histogram h;
  EXPECT_EQ(h.percentile(0.5), 0);
  for (std::int64_t i = 1; i <= 100'000; ++i) h.add(i);
  EXPECT_NEAR(static_cast<double>(h.percentile(0.5)), 50'000, 50'000 * 0.016);
  EXPECT_NEAR(static_cast<double>(h.percentile(0.99)), 99'000, 99'000 * 0.016);
  EXPECT_EQ(h.percentile(1), 100'000);
  h.add(std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(h.most(), std::numeric_limits<std::int64_t>::max());
  histogram small;
  for (const std::int64_t ns : {3, 5, 5, 60}) small.add(ns);
  EXPECT_EQ(small.percentile(0.5), 5);
  EXPECT_EQ(small.percentile(0.25), 3);
  EXPECT_EQ(small.percentile(0.99), 60);
}

TEST(trace_text, of_numbers_and_of_anything) {
  EXPECT_EQ(duration(0), "0");
  EXPECT_EQ(duration(999), "999ns");
  EXPECT_EQ(duration(1000), "1.00us");
  EXPECT_EQ(duration(999'499), "999us");
  EXPECT_EQ(duration(999'500), "1.00ms");
  EXPECT_EQ(duration(12'345'678), "12.3ms");
  EXPECT_EQ(duration(3'600'000'000'000), "3,600s");
  EXPECT_EQ(byte_count(999), "999 B");
  EXPECT_EQ(grouped(1'234'567), "1,234,567");
  EXPECT_EQ(grouped(123), "123");
  EXPECT_EQ(printable("a\x1b[31m\xff\xc2\x9b é\n"), "a\\x1b[31m\\xff\\xc2\\x9b é\\x0a");
  EXPECT_EQ(quoted("a \"b\""), "\"a \\\"b\\\"\"");
}

}  // namespace
}  // namespace gander::tool::testing
