// SPDX-License-Identifier: Apache-2.0
//
// The cases of a select: what on_recv, on_send and on_default return.
//
// A case is made, armed (fills the core's entry; may allocate), and completed if it was chosen: the
// rest of the transfer, then the callback. All of it runs outside the border. Cases do not move:
// the entry points into them.
#pragma once

#include <gander/chan.h>
#include <gander/internal/chan_core.h>
#include <gander/internal/transfer.h>

#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#pragma GCC visibility push(default)

namespace gander::internal {

template <typename T>
using carried = std::conditional_t<std::is_void_v<T>, unit, T>;

template <typename C>
using element = typename std::remove_cvref_t<C>::value_type;

template <typename C>
concept receivable = std::same_as<std::remove_cvref_t<C>, chan<element<C>>> ||
    std::same_as<std::remove_cvref_t<C>, recv_chan<element<C>>>;
template <typename C>
concept sendable = std::same_as<std::remove_cvref_t<C>, chan<element<C>>> ||
    std::same_as<std::remove_cvref_t<C>, send_chan<element<C>>>;

// A case of a single expression refers to the handle it was given; a temporary handle it keeps.
template <typename C>
using kept = std::conditional_t<std::is_lvalue_reference_v<C>, const std::remove_cvref_t<C>&,
                                std::remove_cvref_t<C>>;

struct no_callback {
  void operator()() const noexcept {}
};

// The callback of a receive that stores what comes.
template <typename T>
struct store_to {
  std::optional<T>& out;
};
template <>
struct store_to<void> {
  bool& out;
};

template <typename F, typename T>
concept receiver_of = std::same_as<F, store_to<T>> || std::same_as<F, no_callback> ||
                      (std::is_void_v<T> && (std::invocable<F&, bool> || std::invocable<F&>)) ||
                      (!std::is_void_v<T> && std::invocable<F&, std::optional<carried<T>>>);

// Kept is a handle or a reference to one.
template <typename Kept, typename F>
class recv_case {
  using E = element<Kept>;
  using T = carried<E>;

 public:
  static constexpr bool is_default = false;

  template <typename C, typename G>
  recv_case(C&& c, G&& f) : chan_(std::forward<C>(c)), f_(std::forward<G>(f)) {}
  recv_case(const recv_case&) = delete;
  recv_case& operator=(const recv_case&) = delete;

  void arm(select_entry& e) {
    value_.reset();
    target_ = &value_;
    // An empty std::optional of the user's receives directly; one with a value keeps it unless this
    // case is chosen.
    if constexpr (stores_value) {
      if (!f_.out.has_value()) target_ = &f_.out;
    }
    core_ = access::core(chan_);
    e.core = core_;
    e.elem = landing_.address(*target_);
    e.is_send = false;
  }

  void complete(outcome o) {
    if constexpr (stores_value) {
      store(o);
    } else {
      // By target_, which is value_: GCC 12 would warn of each callback that looks into its
      // optional without asking, as it may who never closes the channel.
      std::optional<T>& arrived = *target_;
      const bool ok = transfer<T>::finish_receive(core_, o, landing_, arrived) == chan_result::done;
      if constexpr (std::same_as<F, store_to<void>>) {
        f_.out = ok;
      } else if constexpr (std::same_as<F, no_callback>) {
      } else if constexpr (!std::is_void_v<E>) {
        f_(std::move(arrived));
      } else if constexpr (std::invocable<F&, bool>) {
        f_(ok);
      } else {
        f_();
      }
    }
  }

  // The same for later: with a handle of its own.
  auto own() && { return recv_case<std::remove_cvref_t<Kept>, F>(chan_, std::move(f_)); }

 private:
  static constexpr bool stores_value = std::same_as<F, store_to<E>> && !std::is_void_v<E>;

  void store(outcome o) {
    if (target_ != &f_.out) {
      f_.out.reset();
      if (value_.has_value()) {  // the core, or the sender, has moved it there
        f_.out.emplace(std::move(*value_));
        return;
      }
    }
    transfer<T>::finish_receive(core_, o, landing_, f_.out);
  }

  Kept chan_;
  F f_;
  chan_core* core_ = nullptr;
  std::optional<T>* target_ = nullptr;
  std::optional<T> value_;
  landing<T> landing_;
};

// Value is T& (moved from if chosen), T&& (the same, for a temporary) or T.
template <typename Kept, typename Value, typename F>
class send_case {
  using T = carried<element<Kept>>;

 public:
  static constexpr bool is_default = false;

  template <typename C, typename V, typename G>
  send_case(C&& c, V&& value, G&& f)
      : chan_(std::forward<C>(c)), value_(std::forward<V>(value)), f_(std::forward<G>(f)) {}
  send_case(const send_case&) = delete;
  send_case& operator=(const send_case&) = delete;

  void arm(select_entry& e) {
    core_ = access::core(chan_);
    e.core = core_;
    e.elem = std::addressof(value_);
    e.is_send = true;
    if constexpr (mode_of<T> == elem_mode::user) {
      if (core_ == nullptr || core_->capacity == 0) return;
      if (reserved_.get() == nullptr) reserved_ = own_cell(elem<T>::ops);
      e.elem = reserved_.get();
    }
  }

  void complete(outcome o) {
    transfer<T>::finish_send(core_, o, value_, reserved_);
    f_();
  }

  auto own() && {
    using owned = std::conditional_t<std::is_lvalue_reference_v<Value>, Value, T>;
    return send_case<std::remove_cvref_t<Kept>, owned, F>(chan_, std::forward<Value>(value_),
                                                          std::move(f_));
  }

 private:
  Kept chan_;
  Value value_;
  F f_;
  chan_core* core_ = nullptr;
  own_cell reserved_;
};

template <typename F>
class default_case {
 public:
  static constexpr bool is_default = true;

  explicit default_case(F f) : f_(std::move(f)) {}
  default_case(const default_case&) = delete;
  default_case& operator=(const default_case&) = delete;

  void arm(select_entry&) noexcept {}
  void complete(outcome) { f_(); }
  auto own() && { return default_case<F>(std::move(f_)); }

 private:
  F f_;
};

template <typename>
inline constexpr bool is_clause = false;
template <typename C, typename F>
inline constexpr bool is_clause<recv_case<C, F>> = true;
template <typename C, typename V, typename F>
inline constexpr bool is_clause<send_case<C, V, F>> = true;
template <typename F>
inline constexpr bool is_clause<default_case<F>> = true;

template <typename C>
concept clause = is_clause<std::remove_cvref_t<C>>;

inline constexpr std::size_t no_default = static_cast<std::size_t>(-1);

// The core's part of a select, with its default: the entry at `default_at` stands for it, and is
// nil.
inline select_outcome choose(select_entry* entries, std::size_t count, std::uint32_t* orders,
                             std::size_t default_at) noexcept {
  if (default_at == no_default) return chan_select(entries, count, orders);
  // A single case beside the default may be answered without a lock. Several may not: each could be
  // seen blocked at an instant when another was ready, though at no instant all were blocked.
  std::size_t live = 0;
  const select_entry* only = nullptr;
  for (std::size_t i = 0; i < count; ++i) {
    if (entries[i].core == nullptr) continue;
    ++live;
    only = &entries[i];
  }
  const bool blocked = live == 0 || (live == 1 && certainly_blocked(*only->core, only->is_send));
  select_outcome chosen{default_at, {chan_result::would_block}};
  if (!blocked) chosen = chan_try_select(entries, count, orders);
  if (chosen.what.result == chan_result::would_block) chosen.index = default_at;
  return chosen;
}

}  // namespace gander::internal

#pragma GCC visibility pop
