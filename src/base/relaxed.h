// SPDX-License-Identifier: Apache-2.0
//
// relaxed<T>: a word written by one thread and looked at by others that tolerate any recent value,
// or that are ordered by something else; the user says by what. It reads like a plain variable.
#pragma once

#include <atomic>

namespace gander {

template <typename T>
class relaxed {
 public:
  constexpr relaxed(T value = T{}) noexcept : value_(value) {}
  relaxed(const relaxed&) = delete;
  relaxed& operator=(const relaxed&) = delete;

  operator T() const noexcept { return value_.load(std::memory_order_relaxed); }
  T operator->() const noexcept { return value_.load(std::memory_order_relaxed); }
  T operator=(T value) noexcept {
    value_.store(value, std::memory_order_relaxed);
    return value;
  }

 private:
  std::atomic<T> value_;
};

// published<T>: a pointer or a count that is stored when what it speaks of is complete, and may be
// followed by whoever loads it: release and acquire.
template <typename T>
class published {
 public:
  constexpr published(T value = T{}) noexcept : value_(value) {}
  published(const published&) = delete;
  published& operator=(const published&) = delete;

  operator T() const noexcept { return value_.load(std::memory_order_acquire); }
  T operator->() const noexcept { return value_.load(std::memory_order_acquire); }
  T operator=(T value) noexcept {
    value_.store(value, std::memory_order_release);
    return value;
  }

 private:
  std::atomic<T> value_;
};

}  // namespace gander
