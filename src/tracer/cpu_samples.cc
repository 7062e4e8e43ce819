// SPDX-License-Identifier: Apache-2.0
#include "tracer/cpu_samples.h"

#include <gander/internal/lock.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>

#include "arch/regs.h"
#include "os/os.h"
#include "sched/sched.h"
#include "trace/clock.h"
#include "trace/event.h"
#include "trace/tables.h"
#include "trace/varint.h"
#include "unwind/quick_walk.h"

namespace gander::tracer::cpu_samples {
namespace {

constexpr std::size_t most_pcs = 64;
constexpr std::size_t ring_size = 2048;  // three seconds of 600 threads
constexpr std::size_t most_threads = 1024;

enum class slot_state : std::uint32_t { free, taken, full };

struct sample {
  std::atomic<slot_state> state;
  std::uint32_t count;
  std::uint64_t ticks;
  std::uint64_t thread;
  std::uint64_t proc;
  std::uint64_t goid;  // 0: none
  std::uintptr_t pcs[most_pcs];
};

std::atomic<sample*> ring{nullptr};  // of zeros at first: free
std::atomic<std::uint32_t> next{0};  // where to look for a free slot

struct {
  internal::lock guard;
  std::int64_t period_ns = 0;  // 0: off
  struct sigaction before {};
  struct timed {
    int tid;
    os::cpu_timer timer;
  };
  std::array<timed, most_threads> timers{};  // by M::id
} it;

// On the interrupted thread. What it was doing may be anything, with any lock held.
void leave_sample(int, siginfo_t*, void* context) {
  const int saved_errno = errno;
  const M* const m = current_m();
  sample* const slots = ring.load(std::memory_order_acquire);  // pairs with begin()
  if (m != nullptr && !m->foreign && slots != nullptr) {
    for (int tries = 0; tries < 8; ++tries) {
      sample& s = slots[next.fetch_add(1, std::memory_order_relaxed) % ring_size];
      slot_state free = slot_state::free;
      // acquire: the collector has read the sample before.
      if (!s.state.compare_exchange_strong(free, slot_state::taken, std::memory_order_acquire))
        continue;
      const regs r = regs::from_ucontext(context);
      const G* const g = m->curg;
      const P* const p = m->p;
      const bool on_goroutine = g != nullptr && r.sp() >= g->stack_low && r.sp() < g->stack_high;
      s.ticks = trace::now_ticks();
      s.thread = static_cast<std::uint64_t>(int{m->tid});
      s.proc = p != nullptr ? p->id : trace::no_proc;
      s.goid = g != nullptr ? g->goid : 0;
      s.pcs[0] = unwind::at(r).pc;
      s.count = on_goroutine ? static_cast<std::uint32_t>(unwind::quick_walk_interrupted(
                                   r, g->stack_low, g->stack_high, s.pcs, most_pcs))
                             : 1;
      s.state.store(slot_state::full, std::memory_order_release);  // pairs with take()
      break;
    }
  }
  errno = saved_errno;
}

void watch(const M& m) noexcept {  // under guard
  auto& entry = it.timers[m.id];
  const int tid = m.tid;
  if (entry.tid == tid) return;
  if (entry.tid != 0) os::stop_cpu_timer(entry.timer);
  entry = {tid, tid != 0 ? os::start_cpu_timer(tid, SIGPROF, it.period_ns) : os::no_cpu_timer};
}

void watch_all() noexcept {  // under guard
  for (const M* m = sched.all_ms; m != nullptr; m = m->all_next)
    if (!m->foreign && m->id < most_threads) watch(*m);
}

// A batch of samples.
class packed {
 public:
  explicit packed(std::uint32_t generation) noexcept : generation_(generation) {}

  void add(const sample& s) noexcept {
    constexpr std::size_t most_bytes = 1 + 5 * trace::max_varint_bytes;
    if (static_cast<std::size_t>(end_ - at_) < most_bytes && !begin_batch()) return;
    const std::uint32_t stack =
        trace::tables_of(generation_)
            ->stacks.find_or_add({s.pcs, s.count <= most_pcs ? s.count : most_pcs}, generation_);
    *at_++ = static_cast<std::uint8_t>(trace::kind::cpu_sample);
    for (const std::uint64_t number : {s.ticks, s.thread, s.proc, s.goid, std::uint64_t{stack}})
      at_ = trace::put_varint(at_, number);
  }

  trace::batch* finish() noexcept {
    end_batch();
    return list_;
  }

 private:
  bool begin_batch() noexcept {
    end_batch();
    current_ = trace::pool::take(nullptr, trace::no_thread, trace::pool::size_classes - 1);
    if (current_ == nullptr) return false;
    at_ = current_->payload();
    end_ = at_ + current_->capacity_bytes;
    *at_++ = static_cast<std::uint8_t>(trace::kind::cpu_samples);
    return true;
  }
  void end_batch() noexcept {
    if (current_ == nullptr) return;
    current_->used_bytes = static_cast<std::uint32_t>(at_ - current_->payload());
    current_->time_ticks = 1;  // readers do not look at it
    current_->next = list_;
    list_ = current_;
    current_ = nullptr;
    at_ = end_ = nullptr;
  }

  std::uint32_t generation_;
  trace::batch* current_ = nullptr;
  trace::batch* list_ = nullptr;
  std::uint8_t* at_ = nullptr;
  std::uint8_t* end_ = nullptr;
};

}  // namespace

bool begin(int per_second) noexcept {
  const internal::lock_scope held(it.guard);
  if (ring.load(std::memory_order_relaxed) == nullptr) {
    void* const memory = os::reserve(ring_size * sizeof(sample));
    if (memory == nullptr) return false;
    ring.store(static_cast<sample*>(memory), std::memory_order_release);
  }
  struct sigaction action {};
  action.sa_sigaction = leave_sample;
  action.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
  if (::sigaction(SIGPROF, &action, &it.before) != 0) return false;
  it.period_ns = 1'000'000'000 / per_second;
  watch_all();
  return true;
}

void end() noexcept {
  const internal::lock_scope held(it.guard);
  if (it.period_ns == 0) return;
  it.period_ns = 0;
  for (auto& entry : it.timers) {
    if (entry.tid != 0) os::stop_cpu_timer(entry.timer);
    entry = {};
  }
  // One that is on its way must not end the process.
  if (it.before.sa_handler == SIG_DFL) it.before.sa_handler = SIG_IGN;
  ::sigaction(SIGPROF, &it.before, nullptr);
}

void look_for_threads(std::int64_t now_ns) noexcept {
  constexpr std::int64_t often_enough_ns = 10'000'000;
  static std::int64_t last_ns = 0;
  if (now_ns - last_ns < often_enough_ns) return;
  last_ns = now_ns;
  const internal::lock_scope held(it.guard);
  if (it.period_ns != 0) watch_all();
}

trace::batch* take(std::uint32_t generation) noexcept {
  sample* const slots = ring.load(std::memory_order_relaxed);
  if (slots == nullptr || trace::tables_of(generation) == nullptr) return nullptr;
  packed out(generation);
  for (std::size_t i = 0; i < ring_size; ++i) {
    sample& s = slots[i];
    if (s.state.load(std::memory_order_acquire) != slot_state::full) continue;
    out.add(s);
    s.state.store(slot_state::free, std::memory_order_release);  // pairs with leave_sample()
  }
  return out.finish();
}

}  // namespace gander::tracer::cpu_samples
