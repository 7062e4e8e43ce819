// SPDX-License-Identifier: Apache-2.0
//
// Sizes of small objects: each request is rounded up to one of some sixty classes, an eighth
// larger as a rule, a quarter at most, where as many of the larger ones fit into a span. Each class
// has its spans' length, chosen so that at most an eighth of a span is left over at its end.
// Computed by the compiler.
//
// Class 0 is none: a span of one large object.
//
// A span is longer than it must be where that makes it hold more: each costs the same to take and
// to sweep.
//
// A span holds nothing but objects: what is known of them lies elsewhere (span.h).
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace gander::heap {

inline constexpr std::size_t page_bytes = 8192;
inline constexpr std::size_t least_object_bytes = 16;
inline constexpr std::size_t most_small_bytes = 32768;
// Of one span: its bits have a fixed place.
inline constexpr std::size_t most_objects = page_bytes / least_object_bytes;

struct size_class {
  std::uint32_t object_bytes = 0;
  std::uint32_t pages = 0;  // of a span
  std::uint32_t objects = 0;
  // offset * reciprocal >> 32 is offset / object_bytes, for every offset within a span.
  std::uint32_t reciprocal = 0;
};

namespace detail {

constexpr std::size_t most_classes = 80;

struct class_table {
  std::array<size_class, most_classes> classes{};
  std::size_t count = 1;  // class 0 among them
};

// Spans are lengthened up to so many pages, for so many objects.
inline constexpr std::size_t enough_pages = 4;
inline constexpr std::size_t enough_objects = 32;

// The shortest span of which at most an eighth is left over, or some of its length in a row.
constexpr size_class shape_of(std::size_t object_bytes) {
  std::size_t pages = 1;
  while (pages * page_bytes < object_bytes ||
         pages * page_bytes % object_bytes > pages * page_bytes / 8)
    ++pages;
  while (2 * pages <= enough_pages && 2 * pages * page_bytes / object_bytes <= enough_objects)
    pages *= 2;
  const std::size_t objects = pages * page_bytes / object_bytes;
  const std::uint64_t reciprocal = ((std::uint64_t{1} << 32) + object_bytes - 1) / object_bytes;
  return {static_cast<std::uint32_t>(object_bytes), static_cast<std::uint32_t>(pages),
          static_cast<std::uint32_t>(objects), static_cast<std::uint32_t>(reciprocal)};
}

constexpr class_table make_classes() {
  class_table table;
  for (std::size_t bytes = least_object_bytes; bytes <= most_small_bytes;) {
    const size_class next = shape_of(bytes);
    size_class& last = table.classes[table.count - 1];
    // As many objects in as many pages: the larger ones are as cheap.
    if (last.pages == next.pages && last.objects == next.objects)
      last = next;
    else
      table.classes[table.count++] = next;
    // Eight steps from one power of two to the next; least_object_bytes at least.
    const std::size_t step = std::bit_floor(bytes) / 8;
    bytes += step > least_object_bytes ? step : least_object_bytes;
  }
  return table;
}

}  // namespace detail

inline constexpr detail::class_table size_classes = detail::make_classes();
inline constexpr std::size_t class_count = size_classes.count;

constexpr const size_class& shape(unsigned number) noexcept { return size_classes.classes[number]; }

namespace detail {

// Small steps up to a kilobyte, where classes are close; larger ones above.
constexpr std::size_t fine_limit = 1024;
constexpr std::size_t fine_step = least_object_bytes;
constexpr std::size_t coarse_step = 128;

struct class_index {
  std::array<std::uint8_t, fine_limit / fine_step + 1> fine{};
  std::array<std::uint8_t, (most_small_bytes - fine_limit) / coarse_step + 1> coarse{};
};

constexpr std::uint8_t first_class_for(std::size_t bytes) {
  unsigned number = 1;
  while (shape(number).object_bytes < bytes) ++number;
  return static_cast<std::uint8_t>(number);
}

constexpr class_index make_index() {
  class_index index;
  for (std::size_t i = 0; i < index.fine.size(); ++i)
    index.fine[i] = first_class_for(i * fine_step);
  for (std::size_t i = 0; i < index.coarse.size(); ++i)
    index.coarse[i] = first_class_for(fine_limit + i * coarse_step);
  return index;
}

inline constexpr class_index index = make_index();

}  // namespace detail

// The class of objects of so many bytes. REQUIRES: bytes <= most_small_bytes.
constexpr unsigned class_for(std::size_t bytes) noexcept {
  using namespace detail;
  if (bytes <= fine_limit) return index.fine[(bytes + fine_step - 1) / fine_step];
  return index.coarse[(bytes - fine_limit + coarse_step - 1) / coarse_step];
}

// The same, at a multiple of `align`, a power of two of at most half a page.
constexpr unsigned class_for(std::size_t bytes, std::size_t align) noexcept {
  unsigned number = class_for(bytes);
  while (number < class_count && shape(number).object_bytes % align != 0) ++number;
  return number < class_count ? number : 0;
}

}  // namespace gander::heap
