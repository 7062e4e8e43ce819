// SPDX-License-Identifier: Apache-2.0
//
// context: a handle that carries cancellation, a deadline and values down a tree of calls. Go's
// package context.
//
//     auto [ctx, cancel] = gander::with_timeout(gander::background(), 1s);
//     gander::select(gander::on_recv(work, use), gander::on_recv(ctx.done(), [] {}));
//
// A context is cancelled once: with its parent, by its cancel_fn, at its deadline, or when the last
// copy of its cancel_fn goes. All functions here are non-switching, and may be called from any
// goroutine or thread, also without a run(). Those that make a context throw std::bad_alloc.
// Copies are cheap.
#pragma once

#include <gander/chan.h>
#include <gander/internal/context_node.h>
#include <gander/internal/deadline.h>
#include <gander/internal/timer_node.h>

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <stop_token>
#include <system_error>
#include <utility>

#pragma GCC visibility push(default)

namespace gander {

// Why a context was cancelled; converts to std::error_code.
enum class errc { canceled = 1, deadline_exceeded = internal::deadline_err };

// Go's words. Equivalent to std::errc::operation_canceled and timed_out.
inline const std::error_category& context_category() noexcept {
  static const struct : std::error_category {
    const char* name() const noexcept override { return "gander.context"; }
    std::string message(int code) const override {
      return code == internal::deadline_err ? "context deadline exceeded" : "context canceled";
    }
    std::error_condition default_error_condition(int code) const noexcept override {
      return code == internal::deadline_err ? std::errc::timed_out : std::errc::operation_canceled;
    }
  } category;
  return category;
}

inline std::error_code make_error_code(errc e) noexcept {
  return {static_cast<int>(e), context_category()};
}

// A key is the object, not its value: make it static, and share it with those who may look.
//
//     static const gander::context_key<std::string> user_key;
//     gander::context ctx = gander::with_value(gander::background(), user_key, "ann");
//     if (const std::string* user = ctx.value(user_key)) greet(*user);
template <class T>
struct context_key {
  constexpr context_key() noexcept = default;
  context_key(const context_key&) = delete;
  context_key& operator=(const context_key&) = delete;
};

// The handle. A default-constructed one is background(). Each handle is to be changed by one thread
// at a time; what it stands for may be used by all.
class context {
 public:
  context() noexcept = default;  // as background()
  context(const context& other) noexcept : context(other.node_) {}
  context(context&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
  context& operator=(context other) noexcept {
    std::swap(node_, other.node_);
    return *this;
  }
  ~context() { internal::unref(node_); }

  // Closed when the context is cancelled; nil when it never can be.
  recv_chan<void> done() const noexcept {
    return scope() != nullptr ? recv_chan<void>(scope()->done) : recv_chan<void>();
  }

  // Empty, or an errc, once done() is closed.
  std::error_code err() const noexcept {
    const int code = scope() != nullptr ? scope()->err.load(std::memory_order_acquire) : 0;
    return code != 0 ? make_error_code(static_cast<errc>(code)) : std::error_code();
  }

  // Why: what cancel_fn was given, else std::system_error(err()); nullptr when not cancelled.
  std::exception_ptr cause() const {
    const std::error_code why = err();
    if (!why) return nullptr;
    return scope()->cause ? scope()->cause : std::make_exception_ptr(std::system_error(why));
  }

  // When it will be cancelled at the latest; nullopt when there is no deadline.
  std::optional<std::chrono::steady_clock::time_point> deadline() const noexcept {
    if (scope() == nullptr || scope()->deadline_ns == internal::no_deadline) return std::nullopt;
    return std::chrono::steady_clock::time_point(std::chrono::nanoseconds(scope()->deadline_ns));
  }

  // The value next above under this key; nullptr when there is none. It lives as long as this
  // context. O(depth).
  template <class T>
  const T* value(const context_key<T>& key) const noexcept {
    for (const internal::context_node* n = node_; n != nullptr; n = n->parent)
      if (n->key == &key) return static_cast<const T*>(n->value);
    return nullptr;
  }

  // A stop is requested when the context is cancelled; its callbacks run in whoever cancels, those
  // of a deadline on a goroutine (should no run() be on: in the next who makes a context or timer).
  // They must not switch: the standard library knows a callback under way by its thread.
  std::stop_token stop_token() const {
    internal::cancel_node* const node = scope();
    if (node == nullptr) return {};
    if (!node->has_source.load()) {
      std::stop_source made;
      const internal::lock_scope held(node->guard);
      if (!node->has_source.load()) {
        node->source.swap(made);
        node->has_source.store(true);
      }
    }
    // seq_cst on both sides: either we see err, or who cancels sees the source.
    if (node->err.load() != 0) node->source.request_stop();
    return node->source.get_token();
  }

 private:
  friend struct context_access;
  explicit context(internal::context_node* node) noexcept : node_(node) {
    if (node_ != nullptr) node_->references.fetch_add(1, std::memory_order_relaxed);
  }
  internal::cancel_node* scope() const noexcept {
    return node_ != nullptr ? node_->scope : nullptr;
  }

  internal::context_node* node_ = nullptr;
};

struct context_access {
  static internal::context_node* node(const context& c) noexcept { return c.node_; }
  static context adopt(internal::context_node* owned) noexcept {
    context c;
    c.node_ = owned;
    return c;
  }
};

struct cancelable;
namespace internal {
cancelable finish(cancel_node* node);
}

// Cancels its context, once: by a call, or when the last copy goes. Later calls do nothing. What is
// below it in the tree is cancelled, too: O(descendants).
class cancel_fn {
 public:
  cancel_fn() noexcept = default;  // cancels nothing, as one that was moved from
  cancel_fn(const cancel_fn& other) noexcept : ctx_(other.ctx_) { count(); }
  cancel_fn(cancel_fn&& other) noexcept = default;
  cancel_fn& operator=(cancel_fn other) noexcept {
    std::swap(ctx_, other.ctx_);
    return *this;
  }
  ~cancel_fn() {
    internal::cancel_node* const n = node();
    // acq_rel: as references.
    if (n != nullptr && n->cancelers.fetch_sub(1, std::memory_order_acq_rel) == 1) (*this)();
  }

  // `cause` is what cause() says from then on.
  void operator()(const std::exception_ptr& cause = nullptr) const noexcept {
    if (node() != nullptr) internal::cancel(*node(), static_cast<int>(errc::canceled), cause);
  }

 private:
  friend cancelable internal::finish(internal::cancel_node* node);
  explicit cancel_fn(context ctx) noexcept : ctx_(std::move(ctx)) { count(); }

  internal::cancel_node* node() const noexcept {
    internal::context_node* const n = context_access::node(ctx_);
    return n != nullptr ? n->scope : nullptr;
  }
  void count() const noexcept {
    if (node() != nullptr) node()->cancelers.fetch_add(1, std::memory_order_relaxed);
  }

  context ctx_;
};

// What the functions below return. Keep `cancel` as long as the context is wanted.
struct [[nodiscard]] cancelable {
  context ctx;
  cancel_fn cancel;
};

// Never cancelled, no deadline, no values.
inline context background() noexcept { return {}; }

namespace internal {

struct plain_cancel_node : cancel_node {
  explicit plain_cancel_node(context_node* up)
      : cancel_node(up, [](context_node* n) noexcept {
          destroy_node(static_cast<plain_cancel_node*>(n));
        }) {}
};

struct stop_cancel_node : cancel_node {
  struct callback {
    stop_cancel_node* node;
    void operator()() const noexcept { cancel(*node, static_cast<int>(errc::canceled), nullptr); }
  };
  stop_cancel_node(context_node* up)
      : cancel_node(
            up, [](context_node* n) noexcept { destroy_node(static_cast<stop_cancel_node*>(n)); }) {
  }
  std::optional<std::stop_callback<callback>> on_stop;
};

template <class T>
struct value_node : context_node {
  value_node(context_node* up, const void* k, T v)
      : context_node(up, up != nullptr ? up->scope : nullptr,
                     [](context_node* n) noexcept { destroy_node(static_cast<value_node*>(n)); }),
        held(std::move(v)) {
    key = k;
    value = std::addressof(held);
  }
  T held;
};

// Puts a new node into the tree; a parent that is cancelled already cancels it.
inline void join_tree(cancel_node& node) noexcept {
  cancel_node* const up = node.parent != nullptr ? node.parent->scope : nullptr;
  if (up != nullptr) node.deadline_ns = up->deadline_ns;
  if (!node.list()) cancel(node, up->err.load(std::memory_order_acquire), up->cause);
}

inline cancelable finish(cancel_node* node) {
  context ctx = context_access::adopt(node);
  cancel_fn stop(ctx);
  return {std::move(ctx), std::move(stop)};
}

inline cancelable with_deadline_ns(const context& parent, std::int64_t at_ns,
                                   std::uintptr_t place) {
  auto* const node = make_node<plain_cancel_node>(context_access::node(parent));
  made_at(*access::core(node->done), chan_owner::context, place);
  join_tree(*node);
  if (at_ns < node->deadline_ns) {
    node->deadline_ns = at_ns;
    if (at_ns <= monotonic_ns()) {
      cancel(*node, deadline_err, nullptr);
    } else {
      const lock_scope held(node->guard);
      if (node->err.load(std::memory_order_relaxed) == 0) {
        node->references.fetch_add(1, std::memory_order_relaxed);  // the alarm's
        node->has_alarm = true;
        node->start(at_ns);
      }
    }
  }
  return finish(node);
}

}  // namespace internal

// Cancelled by its cancel_fn, and with its parent.
[[gnu::always_inline]] inline cancelable with_cancel(const context& parent) {
  return internal::with_deadline_ns(parent, internal::no_deadline, internal::here());
}

// Cancelled with errc::deadline_exceeded at `t`, or with the parent's earlier deadline.
template <class Clock, class Duration>
[[gnu::always_inline]] inline cancelable with_deadline(
    const context& parent, const std::chrono::time_point<Clock, Duration>& t) {
  return internal::with_deadline_ns(parent, internal::deadline_at(t), internal::here());
}

// The same, `d` from now.
template <class Rep, class Period>
[[gnu::always_inline]] inline cancelable with_timeout(const context& parent,
                                                      const std::chrono::duration<Rep, Period>& d) {
  return internal::with_deadline_ns(parent, internal::deadline_after(d), internal::here());
}

// Cancelled, too, when a stop is requested.
[[gnu::always_inline]] inline cancelable with_stop_token(const context& parent,
                                                         std::stop_token stop) {
  auto* const node = internal::make_node<internal::stop_cancel_node>(context_access::node(parent));
  internal::made_at(*internal::access::core(node->done), internal::chan_owner::context,
                    internal::here());
  internal::join_tree(*node);
  cancelable made = internal::finish(node);
  node->on_stop.emplace(std::move(stop), internal::stop_cancel_node::callback{node});
  return made;
}

// The parent with one more value: T(v). Throws what making the T throws.
template <class T, class V>
[[nodiscard]] context with_value(const context& parent, const context_key<T>& key, V&& v) {
  return context_access::adopt(internal::make_node<internal::value_node<T>>(
      context_access::node(parent), static_cast<const void*>(&key), T(std::forward<V>(v))));
}

// The parent's values, but neither its cancellation nor its deadline.
[[nodiscard]] inline context without_cancel(const context& parent) {
  struct marker {};
  static constexpr context_key<marker> nobody_looks;
  context made = with_value(parent, nobody_looks, marker());
  context_access::node(made)->scope = nullptr;
  return made;
}

}  // namespace gander

#pragma GCC visibility pop

template <>
struct std::is_error_code_enum<gander::errc> : std::true_type {};
