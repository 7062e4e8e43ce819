// SPDX-License-Identifier: Apache-2.0
//
// All memory of the process that anybody may have written, but for devices, and for ranges that are
// left out. In a stop of all threads; no memory but the system's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "base/memory_range.h"
#include "os/mapped_array.h"

namespace gander::collector {

class process_memory {
 public:
  // Room for so many ranges; false: there is no memory.
  bool reserve(std::size_t most_left_out) noexcept {
    return left_out_.reserve(most_left_out + 1);  // and its own
  }

  // REQUIRES: room.
  void leave_out(memory_range range) noexcept {
    if (range.begin < range.end) left_out_.push_back(range);
  }

  // visit(begin, end), after the last leave_out(). False: the system does not tell of all of it.
  template <typename Visit>
  bool for_each(Visit&& visit) noexcept {
    using type = std::remove_reference_t<Visit>;
    return walk(
        [](memory_range range, void* v) { (*static_cast<type*>(v))(range.begin, range.end); },
        &visit);
  }

 private:
  using visitor = void (*)(memory_range range, void* argument);
  bool walk(visitor visit, void* argument) noexcept;
  void put_in_order() noexcept;

  os::mapped_array<memory_range> left_out_;  // in order: by address, none touches another
};

}  // namespace gander::collector
