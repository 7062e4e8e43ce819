// SPDX-License-Identifier: Apache-2.0
#include "tracer/output.h"

#include <gander/internal/lock.h>

#include <array>
#include <climits>

#include "os/os.h"
#include "sched/sched.h"

namespace gander::tracer::output {
namespace {

enum class state : std::uint8_t { idle, open, closing };

constexpr std::size_t most_queued = 256;

// All under guard, but for what says otherwise.
struct {
  internal::lock guard;
  state now = state::idle;
  sink to;                           // the thread's
  format version = format::go_1_23;  // the thread's
  std::size_t most_bytes = 0;
  std::array<generation*, most_queued> queue{};
  std::size_t first = 0;
  std::size_t count = 0;
  std::size_t queued_bytes = 0;
  bool gap = false;  // nothing is written any more
  bool in_users_code = false;
  bool is_helper = false;  // the thread is counted in sched.helper_threads
  output_result result;
  std::atomic<std::uint32_t> changes{0};  // a futex: counts what the thread wants to know
  trace_number number = 0;                // of the trace that is written, or was last
  std::atomic<trace_number> written{0};   // a futex: the last one that has been written to its end
  std::array<output_result, 4> results;   // by their numbers, of the last ones
} it;

void tell_thread() noexcept {
  it.changes.fetch_add(1);
  os::futex_wake(it.changes);
}

// For the deadlock rule: the thread is no hope, but where somebody waits for the end of the trace
// or it runs code of the user's, which may wake a goroutine. (Where that waits in our own calls, it
// is a thread of the user's that waits.) Under guard.
void count_for_deadlocks() noexcept {
  const bool is_helper = it.now == state::open && !it.in_users_code;
  if (is_helper == it.is_helper) return;
  it.is_helper = is_helper;
  if (is_helper) {
    sched.helper_threads.fetch_add(1);
    return;
  }
  sched.helper_threads.fetch_sub(1);
  // The rule may have counted it as a helper, and counts threads next: then it begins anew.
  sched.foreign_wakeups.fetch_add(1);
}

void set_in_users_code(bool now) noexcept {
  const internal::lock_scope held(it.guard);
  it.in_users_code = now;
  count_for_deadlocks();
}

bool put(const std::uint8_t* bytes, std::size_t size) noexcept {
  if (it.to.is_users_code) set_in_users_code(true);
  const int error = it.to.write(it.to.self, bytes, size);
  if (it.to.is_users_code) set_in_users_code(false);
  const internal::lock_scope held(it.guard);
  it.result.error = error;
  if (error == 0) it.result.bytes += size;
  return error == 0;
}

bool put(const generation& g) noexcept {
  pieces all(g, it.version);
  for (auto p = all.next(); p.size != 0; p = all.next())
    if (!put(p.bytes, p.size)) return false;
  return true;
}

generation* take() noexcept {
  const internal::lock_scope held(it.guard);
  if (it.count == 0) return nullptr;
  generation* const g = it.queue[it.first];
  it.first = (it.first + 1) % most_queued;
  --it.count;
  it.queued_bytes -= g->bytes;
  return g;
}

void thread_body(void*) {
  os::block_broken_pipe_signal();
  std::uint8_t header[file_header_bytes];
  put_file_header(it.version, header);
  bool good = put(header, sizeof header);
  for (;;) {
    const std::uint32_t seen = it.changes.load();
    if (generation* const g = take()) {
      good = good && put(*g);
      {
        const internal::lock_scope held(it.guard);
        ++(good ? it.result.generations : it.result.dropped);
        it.gap |= !good;
      }
      let_go(*g);
      continue;
    }
    {
      const internal::lock_scope held(it.guard);
      if (it.now == state::closing && it.count == 0) break;
    }
    os::futex_wait(it.changes, seen);
  }
  trace_number number;
  sink to;
  {
    const internal::lock_scope held(it.guard);
    number = it.number;
    to = it.to;
    it.results[number % it.results.size()] = it.result;
    it.now = state::idle;  // the next one may begin
  }
  // Only now: who sees the end may begin the next one at once.
  if (to.end != nullptr) to.end(to.self);
  it.written.store(number);
  os::futex_wake(it.written, INT_MAX);
}

}  // namespace

bool open(const sink& to, format version, std::size_t most_queued_bytes) noexcept {
  {
    const internal::lock_scope held(it.guard);
    if (it.now != state::idle) return false;
    it.now = state::open;
    ++it.number;
    it.to = to;
    it.version = version;
    it.most_bytes = most_queued_bytes;
    it.gap = false;
    it.result = {};
  }
  constexpr std::size_t stack_size = 256 * 1024;
  const bool started = os::start_thread(thread_body, nullptr, stack_size, "gander-trace-out");
  const internal::lock_scope held(it.guard);
  if (started) {
    // Not before: until it is there it would stand for some other thread, which may be hope.
    count_for_deadlocks();
    return true;
  }
  it.written.store(it.number);
  it.now = state::idle;
  return false;
}

void add(generation* g) noexcept {
  {
    const internal::lock_scope held(it.guard);
    if (it.now != state::open) return;
    const bool full = it.count == most_queued ||
                      (it.count != 0 && g != nullptr && it.queued_bytes + g->bytes > it.most_bytes);
    if (g == nullptr || full) it.gap = true;
    if (it.gap) {
      ++it.result.dropped;
      return;
    }
    keep(*g);
    it.queue[(it.first + it.count++) % most_queued] = g;
    it.queued_bytes += g->bytes;
  }
  tell_thread();
}

bool is_open() noexcept {
  const internal::lock_scope held(it.guard);
  return it.now == state::open;
}

trace_number seal() noexcept {
  {
    const internal::lock_scope held(it.guard);
    if (it.now == state::idle) return 0;
    if (it.now == state::closing) return it.number;
    it.now = state::closing;
    count_for_deadlocks();
  }
  tell_thread();
  return it.number;
}

output_result wait_for(trace_number number) noexcept {
  for (;;) {
    {
      const internal::lock_scope held(it.guard);
      if (it.to.waits_for_user && it.number == number && it.now == state::closing) return it.result;
    }
    const trace_number written = it.written.load();
    if (static_cast<std::int32_t>(written - number) >= 0) break;
    os::futex_wait(it.written, written);
  }
  const internal::lock_scope held(it.guard);
  const bool is_known = it.number - number < it.results.size();
  return is_known ? it.results[number % it.results.size()] : output_result{};
}

}  // namespace gander::tracer::output
