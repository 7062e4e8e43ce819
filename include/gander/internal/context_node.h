// SPDX-License-Identifier: Apache-2.0
//
// The tree under context handles.
//
// A node owns a reference to its parent, never to its children: a cancel_node lists those below it
// that can be cancelled, and a child takes itself off that list when it ends. So dropping a handle
// leaks nothing.
//     live → cancelled     cancel(), once: err is set (release), then done closed; then the
//     children
// `guard` orders cancelling, listing and unlisting; a parent's guard is taken before its child's.
// Nothing in cancel() allocates, frees or runs user code, so that a deadline's alarm can do it;
// what must be done then is left as an errand.
#pragma once

#include <gander/chan.h>
#include <gander/internal/alarm_box.h>
#include <gander/internal/lock.h>

#include <atomic>
#include <cstdint>
#include <exception>
#include <stop_token>

#pragma GCC visibility push(default)

namespace gander::internal {

struct cancel_node;

inline constexpr int deadline_err = 2;  // errc::deadline_exceeded

struct context_node : errand {
  using destroyer = void (*)(context_node*) noexcept;

  context_node(context_node* up, cancel_node* below, destroyer d) noexcept
      : parent(up), scope(below), destroy(d) {
    if (parent != nullptr) parent->references.fetch_add(1, std::memory_order_relaxed);
  }

  std::atomic<std::uint32_t> references{1};
  context_node* const parent;  // owned; nullptr at the top
  cancel_node* scope;  // the nearest that can be cancelled, perhaps itself; nullptr when none can
  const destroyer destroy;
  const void* key = nullptr;  // with_value
  const void* value = nullptr;
};

// Iterative: a chain of a million contexts ends without a deep stack. User code.
inline void unref(context_node* node) noexcept {
  // acq_rel: all that others did with the node happens before its end.
  while (node != nullptr && node->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    context_node* const parent = node->parent;
    node->destroy(node);
    node = parent;
  }
}

enum class cancel_by : bool { user, alarm };

struct cancel_node : context_node, alarm_box {
  cancel_node(context_node* up, destroyer d)
      : context_node(up, this, d), alarm_box(deadline_fired), done(make_chan<void>()) {}
  ~cancel_node() { unlist(); }

  void unlist() noexcept {
    if (above == nullptr) return;
    const lock_scope held(above->guard);
    if (!listed) return;
    (previous != nullptr ? previous->next : above->first_child) = next;
    if (next != nullptr) next->previous = previous;
    listed = false;
  }

  // Lists it under the scope of its parent. False when that has been cancelled. Once, before it is
  // shared.
  bool list() noexcept {
    above = parent != nullptr ? parent->scope : nullptr;
    if (above == nullptr) return true;
    const lock_scope held(above->guard);
    if (above->err.load(std::memory_order_relaxed) != 0) return false;
    next = above->first_child;
    if (next != nullptr) next->previous = this;
    above->first_child = this;
    return listed = true;
  }

  // The step to cancelled. False when somebody was faster. REQUIRES: guard.
  bool claim(int code, const std::exception_ptr& why) noexcept {
    if (err.load(std::memory_order_relaxed) != 0) return false;
    cause = why;
    err.store(code);  // seq_cst: against context::stop_token()
    chan_close(*access::core(done));
    return true;
  }

  // For one whose end may have begun, and cannot pass unlist() while we hold the guard above.
  bool try_ref() noexcept {
    std::uint32_t n = references.load(std::memory_order_relaxed);
    while (n != 0 && !references.compare_exchange_weak(n, n + 1, std::memory_order_relaxed)) {
    }
    return n != 0;
  }

  static void deadline_fired(alarm_box& box) noexcept;

  const chan<void> done;
  lock guard;
  std::atomic<int> err{0};   // an errc; release: pairs with the acquire of readers of cause
  std::exception_ptr cause;  // written before err
  cancel_node* first_child = nullptr;
  cancel_node* above = nullptr;  // constant once listed; kept alive through parent
  cancel_node* next = nullptr;   // these three: guarded by above->guard
  cancel_node* previous = nullptr;
  bool listed = false;
  cancel_node* next_work = nullptr;  // the list of the one cancel() that claimed it
  std::int64_t deadline_ns = no_deadline;
  bool has_alarm = false;  // guarded by guard
  std::atomic<std::uint32_t> cancelers{0};

  std::atomic<bool> has_source{false};
  std::stop_source source{std::nostopstate};  // constant once has_source
};

// User code, outside the border and under no lock.
inline void request_stop(cancel_node& node) {
  if (node.has_source.load()) node.source.request_stop();
}

// The end of a node is the end of its values: nothing that may wait for the next who makes a timer.
inline void unref_in_alarm(cancel_node& node) noexcept {
  if (node.references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;  // as in unref()
  node.references.store(1, std::memory_order_relaxed);  // the errand's, which ends it
  node.run_errand = [](errand& e) { unref(&static_cast<cancel_node&>(e)); };
  if (!spawn_errand(node)) leave_errand(node);
}

// A node that has been cancelled and is held by one reference: tells its stop source, and lets go.
inline void finish_cancel(cancel_node& node, cancel_by who) noexcept {
  if (who == cancel_by::user) {
    request_stop(node);
    unref(&node);
  } else if (!node.has_source.load()) {  // who makes it later sees err: context::stop_token()
    unref_in_alarm(node);
  } else {
    node.run_errand = [](errand& e) {
      auto& left = static_cast<cancel_node&>(e);
      request_stop(left);
      unref(&left);
    };
    if (!spawn_errand(node)) leave_errand(node);
  }
}

// Cancels all below `root`, which the caller has claimed; takes over the caller's reference to it.
inline void cancel_below(cancel_node& root, cancel_by who) noexcept {
  const int err = root.err.load(std::memory_order_relaxed);
  root.next_work = nullptr;
  cancel_node* work = &root;
  while (work != nullptr) {
    cancel_node& node = *work;
    work = node.next_work;
    node.guard.acquire();
    for (cancel_node* child = node.first_child; child != nullptr; child = child->next) {
      child->listed = false;
      const lock_scope held(child->guard);
      if (child->err.load(std::memory_order_relaxed) != 0 || !child->try_ref()) continue;
      child->claim(err, node.cause);
      child->next_work = work;
      work = child;
    }
    node.first_child = nullptr;
    const bool disarm = node.has_alarm;
    node.has_alarm = false;
    node.guard.release();
    // relaxed: we hold another reference. When it is too late, the alarm drops its own.
    if (disarm && node.stop()) node.references.fetch_sub(1, std::memory_order_relaxed);
    finish_cancel(node, who);
  }
}

// User code.
inline void cancel(cancel_node& node, int err, const std::exception_ptr& cause) noexcept {
  {
    const lock_scope held(node.guard);
    if (!node.claim(err, cause)) return;
    node.references.fetch_add(1, std::memory_order_relaxed);
  }
  node.unlist();
  cancel_below(node, cancel_by::user);
}

// On a scheduler's stack, with the alarm's own reference.
inline void cancel_node::deadline_fired(alarm_box& box) noexcept {
  auto& node = static_cast<cancel_node&>(box);
  node.guard.acquire();
  node.has_alarm = false;
  const bool claimed = node.claim(deadline_err, nullptr);
  node.guard.release();
  if (claimed) {
    node.unlist();
    cancel_below(node, cancel_by::alarm);
  } else {
    unref_in_alarm(node);
  }
}

}  // namespace gander::internal

#pragma GCC visibility pop
