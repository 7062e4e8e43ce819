// SPDX-License-Identifier: Apache-2.0
//
// The flight recorder, generations, and what is left of them when a process dies.
#include <gander/gander.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "support/await.h"
#include "support/build.h"
#include "support/child.h"
#include "trace/traced.h"

namespace gander::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

std::string write_down(const temporary_folder& folder, const std::string& bytes) {
  const std::string path = folder.path() / "trace";
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

void talk(std::chrono::milliseconds time) {
  const auto c = make_chan<int>();
  const auto end = std::chrono::steady_clock::now() + time;
  go([=] {
    while (std::chrono::steady_clock::now() < end) {
      c.send(1);
      sleep_for(1ms);
    }
    c.close();
  });
  for ([[maybe_unused]] const int n : c) {
  }
}

// Each generation begins with all goroutines and takes a stop: alone, with 10 s to keep, it has one
// in 2.5 s and not in each.
TEST(trace_recorder, alone_has_long_generations) {
  run([] {
    const auto begin = std::chrono::steady_clock::now();
    trace::flight_recorder recorder;
    ASSERT_FALSE(recorder.start());
    talk(1'300ms);
    std::ostringstream out;
    const trace::result r = recorder.write_to(out);
    const auto elapsed = std::chrono::steady_clock::now() - begin;
    EXPECT_LE(r.generations, static_cast<std::uint64_t>(elapsed / 2'500ms + 1));
  });
}

// But it drops whole ones: where much happens they are short. Some 6 MB, in less than a second.
TEST(trace_recorder, keeps_no_more_than_it_may) {
  run([] {
    trace::flight_recorder recorder({.max_bytes = std::size_t{1} << 20});
    ASSERT_FALSE(recorder.start());
    for (int i = 0; i < 70; ++i) {
      for (int k = 0; k < 10'000; ++k) trace::log("much", "happens");
      sleep_for(1ms);
    }
    std::ostringstream out;
    EXPECT_LT(recorder.write_to(out).bytes, std::uint64_t{4} << 20);
  });
}

TEST(trace_recorder, has_what_happened_and_goes_on) {
  temporary_folder folder;
  run([&] {
    trace::flight_recorder recorder;
    EXPECT_FALSE(recorder.enabled());
    ASSERT_FALSE(recorder.start());
    EXPECT_TRUE(recorder.enabled());
    EXPECT_TRUE(trace::enabled());
    const auto waits = make_chan<int>();
    go([=] { waits.recv(); });
    await_waiting(1, "chan receive");
    talk(20ms);
    std::ostringstream first;
    const trace::result r = recorder.write_to(first);
    EXPECT_EQ(r.generations, 1U);
    EXPECT_EQ(r.bytes, first.str().size());
    EXPECT_FALSE(r.error);
    talk(20ms);
    std::ostringstream second;
    EXPECT_EQ(recorder.write_to(second).generations, 2U);
    EXPECT_GT(count(go_dump(write_down(folder, first.str())), "Running->Waiting"), 0U);
    EXPECT_GT(count(go_dump(write_down(folder, second.str())), "Running->Waiting"), 0U);
    waits.send(1);
  });
  EXPECT_FALSE(trace::enabled());
}

TEST(trace_recorder, there_is_one) {
  trace::flight_recorder one;
  trace::flight_recorder other;
  ASSERT_FALSE(one.start());
  EXPECT_EQ(one.start(), std::errc::device_or_resource_busy);
  EXPECT_EQ(other.start(), std::errc::device_or_resource_busy);
  other.stop();
  EXPECT_TRUE(one.enabled());
  one.stop();
  EXPECT_FALSE(other.start());
  std::ostringstream out;
  EXPECT_EQ(one.write_to(out).generations, 0U);
}

TEST(trace_recorder, runs_beside_a_trace) {
  temporary_folder folder;
  run([&] {
    trace::flight_recorder recorder;
    ASSERT_FALSE(recorder.start());
    talk(10ms);
    {
      traced t;
      talk(10ms);
      EXPECT_GT(count(t.finish(), "Running->Waiting"), 0U);
    }
    EXPECT_TRUE(trace::enabled());
    talk(10ms);
    std::ostringstream out;
    EXPECT_GE(recorder.write_to(out).generations, 3U);
    go_dump(write_down(folder, out.str()));
  });
}

// Goroutines of every state live through generations in which they do nothing.
TEST(trace_generations, follow_each_other) {
  run({.gomaxprocs = 2}, [] {
    const auto waits = make_chan<int>();
    go([=] { waits.recv(); });
    await_waiting(1, "chan receive");
    std::atomic<bool> stop{false};
    wait_group computing;
    computing.add(3);
    for (int i = 0; i < 3; ++i)
      go([&] {
        while (!stop) {
        }
        computing.done();
      });
    trace::flight_recorder recorder({.min_age = 10s, .max_bytes = std::size_t{10} << 20});
    ASSERT_FALSE(recorder.start());
    std::ostringstream last;
    for (int i = 0; i < 20; ++i) {  // each ends a generation
      last.str("");
      ASSERT_EQ(recorder.write_to(last).generations, static_cast<std::uint64_t>(i + 1));
      if (i % 3 == 0) sleep_for(2ms);
    }
    stop = true;
    computing.wait();
    waits.send(1);
    sleep_for(1ms);
    last.str("");
    recorder.write_to(last);
    temporary_folder folder;
    const std::string dump = go_dump(write_down(folder, last.str()));
    EXPECT_EQ(count(dump, " Sync "), 21U);
    EXPECT_GE(count(dump, "Waiting->Waiting"), 10U);
  });
}

TEST(trace_generations, the_oldest_are_dropped) {
  run([] {
    trace::flight_recorder recorder({.min_age = 1ns, .max_bytes = std::size_t{10} << 20});
    ASSERT_FALSE(recorder.start());
    std::ostringstream out;
    for (int i = 0; i < 10; ++i) {
      out.str("");
      talk(2ms);
      recorder.write_to(out);
    }
    EXPECT_LE(recorder.write_to(out).generations, 2U);
  });
  run([] {
    trace::flight_recorder recorder({.min_age = 1h, .max_bytes = 1});
    ASSERT_FALSE(recorder.start());
    std::ostringstream out;
    for (int i = 0; i < 10; ++i) {
      out.str("");
      talk(2ms);
      EXPECT_EQ(recorder.write_to(out).generations, 1U);
    }
  });
}

// --- children

child_result run_traced(const std::string& how, const std::vector<std::string>& environment_words,
                        const std::string& folder) {
  child_options options;
  options.folder = folder;
  options.sanitizer = faults_are_ours + ":" + no_leak_check;
  for (const std::string& word : environment_words) {
    const std::size_t equals = word.find('=');
    options.environment.emplace_back(word.substr(0, equals), word.substr(equals + 1));
  }
  return run_program("traced", {how}, options);
}

TEST(trace_at_crash, the_file_and_the_report_agree) {
  for (const char* how : {"fault", "panic", "throw", "deadlock", "abort"}) {
    SCOPED_TRACE(how);
    temporary_folder folder;
    const std::string path = folder.path() / "crash.trace";
    const child_result child = run_traced(
        how,
        {"GANDER_CRASH_TRACE=" + path, "GOTRACEBACK=all", "GODEBUG=traceadvanceperiod=20000000"},
        folder.path());
    EXPECT_NE(child.exit_status, 0);
    EXPECT_THAT(child.err, HasSubstr("runtime: trace in " + path)) << child.err;
    EXPECT_THAT(child.err, ContainsRegex("runtime: [0-9.]+(us|ms|s) ago: log: nearly over at "
                                         ".*traced\\.cc:[0-9]+ \\(.*leave_word\\)"));
    EXPECT_THAT(child.err,
                ContainsRegex("runtime: [0-9.]+(us|ms|s) ago: blocked \\(chan receive\\) "
                              "at .*traced\\.cc:[0-9]+ \\(.*wait_for_word\\)"));
    const std::string dump = go_dump(path);
    EXPECT_EQ(count(dump, "Message=\"nearly over\""), 1U);
    EXPECT_GE(count(dump, "wait_for_word"), 1U);
  }
}

TEST(trace_at_crash, a_file_that_cannot_be_written_is_told) {
  temporary_folder folder;
  const child_result child =
      run_traced("fault", {"GANDER_CRASH_TRACE=/nowhere/at/all"}, folder.path());
  EXPECT_THAT(child.err, HasSubstr("runtime: no trace in /nowhere/at/all: ENOENT"));
}

TEST(trace_at_crash, without_the_recorder_nothing_is_told) {
  temporary_folder folder;
  const child_result child = run_traced("fault", {}, folder.path());
  EXPECT_THAT(child.err, Not(HasSubstr(" ago: ")));
  EXPECT_THAT(child.err, Not(HasSubstr("runtime: trace in")));
}

TEST(trace_by_signal, a_file_is_written_and_the_program_goes_on) {
  temporary_folder folder;
  const child_result child = run_traced(
      "signal", {"GODEBUG=flightsignal=USR2,traceadvanceperiod=20000000"}, folder.path());
  EXPECT_EQ(child.exit_status, 0) << child.err;
  EXPECT_EQ(child.out, "went on\n");
  std::string found;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) found = entry.path();
  EXPECT_THAT(found, ContainsRegex("/gander-[0-9]+\\.trace$"));
  EXPECT_EQ(count(go_dump(found), "Message=\"nearly over\""), 1U);
}

TEST(trace_by_signal, words_that_make_no_sense_are_told_and_ignored) {
  temporary_folder folder;
  const child_result child =
      run_traced("quiet", {"GODEBUG=flightsignal=NONE,traceadvanceperiod=-1,flightrecorder=yes"},
                 folder.path());
  EXPECT_EQ(child.exit_status, 0);
  EXPECT_THAT(child.err, HasSubstr("GODEBUG=flightsignal: no such signal"));
  EXPECT_THAT(child.err, HasSubstr("traceadvanceperiod=-1 is not a number of nanoseconds"));
  EXPECT_THAT(child.err, HasSubstr("flightrecorder=yes is not 0 or 1"));
}

}  // namespace
}  // namespace gander::testing
