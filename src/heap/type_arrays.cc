// SPDX-License-Identifier: Apache-2.0
#include "heap/type_arrays.h"

#include <gander/internal/lock.h>

#include <array>
#include <new>
#include <utility>

#include "base/relaxed.h"
#include "heap/size_classes.h"
#include "os/os.h"

namespace gander::heap::type_arrays {
namespace {

struct alignas(64) unit {
  unit* next;
};

constexpr std::size_t units_for(std::size_t objects) noexcept {
  return (objects * sizeof(std::uint16_t) + sizeof(unit) - 1) / sizeof(unit);
}

constexpr std::size_t most_units = units_for(most_objects);

// Arrays are cut off a block; what is too short at its end is lost. Those that come back wait for
// who needs as many units. Behind the last one there is room for a whole one: a report may take a
// short array for that of a span with more objects.
constexpr std::size_t block_units = 1024;
internal::lock guard;  // all below
unit* block = nullptr;
std::size_t left_units = 0;
std::array<unit*, most_units + 1> free_arrays{};
relaxed<std::size_t> blocks{0};  // read without the lock

}  // namespace

std::uint16_t* take(std::uint32_t objects) noexcept {
  const std::size_t units = units_for(objects);
  const internal::lock_scope held(guard);
  if (unit* const first = free_arrays[units]; first != nullptr) {
    free_arrays[units] = first->next;
    return reinterpret_cast<std::uint16_t*>(first);
  }
  if (left_units < units) {
    void* const memory = os::reserve(block_units * sizeof(unit));
    if (memory == nullptr) return nullptr;
    block = static_cast<unit*>(memory);
    left_units = block_units - most_units;
    blocks = blocks + 1;
  }
  left_units -= units;
  return reinterpret_cast<std::uint16_t*>(std::exchange(block, block + units));
}

void put_back(std::uint16_t* array, std::uint32_t objects) noexcept {
  const std::size_t units = units_for(objects);
  const internal::lock_scope held(guard);
  free_arrays[units] = new (array) unit{free_arrays[units]};
}

std::size_t bytes() noexcept { return blocks * block_units * sizeof(unit); }

}  // namespace gander::heap::type_arrays
