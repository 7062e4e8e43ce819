// SPDX-License-Identifier: Apache-2.0
#include "crash/wait_cycle.h"

#include "crash/place_printer.h"
#include "crash/wait_objects.h"
#include "sched/wait_reason.h"

namespace gander::crash {
namespace {

constexpr int most_steps = 64;

// For whom a goroutine waits, if one alone can end that.
class step {
 public:
  explicit step(const g_record& from) noexcept {
    if (from.status.load(std::memory_order_relaxed) != g_status::waiting) return;
    const void* const object = from.waits_for.load();
    switch (from.reason.load()) {
      case wait_reason::mutex_lock:
        at_lock<mutex>(object, "mutex ");
        break;
      case wait_reason::rwmutex_lock:
      case wait_reason::rwmutex_rlock:
        at_lock<shared_mutex>(object, "shared_mutex ");
        break;
      case wait_reason::join:
        at_join(object);
        break;
      default:
        break;
    }
  }

  const g_record* to() const noexcept { return to_; }

  // REQUIRES: to() is known.
  void print(text_writer& out) const noexcept {
    out.text(" waits for ").text(what_);
    if (lock_ != 0) out.hex(lock_).text(" held by ");
    out.text("goroutine ").dec(to_->goid.load());
    if (locked_.place.load() == 0) return;
    out.text(" (locked at ");
    print_place(out, locked_);
    out.text(")");
  }

 private:
  template <typename Lock>
  void at_lock(const void* object, const char* what) noexcept {
    const copied<Lock> lock(reader_, object);
    if (!lock.ok() || !inside::locked(lock.get())) return;
    if (read_waiters(reader_, inside::waiters_of(lock.get()), lock.address()).broken) return;
    const internal::holder& holder = inside::holder_of(lock.get());
    what_ = what;
    lock_ = lock.address();
    locked_.set(holder.who.load(), holder.place.load());
    locked_.outer.store(holder.outer.load());
    locked_.outermost.store(holder.outermost.load());
    to_ = who_was(holder.who.load()).record;
  }

  void at_join(const void* object) noexcept {
    const copied<internal::event> done(reader_, object);
    if (!done.ok()) return;
    what_ = "the end of ";
    to_ = who_was(inside::whose(done.get())).record;
  }

  unwind::memory_reader reader_;
  const char* what_ = "";
  std::uintptr_t lock_ = 0;
  internal::holder locked_;
  const g_record* to_ = nullptr;
};

}  // namespace

void print_cycle(text_writer& out, const g_record& record, std::string_view before) noexcept {
  const std::uint64_t self = record.goid.load();
  const g_record* at = &record;
  int steps = 0;
  do {
    at = step(*at).to();
    if (at == nullptr || at->goid.load() < self || ++steps == most_steps) return;
  } while (at != &record);
  out.text(before).text("runtime: goroutine ").dec(self);
  for (int i = 0; i < steps; ++i) {
    const step next(*at);
    if (next.to() == nullptr) break;
    next.print(i == 0 ? out : out.text(", which"));
    at = next.to();
  }
  out.text(": a cycle\n");
}

}  // namespace gander::crash
