// SPDX-License-Identifier: Apache-2.0
//
// Reads DWARF's variable-length data out of a loaded module, bounded by that module and page by
// page through a memory_reader, since the bytes may be damaged and lead anywhere. After the first
// read out of bounds all reads give 0 and failed() holds: parsers check once at the end of a loop's
// turn.
#pragma once

#include <cstdint>
#include <cstring>

#include "os/page_probe.h"
#include "unwind/memory_reader.h"

namespace gander::unwind {

class byte_cursor {
 public:
  byte_cursor(std::uintptr_t at, std::uintptr_t end, memory_reader& reader) noexcept
      : at_(at), end_(end), reader_(&reader) {}

  std::uintptr_t at() const noexcept { return at_; }
  std::uintptr_t end() const noexcept { return end_; }
  bool failed() const noexcept { return failed_; }
  bool done() const noexcept { return failed_ || at_ >= end_; }
  void fail() noexcept { failed_ = true; }
  void seek(std::uintptr_t at) noexcept { at_ = at; }
  void skip(std::uintptr_t bytes) noexcept {
    if (at_ > end_ || bytes > end_ - at_) return fail();
    at_ += bytes;
  }

  template <typename T>
  T take() noexcept {
    T v{};
    if (failed_ || at_ > end_ || end_ - at_ < sizeof v || !may_read(sizeof v)) return fail(), T{};
    std::memcpy(&v, reinterpret_cast<const void*>(at_), sizeof v);
    at_ += sizeof v;
    return v;
  }
  std::uint8_t u8() noexcept { return take<std::uint8_t>(); }

  std::uintptr_t uleb() noexcept {
    std::uintptr_t v = 0;
    for (unsigned shift = 0; !failed_; shift += 7) {
      std::uint8_t byte = u8();
      if (shift < word_bits) v |= std::uintptr_t{byte & 0x7fu} << shift;
      if ((byte & 0x80) == 0) break;
    }
    return v;
  }

  std::intptr_t sleb() noexcept {
    std::uintptr_t v = 0;
    for (unsigned shift = 0; !failed_;) {
      std::uint8_t byte = u8();
      if (shift < word_bits) v |= std::uintptr_t{byte & 0x7fu} << shift;
      shift += 7;
      if ((byte & 0x80) != 0) continue;
      if (shift < word_bits && (byte & 0x40) != 0) v |= ~std::uintptr_t{0} << shift;
      break;
    }
    return static_cast<std::intptr_t>(v);
  }

 private:
  static constexpr unsigned word_bits = 8 * sizeof(std::uintptr_t);

  bool may_read(std::size_t bytes) noexcept {
    if (at_ >= page_ && at_ + bytes <= page_end_) return true;
    std::uintptr_t first = at_ & ~(os::probe_page_bytes - 1);
    std::uintptr_t last = (at_ + bytes - 1) & ~(os::probe_page_bytes - 1);
    if (!reader_->readable(first) || (last != first && !reader_->readable(last))) return false;
    page_ = first;
    page_end_ = last + os::probe_page_bytes;
    return true;
  }

  std::uintptr_t at_;
  std::uintptr_t end_;
  std::uintptr_t page_ = 0;
  std::uintptr_t page_end_ = 0;
  memory_reader* reader_;
  bool failed_ = false;
};

}  // namespace gander::unwind
