// SPDX-License-Identifier: Apache-2.0
//
// An array in a mapping of its own, of which only what is used costs memory: for code that may not
// ask the C++ heap. The owner alone.
#pragma once

#include <cstddef>
#include <new>
#include <type_traits>

#include "base/memory_range.h"
#include "os/os.h"

namespace gander::os {

template <typename T>
class mapped_array {
  static_assert(std::is_trivially_destructible_v<T>);

 public:
  mapped_array() = default;
  ~mapped_array() {
    if (memory_ != nullptr) release(memory_, bytes_);
  }
  mapped_array(const mapped_array&) = delete;
  mapped_array& operator=(const mapped_array&) = delete;

  // Room for so many, once. False: there is no memory.
  bool reserve(std::size_t most) noexcept {
    bytes_ = (most + 1) * sizeof(T);
    memory_ = static_cast<T*>(os::reserve(bytes_));
    return memory_ != nullptr;
  }

  // REQUIRES: room.
  T& push_back(const T& value) noexcept { return *new (memory_ + size_++) T(value); }
  T& pop_back() noexcept { return memory_[--size_]; }

  // REQUIRES: room. More than there were are zero bytes.
  void resize(std::size_t count) noexcept { size_ = count; }

  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  T& operator[](std::size_t index) noexcept { return memory_[index]; }
  const T& operator[](std::size_t index) const noexcept { return memory_[index]; }
  T* begin() noexcept { return memory_; }
  T* end() noexcept { return memory_ + size_; }

  memory_range memory() const noexcept {
    const auto at = reinterpret_cast<std::uintptr_t>(memory_);
    return {at, at + bytes_};
  }

 private:
  T* memory_ = nullptr;
  std::size_t bytes_ = 0;
  std::size_t size_ = 0;
};

}  // namespace gander::os
