// SPDX-License-Identifier: Apache-2.0
//
// What goroutines wait for, as read from memory that may be smashed, freed or reused: copies made
// by probed reads, and of those only what agrees with the goroutines' records is believed.
//
// The other threads are frozen. Loops are bounded. Async-signal-safe.
#pragma once

#include <gander/internal/chan_core.h>
#include <gander/internal/cond_state.h>
#include <gander/internal/event.h>
#include <gander/internal/place.h>
#include <gander/panic.h>
#include <gander/sync/barrier.h>
#include <gander/sync/latch.h>
#include <gander/sync/mutex.h>
#include <gander/sync/semaphore.h>
#include <gander/sync/shared_mutex.h>
#include <gander/sync/wait_group.h>

#include <cstddef>
#include <cstdint>

#include "crash/waiters.h"
#include "sched/who.h"
#include "unwind/memory_reader.h"

namespace gander::internal {

// The friend of what is told of.
struct inside {
  static const holder& holder_of(const mutex& m) noexcept { return m.holder_; }
  static const wait_list& waiters_of(const mutex& m) noexcept { return m.waiters_; }
  static bool locked(const mutex& m) noexcept { return (state(m) & mutex::locked_bit) != 0; }
  static bool plausible(const mutex& m) noexcept {
    return state(m) < 2 * mutex::waiting_bit && somebody_or_nobody(m.holder_.who.load());
  }

  static const holder& holder_of(const shared_mutex& m) noexcept { return m.writer_; }
  static const wait_list& waiters_of(const shared_mutex& m) noexcept { return m.writers_; }
  static const wait_list& readers_of(const shared_mutex& m) noexcept { return m.readers_; }
  static bool locked(const shared_mutex& m) noexcept {
    return (state(m) & shared_mutex::writer_bit) != 0;
  }
  static std::uint32_t readers(const shared_mutex& m) noexcept {
    return state(m) / shared_mutex::one_reader;
  }
  static bool plausible(const shared_mutex& m) noexcept {
    return (!locked(m) || readers(m) == 0) && somebody_or_nobody(m.writer_.who.load());
  }

  static const wait_list& waiters_of(const semaphore& s) noexcept { return s.waiters_; }
  static bool plausible(const semaphore& s) noexcept { return s.state_.load() >= 0; }

  static const wait_list& waiters_of(const cond_state& c) noexcept { return c.waiters_; }
  static bool plausible(const cond_state&) noexcept { return true; }

  static const wait_list& waiters_of(const wait_group& g) noexcept { return g.waiters_; }
  static std::int64_t missing(const wait_group& g) noexcept {
    return g.state_.load() / wait_group::one_count;
  }
  static bool plausible(const wait_group& g) noexcept { return g.state_.load() >= 0; }
  static std::uintptr_t made(const wait_group& g) noexcept { return g.made_.load(); }
  static std::uintptr_t changed(const wait_group& g) noexcept { return g.changed_.load(); }

  static const wait_list& waiters_of(const latch& l) noexcept { return l.waiters_; }
  static std::int64_t missing(const latch& l) noexcept {
    return l.state_.load() / latch::one_count;
  }
  static bool plausible(const latch& l) noexcept { return l.state_.load() >= 0; }

  static const wait_list& waiters_of(const barrier_state& b) noexcept { return b.waiters_; }
  static std::int64_t missing(const barrier_state& b) noexcept { return b.missing_; }
  static bool plausible(const barrier_state& b) noexcept { return b.missing_ >= 0; }

  static const wait_list& waiters_of(const event& e) noexcept { return e.waiters_; }
  static std::uint64_t whose(const event& e) noexcept { return e.whose_.load(); }
  static bool plausible(const event& e) noexcept { return somebody_or_nobody(e.whose_.load()); }

  static bool plausible(const chan_core& c) noexcept {
    return c.mode <= elem_mode::user && c.owner.load() <= chan_owner::context &&
           c.event.load() <= chan_event::dropped;
  }

  static const past& past_of(const panic_error& e) noexcept { return e.past_; }

 private:
  static bool somebody_or_nobody(std::uint64_t who) noexcept {
    return who == 0 || who_was(who).goid != 0;
  }
  static std::uint32_t state(const mutex& m) noexcept { return m.state_.load(); }
  static std::uint32_t state(const shared_mutex& m) noexcept { return m.state_.load(); }
};

}  // namespace gander::internal

namespace gander::crash {

using internal::inside;

// `object` is what those in the list must say that they wait for, if they do not select.
waiters read_waiters(unwind::memory_reader& reader, const internal::wait_list& list,
                     std::uintptr_t object) noexcept;

// A copy of an object.
template <typename T>
class copied {
 public:
  copied(unwind::memory_reader& reader, const void* at) noexcept : address_(at) {
    ok_ = reader.copy(bytes_, reinterpret_cast<std::uintptr_t>(at), sizeof(T)) == sizeof(T) &&
          inside::plausible(get());
  }
  bool ok() const noexcept { return ok_; }
  std::uintptr_t address() const noexcept { return reinterpret_cast<std::uintptr_t>(address_); }
  const T& get() const noexcept { return *reinterpret_cast<const T*>(bytes_); }

 private:
  alignas(T) unsigned char bytes_[sizeof(T)];
  const void* address_;
  bool ok_;
};

}  // namespace gander::crash
