// SPDX-License-Identifier: Apache-2.0
//
// select: waits for several channel operations at once and does one of them.
//
//     gander::select(
//         gander::on_recv(words, [&](std::optional<std::string> word) { use(word); }),
//         gander::on_send(results, value, [&] { ++sent; }),
//         gander::on_recv(ctx.done(), [&] { give_up(); }));
//
//     std::optional<int> n;
//     switch (gander::select(gander::on_recv(numbers, n), gander::on_recv(quit))) {
//       case 0: use(n); break;
//       case 1: return;
//     }
//
// When several cases can go on, one is chosen uniformly at random. A nil channel's case never can.
// A case that sends on a closed channel can, and throws panic_error("send on closed channel").
// Any goroutine or plain thread.
#pragma once

#include <gander/internal/select_cases.h>
#include <gander/internal/user_cells.h>
#include <gander/panic.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

#pragma GCC visibility push(default)

namespace gander {

// A case that receives. The callback gets the value, std::nullopt when the channel is closed and
// drained; for chan<void> a bool that is false then, or nothing. It runs after the receive, under
// no lock; what it throws leaves select(), also where moving the value into its parameter throws.
template <internal::receivable C, typename F>
requires internal::receiver_of<std::decay_t<F>, internal::element<C>>
[[nodiscard]] auto on_recv(C&& c, F&& f) {
  return internal::recv_case<internal::kept<C&&>, std::decay_t<F>>(std::forward<C>(c),
                                                                   std::forward<F>(f));
}

// The same, storing what was received in `out`, which is changed only when the case is chosen. An
// empty `out` is received into directly. One that holds a value may cost a second move; should that
// throw, the received value is lost.
template <internal::receivable C>
[[nodiscard]] auto on_recv(C&& c, std::optional<internal::carried<internal::element<C>>>& out) {
  using store = internal::store_to<internal::element<C>>;
  return internal::recv_case<internal::kept<C&&>, store>(std::forward<C>(c), store{out});
}

// For chan<void>: `ok` becomes false when the channel is closed and drained.
template <internal::receivable C>
requires std::is_void_v<internal::element<C>>
[[nodiscard]] auto on_recv(C&& c, bool& ok) {
  using store = internal::store_to<void>;
  return internal::recv_case<internal::kept<C&&>, store>(std::forward<C>(c), store{ok});
}

// Receives and drops.
template <internal::receivable C>
[[nodiscard]] auto on_recv(C&& c) {
  return internal::recv_case<internal::kept<C&&>, internal::no_callback>(std::forward<C>(c),
                                                                         internal::no_callback{});
}

// A case that sends. A temporary or std::move(value) is moved from only when the case is chosen; an
// lvalue is copied when the case is made; anything else is converted then.
template <internal::sendable C, typename V, std::invocable F>
requires std::constructible_from<internal::element<C>, V &&> [[nodiscard]] auto on_send(C&& c,
                                                                                        V&& value,
                                                                                        F&& f) {
  using T = internal::element<C>;
  using held = std::conditional_t<std::same_as<V, T>, T&&, T>;
  return internal::send_case<internal::kept<C&&>, held, std::decay_t<F>>(
      std::forward<C>(c), std::forward<V>(value), std::forward<F>(f));
}

// The same without a callback; here an lvalue of type T too is moved from, but only when the case
// is chosen.
template <internal::sendable C, typename V>
requires(!std::is_void_v<internal::element<C>>) &&
    (std::same_as<V, internal::element<C>&> || std::constructible_from<internal::element<C>, V&&>)
        [[nodiscard]] auto on_send(C&& c, V&& value) {
  using T = internal::element<C>;
  using held =
      std::conditional_t<std::same_as<V, T>, T&&, std::conditional_t<std::same_as<V, T&>, T&, T>>;
  return internal::send_case<internal::kept<C&&>, held, internal::no_callback>(
      std::forward<C>(c), std::forward<V>(value), internal::no_callback{});
}

// For chan<void>.
template <internal::sendable C, std::invocable F>
requires std::is_void_v<internal::element<C>>
[[nodiscard]] auto on_send(C&& c, F&& f) {
  return internal::send_case<internal::kept<C&&>, internal::unit, std::decay_t<F>>(
      std::forward<C>(c), internal::unit{}, std::forward<F>(f));
}
template <internal::sendable C>
requires std::is_void_v<internal::element<C>>
[[nodiscard]] auto on_send(C&& c) { return on_send(std::forward<C>(c), internal::no_callback{}); }

// The case that runs when no other can go on: with it, select() never waits.
template <std::invocable F>
[[nodiscard]] auto on_default(F&& f) {
  return internal::default_case<std::decay_t<F>>(std::forward<F>(f));
}
[[nodiscard]] inline auto on_default() {
  return internal::default_case<internal::no_callback>(internal::no_callback{});
}

// Waits until a case can go on, does it, runs its callback, and returns its index among the
// arguments, from 0. The cases are made in the call's argument list, so that all they refer to
// lives.
// Switching, unless it has an on_default(). O(n log n) for n cases; allocates only for values of
// types whose moves are user code, on buffered channels.
template <internal::clause... Cases>
requires(sizeof...(Cases) > 0) std::size_t select(Cases&&... cases) {
  constexpr std::size_t count = sizeof...(Cases);
  static_assert((std::size_t{std::remove_cvref_t<Cases>::is_default} + ...) <= 1,
                "gander::select: there can be one on_default() only");
  std::size_t default_at = internal::no_default;
  internal::select_entry entries[count];
  std::uint32_t orders[2 * count];
  std::size_t i = 0;
  ((std::remove_cvref_t<Cases>::is_default ? void(default_at = i) : void(), cases.arm(entries[i]),
    ++i),
   ...);

  const internal::select_outcome chosen = internal::choose(entries, count, orders, default_at);
  i = 0;
  ((i++ == chosen.index ? cases.complete(chosen.what) : void()), ...);
  return chosen.index;
}

// Waits for ever. Switching.
[[noreturn]] inline void select() { internal::chan_select_nothing(); }

// A case of a select whose cases are known only at run time. Keeps its channel alive, and owns the
// callback and the value to be sent, unless that was an lvalue without callback. Can be selected
// again; a value sent from it is moved from by then.
class select_case {
 public:
  template <internal::clause Case>
  requires(!std::is_lvalue_reference_v<Case>) select_case(Case&& c)
      : held_(internal::make_in_cells<holder<decltype(std::forward<Case>(c).own())>>(
            std::forward<Case>(c))) {}

 private:
  friend std::size_t select(std::span<select_case> cases);

  struct base {
    virtual ~base() = default;
    virtual bool is_default() const noexcept = 0;
    virtual void arm(internal::select_entry& e) = 0;
    virtual void complete(internal::outcome o) = 0;
    virtual void destroy() noexcept = 0;
  };
  struct destroyer {
    void operator()(base* b) const noexcept { b->destroy(); }
  };

  template <typename Owned>
  struct holder final : base {
    template <typename Case>
    explicit holder(Case&& c) : owned(std::forward<Case>(c).own()) {}
    bool is_default() const noexcept override { return Owned::is_default; }
    void arm(internal::select_entry& e) override { owned.arm(e); }
    void complete(internal::outcome o) override { owned.complete(o); }
    void destroy() noexcept override { internal::destroy_in_cells(this); }
    Owned owned;
  };

  std::unique_ptr<base, destroyer> held_;
};

// The same for any number of cases:
//
//     std::vector<gander::select_case> cases;
//     for (auto& c : channels) cases.emplace_back(gander::on_recv(c, handle));
//     gander::select(cases);
//
// Without cases it waits for ever. Throws panic_error for more than one default case. Allocates for
// more than 16 cases.
inline std::size_t select(std::span<select_case> cases) {
  if (cases.empty()) internal::chan_select_nothing();
  constexpr std::size_t on_stack = 16;
  constexpr std::size_t entry_size = sizeof(internal::select_entry) + 2 * sizeof(std::uint32_t);
  const std::size_t count = cases.size();
  internal::select_entry stack_entries[on_stack];
  std::uint32_t stack_orders[2 * on_stack];
  internal::select_entry* entries = stack_entries;
  std::uint32_t* orders = stack_orders;

  struct spill {
    void* memory = nullptr;
    std::size_t size = 0;
    ~spill() {
      if (memory != nullptr)
        internal::free_user_cells(memory, size, alignof(internal::select_entry));
    }
  } large;
  if (count > on_stack) {
    large.size = count * entry_size;
    large.memory = internal::alloc_user_cells(large.size, alignof(internal::select_entry));
    entries = static_cast<internal::select_entry*>(large.memory);
    for (std::size_t i = 0; i < count; ++i) ::new (entries + i) internal::select_entry;
    orders = reinterpret_cast<std::uint32_t*>(entries + count);
  }

  std::size_t default_at = internal::no_default;
  for (std::size_t i = 0; i < count; ++i) {
    if (cases[i].held_ == nullptr) continue;  // moved from
    if (cases[i].held_->is_default()) {
      if (default_at != internal::no_default) panic("select: multiple default cases");
      default_at = i;
    }
    cases[i].held_->arm(entries[i]);
  }
  const internal::select_outcome chosen = internal::choose(entries, count, orders, default_at);
  cases[chosen.index].held_->complete(chosen.what);
  return chosen.index;
}

}  // namespace gander

#pragma GCC visibility pop
