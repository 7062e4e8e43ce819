// SPDX-License-Identifier: Apache-2.0
//
// For tests of what holds an object: nodes, and a look at one that does not hold it.
#pragma once

#include <gander/gander.h>
#include <gander/internal/gc_runtime.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <new>
#include <thread>
#include <utility>

#include "collector/cycle.h"
#include "os/os.h"
#include "sched/g_table.h"

namespace gander::collector {

struct node {
  node* left = nullptr;
  node* right = nullptr;
  std::uintptr_t value = 0;
};

inline constinit internal::gc_type node_type{"node", sizeof(node),
                                             internal::gc_layout::conservative};

inline node* make_node(std::uintptr_t value = 0) {
  auto* const n = ::new (internal::gc_allocate(sizeof(node), alignof(node), node_type)) node;
  n->value = value;
  return n;
}

// A weak cell that is held itself.
class watcher {
 public:
  explicit watcher(const void* object) : root_(internal::gc_take_root()) {
    internal::gc_weak_cell* const cell = internal::gc_weak_to(object);
    root_->value.store(cell);
    // It may have been held by nothing before, and marking be under way.
    internal::gc_keep(cell);
  }
  ~watcher() { internal::gc_put_root(root_); }
  watcher(const watcher&) = delete;
  watcher& operator=(const watcher&) = delete;
  // Not inlined: its caller shall not have the object's address in hand.
  [[gnu::noinline]] bool lives() const {
    return static_cast<const internal::gc_weak_cell*>(root_->value.load())->object.load() != 0;
  }

 private:
  internal::gc_root_cell* root_;
};

// Who was joined may not have come to his end, and what lies in his frames is looked at. Until no
// goroutine runs, or is about to, but the caller; where some always do, not for ever.
inline void let_others_rest() {
  constexpr std::int64_t patience_ns = 2'000'000'000;
  const std::uint64_t own = goid();
  const auto others_run = [own] {
    for (std::uint32_t i = 0; i < g_table::size(); ++i) {
      const g_record& record = g_table::records()[i];
      const g_status status = record.status.load(std::memory_order_relaxed);
      if ((status == g_status::running || status == g_status::runnable) &&
          !record.foreign.load(std::memory_order_relaxed) && record.goid != own)
        return true;
    }
    return false;
  };
  for (const std::int64_t begin_ns = os::now_ns();
       others_run() && os::now_ns() - begin_ns < patience_ns;)
    std::this_thread::sleep_for(std::chrono::microseconds(50));
}

// Runs `f`, which makes an object, on a goroutine that is gone afterwards, so that no stack and no
// register holds what it made; f gives the object to its holder and returns it.
template <typename F>
std::unique_ptr<watcher> watch(F f) {
  return spawn([f = std::move(f)]() mutable { return std::make_unique<watcher>(f()); }).join();
}

// What calls that are over have left below lies in the frames of the next ones.
[[gnu::noinline]] inline void wipe_dead_frames() {
  volatile std::uintptr_t words[1024];
  for (volatile std::uintptr_t& each : words) each = 0;
}

inline bool goes(const watcher& w) {
  let_others_rest();
  for (int i = 0; i < 3 && w.lives(); ++i) {
    wipe_dead_frames();
    collect_now();
  }
  return !w.lives();
}

inline bool stays(const watcher& w) {
  collect_now();
  collect_now();
  return w.lives();
}

// On two Ps.
template <typename F>
void in_run(F body) {
  run(run_options{.gomaxprocs = 2}, [&] { body(); });
}

}  // namespace gander::collector
