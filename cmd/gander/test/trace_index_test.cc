// SPDX-License-Identifier: Apache-2.0
//
// The trace in memory, against what its events say one by one.
#include "view/trace_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "indexed.h"
#include "random_trace.h"
#include "trace/summary.h"
#include "view/level_of_detail.h"

namespace gander::tool::testing {
namespace {

using e = event_type;
using ::testing::ElementsAre;

struct state_change {
  std::int64_t time_ns;
  goroutine_state state;
  bool operator==(const state_change&) const = default;
};

std::ostream& operator<<(std::ostream& out, const state_change& c) {
  return out << c.time_ns << ": " << name_of(c.state);
}

// From the events, without anything in between.
std::map<std::uint64_t, std::vector<state_change>> changes_by_hand(const outcome& of) {
  std::map<std::uint64_t, std::vector<state_change>> result;
  const std::int64_t begin = of.events.front().time_ns;
  const std::set<e> created = {e::go_create, e::go_create_blocked, e::go_create_syscall};
  for (const event& each : of.events) {
    if (!each.g.any() || each.g.from == each.g.to) continue;
    const bool known = each.g.from != goroutine_state::none || created.contains(each.type);
    result[each.g.id].push_back({known ? each.time_ns - begin : 0, each.g.to});
  }
  const std::int64_t end = of.events.back().time_ns - begin;
  for (auto& [id, all] : result)
    if (all.back().state != goroutine_state::none) all.push_back({end, goroutine_state::none});
  return result;
}

std::vector<state_change> changes_of(const trace_index& of, std::uint32_t g) {
  std::vector<state_change> result;
  for (std::size_t i = 0; i < of.moments().changes(g); ++i)
    result.push_back({of.moments().change(g, i).time_ns, of.moments().change(g, i).state});
  return result;
}

void expect_as_the_events(const bytes& data) {
  const outcome events = read_bytes(data, false);
  ASSERT_EQ(events.told(), "");
  const indexed all(data);
  const auto wanted = changes_by_hand(events);
  ASSERT_EQ(all.index.goroutines().size(), wanted.size());
  for (const auto& [id, changes] : wanted) {
    SCOPED_TRACE(id);
    const std::uint32_t g = all.index.goroutine(id);
    ASSERT_NE(g, nobody);
    EXPECT_EQ(changes_of(all.index, g), changes);
    const history& moments = all.index.moments();
    for (std::size_t i = moments.begin(g) + 1; i < moments.end(g); ++i)
      EXPECT_LE(moments[i - 1].time_ns, moments[i].time_ns);
  }
}

TEST(trace_index, states_of_goroutines) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    expect_as_the_events(random_trace({.seed = seed, .events = 3000, .generations = 1 + seed % 3}));
  }
  for (const unsigned minor : {22U, 23U, 25U, 26U}) expect_as_the_events(full_trace(minor));
}

// The summary reckons in its own way.
TEST(trace_index, times_as_in_the_summary) {
  for (unsigned seed = 1; seed <= 10; ++seed) {
    const bytes data = random_trace({.seed = seed, .events = 4000, .generations = 2});
    input in{std::span(data)};
    problem_log problems;
    summary sums(10, true);
    read_trace(in, problems, sums);
    const indexed all(data);
    ASSERT_EQ(sums.goroutines().size(), all.index.goroutines().size());
    for (const goroutine_line& line : sums.goroutines()) {
      const goroutine_entry& g = all.index.goroutines()[all.index.goroutine(line.id)];
      const state_times& t = line.times;
      EXPECT_THAT(g.times, ElementsAre(::testing::_, t.runnable_ns, t.running_ns, t.syscall_ns,
                                       t.blocked_ns))
          << line.id;
      EXPECT_EQ(all.index.name(g.function), sums.name(line.entry));
    }
  }
}

// At each time a P shows the goroutine that has it.
TEST(trace_index, who_runs_on_a_proc) {
  for (unsigned seed = 1; seed <= 10; ++seed) {
    const bytes data = random_trace({.seed = seed, .events = 2000});
    const outcome events = read_bytes(data);
    const indexed all(data);
    ASSERT_EQ(all.index.procs().size(), 3U);
    std::map<std::uint64_t, std::pair<std::uint64_t, goroutine_state>> has;  // by P
    std::map<std::uint64_t, std::size_t> at;
    for (const event& each : events.events) {
      const std::int64_t now = each.time_ns - events.events.front().time_ns;
      if (each.g.any() && each.proc != no_proc) {
        auto& mine = has[each.proc];
        if (each.g.to == goroutine_state::running || each.g.to == goroutine_state::syscall)
          mine = {each.g.id, each.g.to};
        else if (mine.first == each.g.id)
          mine = {};
      }
      for (const auto& [proc, mine] : has) {
        const plain_row& row = all.index.procs()[all.index.proc(proc)].row;
        std::size_t& i = at[proc];
        while (i + 1 < row.size() && row.time_ns(i + 1) <= now) ++i;
        if (now == all.index.duration_ns() || row.size() == 0 || row.time_ns(i) > now) continue;
        ASSERT_EQ(row.kind(i), static_cast<row_kind>(mine.second)) << now << " on P " << proc;
        if (row.kind(i) == 0) continue;
        ASSERT_EQ(all.index.goroutines()[row.what(i)].id, mine.first) << now << " on P " << proc;
      }
    }
  }
}

TEST(trace_index, who_did_what_to_whom) {
  encoder out(23);
  out.sync(1)
      .events(1, 100, 1000,
              {{e::proc_status, {0, 1}},
               {e::go_status, {1, 100, 2}},
               {e::go_create, {2, 2, 1}, 10},
               {e::user_log, {0, 5, 6, 1}},
               {e::go_block, {4, 1}, 10},
               {e::go_start, {2, 1}, 10},
               {e::go_unblock, {1, 1, 2}, 10},
               {e::go_destroy, {}, 10}})
      .stacks(1, {{1, {{16, 1, 3, 11}}}, {2, {{17, 2, 3, 22}, {16, 1, 3, 11}}}})
      .strings(1, {{1, "main.main"},
                   {2, "main.work"},
                   {3, "m.cc"},
                   {4, "sleep"},
                   {5, "key"},
                   {6, "value"}});
  const indexed all(out.data());
  ASSERT_EQ(all.problems.count(), 0U);
  const trace_index& of = all.index;
  const std::uint32_t one = of.goroutine(1), two = of.goroutine(2);
  EXPECT_EQ(of.goroutine(3), nobody);
  EXPECT_EQ(of.name(of.goroutines()[two].function), "main.main");
  EXPECT_EQ(of.goroutines()[two].creator, one);
  EXPECT_EQ(of.stacks().frames(of.goroutines()[two].creation_stack).size(), 1U);
  EXPECT_FALSE(of.goroutines()[two].from_the_start);
  EXPECT_FALSE(of.goroutines()[two].to_the_end);
  EXPECT_TRUE(of.goroutines()[one].from_the_start);
  EXPECT_TRUE(of.goroutines()[one].to_the_end);
  const auto told = [&of](std::uint32_t g) {
    std::string text;
    for (std::size_t i = of.moments().begin(g); i < of.moments().end(g); ++i) {
      const moment& m = of.moments()[i];
      text += std::string(m.type == e::none ? "end" : name_of(m.type)) +
              (m.changes ? " " + std::string(name_of(m.state)) : "") +
              (m.name != 0 ? " '" + of.name(m.name) + "'" : "") +
              (m.other != nobody && m.state != goroutine_state::running
                   ? " G" + std::to_string(of.goroutines()[m.other].id)
                   : "") +
              (m.stack != 0 ? " at " + of.name(of.stacks().site(m.stack).function) : "") + "\n";
    }
    return text;
  };
  EXPECT_EQ(told(one),
            "GoStatus running\n"
            "GoCreate at main.main\n"
            "UserLog 'key: value' at main.main\n"
            "GoBlock waiting 'sleep' at main.main\n"
            "GoUnblock runnable G2 at main.work\n"
            "end unknown\n");
  EXPECT_EQ(told(two),
            "GoCreate runnable G1 at main.main\n"
            "GoStart running\n"
            "GoUnblock at main.work\n"
            "GoDestroy unknown\n");
  EXPECT_EQ(of.moments().from(one, 0), of.moments().begin(one));
  EXPECT_EQ(of.moments().from(one, of.duration_ns() + 1), of.moments().end(one));
}

// A sample comes before the first that is told of its goroutine, whose state is then known from the
// begin on.
TEST(trace_index, sample_before_a_status) {
  encoder out(23);
  out.sync(1)
      .events(1, 100, 1000, {{e::proc_status, {0, 1}}, {e::go_status, {1, 100, 2}}})
      .events(1, 101, 3000, {{e::proc_status, {1, 1}}, {e::go_status, {2, 101, 2}}})
      .stacks(1, {{1, {{16, 1, 1, 11}}}})
      .strings(1, {{1, "main.main"}})
      .samples(1, {{2000, 101, 1, 2, 1}, {4000, 101, 1, 2, 1}});
  const indexed all(out.data());
  ASSERT_EQ(all.problems.count(), 0U);
  const std::uint32_t g = all.index.goroutine(2);
  ASSERT_NE(g, nobody);
  const history& moments = all.index.moments();
  ASSERT_EQ(moments.end(g) - moments.begin(g), 3U);
  EXPECT_EQ(moments[moments.begin(g)].time_ns, 0);
  EXPECT_EQ(moments[moments.begin(g) + 1].type, e::cpu_sample);
  EXPECT_LE(moments[moments.begin(g)].time_ns, moments[moments.begin(g) + 1].time_ns);
}

// Which no program's does; but the row must not go back in time.
TEST(trace_index, ended_and_there_again) {
  encoder out(23);
  out.sync(1)
      .events(1, 100, 1000,
              {{e::proc_status, {0, 1}}, {e::go_status, {1, 100, 2}}, {e::go_destroy, {}, 500}})
      .events(1, 101, 3000, {{e::go_status, {1, no_thread, 1}}});
  const indexed all(out.data());
  const std::uint32_t g = all.index.goroutine(1);
  ASSERT_NE(g, nobody);
  const auto changes = changes_of(all.index, g);
  ASSERT_EQ(changes.size(), 4U);
  EXPECT_EQ(changes[1].state, goroutine_state::none);
  EXPECT_EQ(changes[2].state, goroutine_state::runnable);
  EXPECT_EQ(changes[2].time_ns, changes[1].time_ns);
}

TEST(trace_index, stops_and_marking) {
  const indexed all(full_trace(23));
  ASSERT_EQ(all.index.stops().times(0, all.index.stops().size())[0], 1);
  EXPECT_EQ(all.index.name(all.index.stops().what(0)), "start trace");
  EXPECT_EQ(all.index.marking().times(0, all.index.marking().size())[0], 1);
}

// A generation is lost in the middle: what was before it ends, what is after begins anew.
TEST(trace_index, gap) {
  bytes data = encoder(26).data();
  for (const std::uint64_t number : {1U, 3U}) {
    encoder part(26);
    part.events(number, 100, 1000 * number,
                {{e::proc_status, {0, 1}},
                 {e::go_status, {1, 100, 2}},
                 {e::go_block, {1, 0}, 100},
                 {e::go_unblock, {1, 1, 0}, 100}})
        .sync(number)
        .strings(number, {{1, "sleep"}})
        .end(number);
    data.insert(data.end(), part.data().begin() + 16, part.data().end());
  }
  const indexed all(data);
  const std::uint32_t g = all.index.goroutine(1);
  ASSERT_NE(g, nobody);
  using s = goroutine_state;
  std::vector<s> states;
  for (const state_change& c : changes_of(all.index, g)) states.push_back(c.state);
  EXPECT_THAT(states, ElementsAre(s::running, s::waiting, s::runnable, s::none, s::running,
                                  s::waiting, s::runnable, s::none));
  EXPECT_TRUE(all.index.goroutines()[g].to_the_end);
  EXPECT_EQ(all.index.procs()[0].row.times(0, all.index.procs()[0].row.size())[0], 2);
}

}  // namespace
}  // namespace gander::tool::testing
