// SPDX-License-Identifier: Apache-2.0
#include "collector/pacer.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cstdlib>
#include <string_view>

#include "base/print.h"
#include "base/relaxed.h"
#include "collector/workers.h"
#include "heap/page_heap.h"
#include "heap/type_arrays.h"

namespace gander::collector::pacer {
namespace {

constexpr std::int64_t default_percent = 100;
constexpr std::uint64_t least_goal_bytes = std::uint64_t{4} << 20;  // times percent / 100

relaxed<std::int64_t> percent{default_percent};
relaxed<std::int64_t> limit{no_limit};
std::atomic<std::uint64_t> live{0};
std::atomic<std::uint64_t> total_bytes{0};
std::atomic<std::uint64_t> total_objects{0};
relaxed<std::uint64_t> marked{0};
relaxed<std::uint64_t> roots{0};
relaxed<std::uint64_t> goal{least_goal_bytes};
relaxed<std::uint64_t> trigger{least_goal_bytes};
relaxed<std::uint64_t> at_begin{0};
relaxed<std::uint64_t> at_end{0};
// Of the marking that is under way: what is done, what of it those have done who assisted, and for
// how much of the rest somebody has been let off.
relaxed<std::uint64_t> done{0};
std::atomic<std::uint64_t> done_by_assists{0};
std::atomic<std::uint64_t> let_off{0};

// Bytes that are allocated while a byte is marked, if no one assists: of the last cycles, and the
// next place. Written in stops, read under none.
constexpr std::size_t remembered = 4;
std::array<relaxed<double>, remembered> paces{};
std::size_t next_pace = 0;

// Bytes that were allocated between the trigger and the begin of marking: of the last two cycles
// that were triggered, and the next place.
std::array<relaxed<std::uint64_t>, 2> lags{};
std::size_t next_lag = 0;

double largest_pace() noexcept {
  double most = 0;
  for (const relaxed<double>& pace : paces) most = std::max<double>(most, pace);
  return most;
}

// The collector's threads beside those of all Ps; more of them than there are processors share.
double collector_share(std::uint32_t procs) noexcept {
  const double own = workers::wanted_for(procs);
  return own / (procs + own);
}

double pace_of(const marking& m, std::uint64_t allocated_bytes) noexcept {
  const auto ns = static_cast<double>(m.ns);
  const auto assists_ns = static_cast<double>(m.assists_ns);
  const double marking_ns = static_cast<double>(m.own_cpu_ns) + assists_ns + 1;
  // Mutators have what is left of the Ps, and of the processors; something, whatever clocks say.
  const double left_ns = std::min(ns * m.procs - assists_ns, ns * m.cpus - marking_ns);
  const double mutators_ns = std::max(left_ns, ns / 16 + 1);
  const auto work = static_cast<double>(m.marked_bytes + m.root_bytes + 1);
  const double of_equals = static_cast<double>(allocated_bytes) / mutators_ns * marking_ns / work;
  const double share = collector_share(m.procs);
  return of_equals * (1 - share) / share;
}

// What the limit leaves for objects: spans also hold what is free in them, there are the types of
// mixed ones, and the collector's own. Never less than what is in use: a cycle after the other
// would free nothing.
std::uint64_t goal_of_limit() noexcept {
  if (limit == no_limit) return UINT64_MAX;
  const std::uint64_t spans = heap::page_heap::count().in_use_bytes + heap::type_arrays::bytes();
  const std::uint64_t objects = live.load(std::memory_order_relaxed);
  const std::uint64_t overhead = spans > objects ? spans - objects : 0;
  const std::uint64_t most = static_cast<std::uint64_t>(std::int64_t{limit});
  return most > overhead ? most - overhead : 0;
}

// Where a trigger is moved by hand nobody was late who finds the heap beyond it.
void forget_lags() noexcept {
  for (relaxed<std::uint64_t>& lag : lags) lag = 0;
}

void set_goal() noexcept {
  const std::uint64_t base = marked;
  std::uint64_t wanted = UINT64_MAX;
  if (percent != off) {
    const auto p = static_cast<std::uint64_t>(std::int64_t{percent});
    const std::uint64_t looked_at = base + roots;
    wanted = std::max(base + looked_at / 100 * p + looked_at % 100 * p / 100,
                      least_goal_bytes * p / 100);
  }
  // With a limit below what lives, a cycle for each sixteenth more, and not one after the other.
  const std::uint64_t least = base + std::max<std::uint64_t>(base / 16, 1 << 20);
  wanted = std::min(wanted, std::max(goal_of_limit(), least));
  goal = wanted;
  if (wanted == UINT64_MAX) {
    trigger = wanted;
    return;
  }
  const std::uint64_t way = wanted - std::min(base, wanted);
  const double meanwhile = largest_pace() * static_cast<double>(base + roots);
  const double most = static_cast<double>(way) / 5;
  const std::uint64_t lag = std::min<std::uint64_t>({lags[0], lags[1], way / 5});
  trigger =
      wanted - lag - std::max(static_cast<std::uint64_t>(std::min(meanwhile, most)), way / 20);
}

// What is left to be marked, for each byte that may still be allocated. As much as lived the last
// time is expected to; where there is more already, all that was there when marking began.
std::size_t work_for(std::size_t bytes, std::uint64_t now) noexcept {
  const std::uint64_t marked_now = done;
  const std::uint64_t expected =
      marked_now < marked ? std::uint64_t{marked} : std::uint64_t{at_begin};
  const std::uint64_t left = expected > marked_now ? expected - marked_now : 0;
  const std::uint64_t room = goal > now ? goal - now : 0;
  constexpr std::uint64_t most_ratio = 32;
  const std::uint64_t ratio = room == 0 ? most_ratio : std::min(left / room + 1, most_ratio);
  return static_cast<std::size_t>(bytes * ratio);
}

// Two may be let off for the same: it is little, and they assist the more afterwards.
std::size_t without_credit(std::size_t bytes) noexcept {
  const std::uint64_t marked_now = done;
  const std::uint64_t gone =
      done_by_assists.load(std::memory_order_relaxed) + let_off.load(std::memory_order_relaxed);
  if (marked_now <= gone) return bytes;
  const auto off = static_cast<std::size_t>(std::min<std::uint64_t>(bytes, marked_now - gone));
  let_off.fetch_add(off, std::memory_order_relaxed);
  return bytes - off;
}

// Who waits for the end of marking does so the longer the larger the heap is: so that large ones
// come to it late, at a quarter beyond, and small ones keep close to their goal.
until wait_at(std::uint64_t now) noexcept {
  const std::uint64_t most = goal;
  if (now < most) return until::nothing;
  constexpr std::uint64_t small = std::uint64_t{64} << 20;
  const std::uint64_t beyond = most <= small ? most / 16 : small / 16 + (most - small) / 4;
  return now - most < beyond ? until::begin : until::end;
}

// "100", "off"; or of sizes "1073741824", "512MiB", "off".
bool parse(std::string_view text, bool with_unit, std::int64_t off_value,
           std::int64_t& out) noexcept {
  if (text == "off") {
    out = off_value;
    return true;
  }
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || number < 0) return false;
  std::string_view unit(rest, static_cast<std::size_t>(end - rest));
  unsigned shift = 0;
  if (with_unit) {
    constexpr std::pair<std::string_view, unsigned> units[] = {
        {"TiB", 40}, {"GiB", 30}, {"MiB", 20}, {"KiB", 10}, {"B", 0}};
    for (const auto& [name, power] : units)
      if (unit == name) {
        unit = {};
        shift = power;
      }
  }
  if (!unit.empty() || number > INT64_MAX >> shift) return false;
  out = number << shift;
  return true;
}

void read(const char* name, bool with_unit, std::int64_t off_value,
          relaxed<std::int64_t>& to) noexcept {
  const char* const text = std::getenv(name);
  if (text == nullptr || *text == '\0') return;
  std::int64_t value = 0;
  if (parse(text, with_unit, off_value, value)) {
    to = value;
    return;
  }
  char buffer[256];
  text_writer(buffer, STDERR_FILENO)
      .text("gander: ")
      .text(name)
      .text("=")
      .text(text)
      .text(with_unit ? " is not a size like 512MiB, or off, ignored\n"
                      : " is not a percentage, or off, ignored\n");
}

}  // namespace

void read_environment() noexcept {
  read("GOGC", false, off, percent);
  read("GOMEMLIMIT", true, no_limit, limit);
  set_goal();
}

std::int64_t set_percent(std::int64_t value) noexcept {
  const std::int64_t before = percent;
  percent = value < 0 ? off : value;
  forget_lags();
  set_goal();
  return before;
}

std::int64_t set_memory_limit(std::int64_t bytes) noexcept {
  const std::int64_t before = limit;
  if (bytes < 0) return before;
  limit = bytes;
  forget_lags();
  set_goal();
  return before;
}

advice allocated(std::size_t bytes, std::size_t objects) noexcept {
  total_bytes.fetch_add(bytes, std::memory_order_relaxed);
  total_objects.fetch_add(objects, std::memory_order_relaxed);
  const std::uint64_t now = live.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  if (now < trigger) [[likely]]
    return {};
  return {true, wait_at(now), without_credit(work_for(bytes, now))};
}

void marking_begins() noexcept {
  at_begin = live.load(std::memory_order_relaxed);
  if (at_begin >= trigger) {
    lags[next_lag] = at_begin - trigger;
    next_lag = (next_lag + 1) % lags.size();
  }
  done = 0;
  done_by_assists = 0;
  let_off = 0;
}

void marking_goes_on(std::size_t marked_bytes) noexcept { done = marked_bytes; }

void assisted(std::size_t marked_bytes) noexcept {
  done_by_assists.fetch_add(marked_bytes, std::memory_order_relaxed);
}

// What was allocated meanwhile was marked from the start.
void marking_ended(const marking& m) noexcept {
  at_end = live.load(std::memory_order_relaxed);
  paces[next_pace] = pace_of(m, at_end - at_begin);
  next_pace = (next_pace + 1) % remembered;
  roots = m.root_bytes;
  marked = m.marked_bytes + (at_end - at_begin);
  live.store(marked, std::memory_order_relaxed);  // in a stop
  set_goal();
}

std::uint64_t kept_bytes() noexcept {
  const std::uint64_t most = goal;
  const std::uint64_t kept = most < UINT64_MAX / 2 ? most + most / 10 : UINT64_MAX;
  return std::min(kept, limit_bytes());
}

std::uint64_t limit_bytes() noexcept {
  if (limit == no_limit) return UINT64_MAX;
  const auto allowed = static_cast<std::uint64_t>(std::int64_t{limit});
  return allowed - allowed / 20;
}

numbers count() noexcept {
  return {live.load(std::memory_order_relaxed),
          goal,
          trigger,
          total_bytes.load(std::memory_order_relaxed),
          total_objects.load(std::memory_order_relaxed),
          at_begin,
          at_end,
          marked};
}

}  // namespace gander::collector::pacer
