// SPDX-License-Identifier: Apache-2.0
//
// What reports say of goroutines that wait, and of objects that were used wrongly. The lines are
// written by hand, as regular expressions in which
//     @NAME   is the place whose line the program has printed as NAME=LINE
//     #       is an address
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "report/report.h"
#include "support/build.h"
#include "support/child.h"

namespace {

using gander::testing::child_result;
using gander::testing::run_program;
using testing::HasSubstr;
using testing::Not;

child_result run_waits(const std::string& name, const std::string& traceback = "all") {
  return run_program("waits", {name},
                     {.environment = {{"GOTRACEBACK", traceback}},
                      .limit = std::chrono::seconds(60),
                      .sanitizer = gander::testing::faults_are_ours});
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

std::regex as_regex(const child_result& child, std::string line) {
  line = replaced(line, "#", "0x[0-9a-f]+");
  std::smatch place;
  while (std::regex_search(line, place, std::regex("@([a-z]+)"))) {
    const long number = child.figure(place[1]);
    EXPECT_GT(number, 0) << place[1];
    line = replaced(line, "@" + place[1].str(),
                    "/.*/waits\\.cc:" + std::to_string(number) + " \\(.*\\)");
  }
  return std::regex("runtime: " + line);
}

void expect_lines(const child_result& child, const std::string& text, int count,
                  const std::string& line) {
  const std::regex wanted = as_regex(child, line);
  int found = 0;
  for (const std::string& l : lines_of(text)) found += std::regex_match(l, wanted);
  EXPECT_EQ(found, count) << line << "\nin:\n" << text;
}
void expect_line(const child_result& child, const std::string& line) {
  expect_lines(child, child.err, 1, line);
}

int runtime_lines(const std::string& text) {
  int found = 0;
  for (const std::string& l : lines_of(text)) found += l.starts_with("runtime: ");
  return found;
}

// Dies by itself, and its report has the lines and no other of the kind.
void expect_death(const std::string& name, const std::vector<std::string>& wanted) {
  SCOPED_TRACE(name);
  const child_result child = run_waits(name);
  EXPECT_EQ(child.exit_status, 2) << child.err;
  EXPECT_EQ(report::parse(child.err).unknown, std::vector<std::string>()) << child.err;
  for (const std::string& line : wanted) expect_line(child, line);
  EXPECT_EQ(runtime_lines(child.err), static_cast<int>(wanted.size())) << child.err;
}

const std::string parked_for_ever =
    "goroutine [0-9]+ waits to receive from channel #, len 0, cap 0, 1 receiver \\([0-9]+\\), "
    "0 senders, made at .*park_for_ever\\)";
const std::string waits = "goroutine [0-9]+ waits for ";

// --- locks

TEST(waits, for_a_mutex_tell_its_holder) {
  const child_result child = run_waits("held");
  expect_lines(child, child.err, 2,
               waits +
                   "mutex # held by goroutine 1, locked at @locked; 2 wait: goroutines "
                   "[0-9]+, [0-9]+");
  EXPECT_THAT(child.err, HasSubstr(" ("
                                   "(anonymous namespace)::lock);"));
  expect_death("held_by_guard", {waits + "mutex # held by goroutine 1, locked at @locked"});
  expect_death("held_by_unique_lock", {waits + "mutex # held by goroutine 1, locked at @locked"});
  expect_death("holder_has_ended",
               {"goroutine 1 waits for mutex # held by goroutine (?!1\\b)[0-9]+, which has ended, "
                "locked at @locked"});
  expect_death("holder_is_a_thread",
               {waits + "mutex # held by a thread without a goroutine, locked at @locked"});
}

TEST(waits, for_a_mutex_after_a_condition_tell_the_place_of_the_lock) {
  expect_death(
      "held_after_a_condition",
      {parked_for_ever, waits + "mutex # held by goroutine (?!1\\b)[0-9]+, locked at @locked"});
}

TEST(waits, for_a_mutex_that_was_handed_over_tell_who_has_it) {
  const child_result child = run_waits("handed_over");
  expect_line(child, waits + "mutex # held by goroutine (?!1\\b)[0-9]+, locked at @locked");
}

TEST(waits, for_a_mutex_whose_holder_was_replaced_do_not_tell_another) {
  const child_result child = run_waits("holder_was_replaced");
  expect_line(child, waits +
                         "mutex # held by goroutine (?!1\\b)[0-9]+, which has ended, locked at "
                         "@locked");
}

TEST(waits, for_a_once_tell_who_runs_it) {
  expect_death("running_once",
               {parked_for_ever, waits + "mutex # held by goroutine (?!1\\b)[0-9]+, "
                                         "locked at @locked"});
}

TEST(waits, for_a_shared_mutex) {
  const std::string held =
      waits + "shared_mutex # held for writing by goroutine 1, locked at @locked";
  expect_death("writer", {held, held + ", behind goroutine [0-9]+, which waits to write"});
  const std::string read = waits + "shared_mutex # held by 2 readers";
  expect_death("readers", {read, read + ", behind goroutine [0-9]+, which waits to write"});
}

// --- circles

const std::string locked_by = "mutex # held by goroutine ";

TEST(waits, for_each_other_are_told_as_a_cycle) {
  expect_death(
      "itself",
      {"goroutine 1 waits for mutex # held by goroutine 1 itself, locked at @locked",
       "goroutine 1 waits for mutex # held by goroutine 1 \\(locked at @locked\\): a cycle"});
  const std::string group = "goroutine 1 waits for wait group #, [23] missing, made at .*";
  const std::string held = waits + "mutex # held by goroutine ([0-9]+), locked at @locked";
  for (const auto& [name, count] :
       {std::pair("circle_of_two", 2), std::pair("circle_of_three", 3)}) {
    SCOPED_TRACE(name);
    const child_result child = run_waits(name, "single");  // of a deadlock all are shown
    EXPECT_EQ(child.exit_status, 2);
    EXPECT_EQ(report::parse(child.err).unknown, std::vector<std::string>());
    expect_line(child, group);
    expect_lines(child, child.err, count, held);
    // The circle begins and ends with the same one, and is told once.
    std::string circle = "goroutine ([0-9]+)";
    for (int i = 1; i < count; ++i)
      circle += " waits for mutex # held by goroutine (?!\\1)[0-9]+ \\(locked at @locked\\), which";
    circle += " waits for mutex # held by goroutine \\1 \\(locked at @locked\\): a cycle";
    expect_line(child, circle);
    EXPECT_EQ(runtime_lines(child.err), count + 2) << child.err;
  }
  const std::string reader = "goroutine (?!1\\b)[0-9]+";
  expect_death(
      "circle_of_kinds",
      {"goroutine 1 waits for the end of " + reader,
       reader + " waits for shared_mutex # held for writing by goroutine 1, locked at @locked",
       "goroutine 1 waits for the end of " + reader +
           ", which waits for shared_mutex # held by goroutine 1 \\(locked at @locked\\): a "
           "cycle"});
}

TEST(waits, for_each_other_are_told_of_grouped_goroutines_too) {
  const child_result child = run_program(
      "waits", {"circle_of_three"},
      {.environment = {{"GODEBUG", "tracebackgroup=1"}}, .limit = std::chrono::seconds(60)});
  EXPECT_THAT(child.err, HasSubstr("runtime: 2 more goroutines have the stack of goroutine "));
  EXPECT_EQ(report::parse(child.err).unknown, std::vector<std::string>()) << child.err;
  expect_line(child, waits + "mutex # .*: a cycle");
}

// --- what is counted

TEST(waits, for_what_is_counted) {
  const child_result child = run_waits("counted");
  expect_lines(child, child.err, 2, waits + "semaphore #; 2 wait: goroutines [0-9]+, [0-9]+");
  expect_line(child, waits + "latch #, 2 missing");
  expect_line(child, waits + "barrier #, 2 missing");
  expect_line(child, waits + "condition variable #");
  EXPECT_EQ(runtime_lines(child.err), 5) << child.err;
  expect_death("missing_done",
               {"goroutine 1 waits for wait group #, 2 missing, made at @made, changed last at "
                "@changed"});
  expect_death("task_group_waits",
               {"goroutine 1 waits for wait group #, 1 missing, made at @made, changed last at "
                "/.*/waits.cc:[0-9]+ \\(.*task_group_waits\\)",
                parked_for_ever});
  expect_death("never_ends",
               {"goroutine 1 waits for the end of goroutine (?!1\\b)[0-9]+", parked_for_ever});
}

// --- channels

TEST(waits, for_channels) {
  const child_result child = run_waits("channels");
  expect_lines(child, child.err, 2,
               "goroutine [0-9]+ waits to send to channel #, len 2, cap 2, 0 receivers, "
               "2 senders \\([0-9]+, [0-9]+\\), made at @made");
  expect_lines(child, child.err, 6,
               "goroutine [0-9]+ waits to receive from channel #, len 0, cap 0, 6 receivers "
               "\\([0-9]+, [0-9]+, [0-9]+, [0-9]+, \\.\\.\\.\\), 0 senders, made at .*");
  EXPECT_EQ(runtime_lines(child.err), 8);
  const child_result many = run_waits("many_wait");
  expect_lines(many, many.err, 40,
               "goroutine [0-9]+ waits to receive from channel #, len 0, cap 0, more than 16 "
               "receivers .*");
}

const std::string receives =
    "goroutine [0-9]+ waits to receive from channel #, len 0, cap [01], 1 receiver \\([0-9]+\\), "
    "0 senders, ";

TEST(waits, in_a_select_tell_each_channel) {
  expect_death(
      "selects",
      {"goroutine [0-9]+ waits to send to channel #, len 0, cap 0, 0 receivers, "
       "1 sender \\([0-9]+\\), made at @made",
       receives + "of a timer made at @timer, stopped by goroutine 1 at @stopped",
       receives + "of a ticker made at @ticker", receives + "of a context made at @context"});
}

TEST(waits, for_timers) {
  expect_death("timers",
               {receives + "of a timer made at @dropped, ended by goroutine 1 at @dropped",
                receives + "of a timer made at @fired, which has fired",
                receives + "of a timer made at @timer, reset by goroutine 1 at @reset",
                receives + "of a timer made at @after"});
}

// --- misuse

// The first line is Go's; the one behind it stands where Go's tools skip it.
void expect_misuse(const std::string& name, const std::string& first, const std::string& second) {
  SCOPED_TRACE(name);
  const child_result child = run_waits(name, "single");
  EXPECT_EQ(child.exit_status, 2);
  const auto lines = lines_of(child.err);
  ASSERT_GE(lines.size(), 4U) << child.err;
  EXPECT_EQ(lines[0], first);
  EXPECT_TRUE(std::regex_match(lines[1], as_regex(child, second))) << child.err;
  EXPECT_EQ(lines[2], "");
  EXPECT_EQ(lines[3], "goroutine 1 [running]:");
  EXPECT_EQ(runtime_lines(child.err), 1);
}

TEST(misuse, of_a_closed_channel_tells_who_closed_it) {
  expect_misuse("send_on_closed", "panic: send on closed channel",
                "channel # was closed by goroutine (?!1\\b)[0-9]+ at @closed, made at @made");
  expect_misuse("send_on_closed_string", "panic: send on closed channel",
                "channel # was closed by goroutine 1 at @closed, made at .*");
  expect_misuse("close_of_closed", "panic: close of closed channel",
                "channel # was closed by goroutine 1 at @closed, made at .*");
}

TEST(misuse, of_a_lock_tells_who_locked_it) {
  expect_misuse("unlocked_by_another", "fatal error: sync: unlock of unlocked mutex",
                "mutex # was locked last by goroutine (?!1\\b)[0-9]+ at @locked");
  expect_misuse("write_unlock_of_unlocked", "fatal error: sync: Unlock of unlocked RWMutex",
                "shared_mutex # was locked last for writing by goroutine 1 at @locked");
}

TEST(misuse, of_a_wait_group_tells_where_it_was_made_and_changed) {
  expect_misuse("negative_counter", "panic: sync: negative WaitGroup counter",
                "wait group # was changed last at @changed, made at @made");
}

// --- memory that is not what it was

TEST(waits, for_memory_that_is_damaged) {
  for (const char* name : {"smashed", "unmapped"})
    expect_death(name, {waits + "mutex #, whose memory is damaged"});
  expect_death("zeroed", {waits + "mutex #, free by now"});
  for (const char* name : {"smashed_channel", "waiters_in_a_circle"})
    expect_death(name,
                 {"goroutine [0-9]+ waits to receive from channel #, whose memory is damaged"});
}

TEST(waits, for_memory_with_random_damage) {
  const child_result child = run_waits("random_bytes");
  EXPECT_EQ(child.exit_status, 0) << child.err;
  const long rounds = child.figure("rounds");
  EXPECT_EQ(child.figure("told"), rounds);
  EXPECT_GT(child.figure("damaged"), rounds / 10);
  EXPECT_LT(child.figure("damaged"), rounds);  // some bytes mean nothing, or could be right
}

// --- without a death

TEST(waits, are_told_of_a_living_process) {
  const child_result child = run_waits("alive");
  EXPECT_EQ(child.exit_status, 0);
  const std::size_t all = child.out.find("-----\n");
  ASSERT_NE(all, child.out.npos);
  EXPECT_EQ(runtime_lines(child.out.substr(0, all)), 0);
  const std::string line = waits + "mutex # held by goroutine 1, locked at @locked";
  expect_lines(child, child.out.substr(all), 1, line);
  expect_line(child, line);
}

// --- Go's tools

// What gostackparse does with a dump, in our words: it looks for a header, takes calls and their
// files, and drops the goroutine at anything else; an empty line ends it.
std::vector<std::int64_t> taken_by_gostackparse(const std::string& text) {
  const std::regex header(
      "^goroutine (\\d+) \\[([^,]+)(?:, (\\d+) minutes)?(, locked to thread)?\\]:$");
  enum { looking, call, file, behind_file, creators_file } state = looking;
  std::vector<std::int64_t> taken;
  std::vector<std::string> lines = lines_of(text);
  lines.emplace_back();
  for (const std::string& line : lines) {
    if (state == behind_file) {
      if (line.empty()) {
        state = looking;
        continue;
      }
      if (line.starts_with("created by ")) {
        state = creators_file;
        continue;
      }
      state = call;
    }
    std::smatch m;
    if (state == looking) {
      if (!line.starts_with("goroutine ")) continue;
      if (!std::regex_match(line, m, header)) return {};
      taken.push_back(std::stoll(m[1]));
      state = call;
    } else if (state == call) {
      static const std::regex function("[^(]+(\\([^()]*\\)[^()]*)+");
      static const std::regex anonymous("(\\([^()]*\\)[^()]*)+");
      if (!std::regex_match(line, function) && !std::regex_match(line, anonymous)) {
        taken.pop_back();
        state = looking;
      } else {
        state = file;
      }
    } else {
      static const std::regex place("\t[^:]+:\\d+( .*)?");
      if (!std::regex_match(line, place)) {
        taken.pop_back();
        state = looking;
      } else {
        state = behind_file;
      }
    }
  }
  return taken;
}

TEST(waits, are_told_in_lines_that_gos_parsers_skip) {
  for (const char* name : {"held", "circle_of_three", "selects", "counted", "send_on_closed"}) {
    SCOPED_TRACE(name);
    const child_result child = run_waits(name);
    const auto parsed = report::parse(child.err);
    EXPECT_EQ(parsed.unknown, std::vector<std::string>());
    std::vector<std::int64_t> ids;
    for (const report::goroutine& g : parsed.goroutines) ids.push_back(g.id);
    EXPECT_FALSE(ids.empty());
    EXPECT_EQ(taken_by_gostackparse(child.err), ids) << child.err;
  }
}

}  // namespace
