// SPDX-License-Identifier: Apache-2.0
#include "tracer/look_back.h"

#include <array>
#include <string_view>

#include "base/left_out.h"
#include "crash/place_printer.h"
#include "os/os.h"
#include "trace/clock.h"
#include "trace/tables.h"
#include "tracer/event_reader.h"
#include "tracer/frozen.h"
#include "tracer/recorder.h"

namespace gander::tracer {
namespace {

using trace::go_state;
using trace::kind;

// One thing that happened to a goroutine.
struct memory {
  std::uint64_t ticks = 0;
  std::uint64_t by = 0;     // a goroutine; 0: none, or not known
  std::uint32_t stack = 0;  // of whoever did it
  std::uint32_t text = 0;   // a string's number: the reason, the message
  kind what{};
  const trace::table_set* from = nullptr;  // where the numbers are from
};

constexpr std::size_t kept_memories = 4;

// The latest, by their times. (Threads' batches are read one after the other.)
struct last_events {
  std::uint64_t goid = 0;                  // 0: free
  std::array<memory, kept_memories> kept;  // in their order; ticks are 0 where there is none

  void add(const memory& m) noexcept {
    if (m.ticks < kept.front().ticks) return;
    std::size_t at = 0;
    for (; at + 1 < kept_memories && kept[at + 1].ticks <= m.ticks; ++at) kept[at] = kept[at + 1];
    kept[at] = m;
  }
};

constexpr std::size_t table_size = sizeof(void*) == 8 ? 1U << 16 : 1U << 12;
constexpr std::size_t most_probes = 64;
last_events* table = nullptr;
std::uint64_t looked_at_ticks = 0;

std::size_t slot_of(std::uint64_t key, std::size_t size) noexcept {
  return static_cast<std::size_t>((key * 0x9e3779b97f4a7c15U) >> 32) % size;
}

// nullptr: not there, and no room.
last_events* find(std::uint64_t goid, bool add) noexcept {
  if (table == nullptr || goid == 0) return nullptr;
  for (std::size_t probe = 0; probe < most_probes; ++probe) {
    last_events& e = table[(slot_of(goid, table_size) + probe) % table_size];
    if (e.goid == goid) return &e;
    if (e.goid != 0) continue;
    if (!add) return nullptr;
    e.goid = goid;
    return &e;
  }
  return nullptr;
}

// Which goroutine runs on each thread, as far as events have told.
class threads {
 public:
  std::uint64_t& operator[](std::uint64_t thread) noexcept {
    for (std::size_t probe = 0; probe < most_probes; ++probe) {
      entry& e = entries_[(slot_of(thread, entries_.size()) + probe) % entries_.size()];
      if (e.thread == 0) e.thread = thread;
      if (e.thread == thread) return e.goid;
    }
    nobody_ = 0;
    return nobody_;
  }

 private:
  struct entry {
    std::uint64_t thread = 0;
    std::uint64_t goid = 0;
  };
  std::array<entry, 4096> entries_{};
  std::uint64_t nobody_ = 0;
};

threads running;  // the reporter's; too big for its stack
const left_out of_running(running);

const trace::table_set* tables_now = nullptr;  // of the generation that is being read

void remember(std::uint64_t goid, memory m) noexcept {
  m.from = tables_now;
  if (last_events* const e = find(goid, true)) e->add(m);
}

void take(const event& e, std::uint64_t thread) noexcept {
  std::uint64_t& current = running[thread];
  const auto argument = [&](std::size_t i) { return static_cast<std::uint32_t>(e.arguments[i]); };
  switch (e.kind) {
    case kind::go_status:
    case kind::go_status_stack:
      if (static_cast<go_state>(e.arguments[2]) == go_state::running) current = e.arguments[0];
      if (static_cast<go_state>(e.arguments[2]) == go_state::syscall)
        running[e.arguments[1]] = e.arguments[0];
      break;
    case kind::go_create:
      remember(e.arguments[0], {e.ticks, current, argument(2), 0, e.kind, nullptr});
      break;
    case kind::go_start:
      current = e.arguments[0];
      remember(current, {e.ticks, 0, 0, 0, e.kind, nullptr});
      break;
    case kind::go_unblock:
      remember(e.arguments[0], {e.ticks, current, argument(2), 0, e.kind, nullptr});
      break;
    case kind::go_stop:
    case kind::go_block:
      remember(current, {e.ticks, 0, argument(1), argument(0), e.kind, nullptr});
      current = 0;
      break;
    case kind::go_syscall_begin:
      remember(current, {e.ticks, 0, argument(1), 0, e.kind, nullptr});
      break;
    case kind::go_syscall_end_blocked:
      remember(current, {e.ticks, 0, 0, 0, e.kind, nullptr});
      current = 0;
      break;
    case kind::user_log:
      remember(current, {e.ticks, 0, argument(3), argument(2), e.kind, nullptr});
      break;
    case kind::user_region_begin:
    case kind::user_region_end:
      remember(current, {e.ticks, 0, argument(2), argument(1), e.kind, nullptr});
      break;
    case kind::go_destroy:
      current = 0;
      break;
    default:
      break;
  }
}

std::string_view text_of(const memory& m) noexcept {
  return m.from != nullptr ? trace::string_at(*m.from, m.text) : std::string_view();
}

void put_age(text_writer& out, std::uint64_t ticks) noexcept {
  const std::uint64_t age_ticks = looked_at_ticks > ticks ? looked_at_ticks - ticks : 0;
  const auto us =
      static_cast<std::uint64_t>(static_cast<double>(age_ticks) * 1e6 /
                                 static_cast<double>(trace::the_clock.ticks_per_second));
  const auto with_tenths = [&](std::uint64_t tenths, std::string_view unit) {
    out.dec(tenths / 10);
    if (tenths < 100) out.text(".").dec(tenths % 10);
    out.text(unit);
  };
  if (us < 1000)
    out.dec(us).text("us");
  else if (us < 1'000'000)
    with_tenths(us / 100, "ms");
  else
    with_tenths(us / 100'000, "s");
}

void put_place(text_writer& out, const memory& m) noexcept {
  if (m.from == nullptr) return;
  const auto pcs = m.from->stacks.words_of(m.stack);
  if (pcs.empty()) return;
  out.text(" at ");
  // A copy: the table is not to be read by code that the thread sanitizer sees.
  std::uintptr_t copy[trace::max_frames];
  std::size_t count = 0;
  for (const std::uintptr_t* pc = pcs.data(); count < pcs.size() && count < trace::max_frames;)
    copy[count++] = *pc++;
  crash::print_place(out, {copy, count});
}

void put_by(text_writer& out, const memory& m) noexcept {
  if (m.by != 0) out.text(" by goroutine ").dec(m.by);
}

void tell(text_writer& out, const memory& m) noexcept {
  put_age(out.text("runtime: "), m.ticks);
  out.text(" ago: ");
  switch (m.what) {
    case kind::go_create:
      put_by(out.text("started"), m);
      break;
    case kind::go_start:
      out.text("began to run");
      break;
    case kind::go_unblock:
      put_by(out.text("unblocked"), m);
      break;
    case kind::go_stop:
      out.text("stopped (").text(text_of(m)).text(")");
      break;
    case kind::go_block:
      out.text("blocked (").text(text_of(m)).text(")");
      break;
    case kind::go_syscall_begin:
      out.text("lost its P in a system call");
      break;
    case kind::go_syscall_end_blocked:
      out.text("came back from a system call");
      break;
    case kind::user_log:
      out.text("log: ").text(text_of(m));
      break;
    case kind::user_region_begin:
      out.text("region begun: ").text(text_of(m));
      break;
    case kind::user_region_end:
      out.text("region ended: ").text(text_of(m));
      break;
    default:
      break;
  }
  put_place(out, m);
  out.text("\n");
}

}  // namespace

void prepare_to_look_back() noexcept {
  prepare_frozen_batches();
  if (table == nullptr)
    table = static_cast<last_events*>(os::reserve(table_size * sizeof(last_events)));
}

void look_back() noexcept {
  const std::uint32_t now = trace::current_generation;
  looked_at_ticks = trace::now_ticks();
  if (table == nullptr || now == 0) return;
  const generation* const oldest = recorder::frozen_at(0);
  // Without a recorder, what has not been written out yet.
  std::uint32_t number = oldest != nullptr ? oldest->number : first_frozen_generation(now);
  for (; number <= now; ++number) {
    tables_now = trace::tables_of(number);
    for_each_frozen_batch(number, [](const trace::batch& b, std::uint32_t used_bytes) {
      event_reader events(b, used_bytes);
      for (event e; events.next(e);) take(e, b.thread);
    });
  }
}

void tell_last_events(text_writer& out, const g_record& record) noexcept {
  const last_events* const e = find(record.goid.load(std::memory_order_relaxed), false);
  if (e == nullptr) return;
  out.text("\n");  // behind frames readers of dumps take no such lines
  for (const memory& m : e->kept)
    if (m.ticks != 0) tell(out, m);
}

}  // namespace gander::tracer
