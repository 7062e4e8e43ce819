// SPDX-License-Identifier: Apache-2.0
//
// For tests of what holds an object: nodes, and a look at one that does not hold it.
#pragma once

#include <gander/gander.h>
#include <gander/internal/gc_runtime.h>

#include <cstdint>
#include <memory>
#include <new>
#include <utility>

#include "collector/cycle.h"

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
  bool lives() const {
    return static_cast<const internal::gc_weak_cell*>(root_->value.load())->object.load() != 0;
  }

 private:
  internal::gc_root_cell* root_;
};

// Runs `f`, which makes an object, on a goroutine that is gone afterwards, so that no stack and no
// register holds what it made; f gives the object to its holder and returns it.
template <typename F>
std::unique_ptr<watcher> watch(F f) {
  return spawn([f = std::move(f)]() mutable { return std::make_unique<watcher>(f()); }).join();
}

inline bool goes(const watcher& w) {
  for (int i = 0; i < 3 && w.lives(); ++i) collect_now();
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
