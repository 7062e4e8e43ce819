// SPDX-License-Identifier: Apache-2.0
//
// Bytes of a file, a pipe or a block of memory, read once from the front to the end; and numbers as
// the format writes them. Nothing that the bytes claim is believed before it has been read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "trace/problems.h"

namespace gander::tool {

class input {
 public:
  explicit input(int fd) : fd_(fd), buffer_(64 * 1024) {}  // stays the caller's to close
  explicit input(std::span<const std::uint8_t> memory)
      : begin_(memory.data()), at_(begin_), end_(begin_ + memory.size()) {}
  input(const input&) = delete;

  int get();                                              // -1 at the end
  std::size_t read(std::uint8_t* to, std::size_t bytes);  // fewer at the end
  std::uint64_t offset() const;                           // of the next byte
  int error() const { return error_; }                    // errno of a read that failed, or 0

 private:
  bool fill();  // false at the end

  int fd_ = -1;
  int error_ = 0;
  std::vector<std::uint8_t> buffer_;
  const std::uint8_t* begin_ = nullptr;  // of what has been read ahead
  const std::uint8_t* at_ = nullptr;
  const std::uint8_t* end_ = nullptr;
  std::uint64_t taken_ = 0;  // bytes before begin_
};

// Walks over the bytes of one batch.
class byte_cursor {
 public:
  byte_cursor() = default;
  byte_cursor(std::span<const std::uint8_t> bytes, std::uint64_t offset)
      : begin_(bytes.data()), at_(begin_), end_(begin_ + bytes.size()), offset_(offset) {}

  bool done() const { return at_ == end_; }
  std::uint64_t offset() const { return offset_ + static_cast<std::uint64_t>(at_ - begin_); }

  std::uint8_t byte();
  std::uint64_t number();  // unsigned LEB128, padded or not; throws format_error
  std::span<const std::uint8_t> bytes(std::size_t count);

 private:
  const std::uint8_t* begin_ = nullptr;
  const std::uint8_t* at_ = nullptr;
  const std::uint8_t* end_ = nullptr;
  std::uint64_t offset_ = 0;
};

// Takes the bytes of one number from `next`, which returns -1 at the end; offset() says where.
template <class Next, class Offset>
std::uint64_t take_number(Next next, Offset offset) {
  const std::uint64_t start = offset();
  std::uint64_t result = 0;
  for (unsigned shift = 0; shift < 70; shift += 7) {
    const int byte = next();
    if (byte < 0) throw format_error(start, "a number is cut off");
    const auto bits = static_cast<std::uint64_t>(byte & 0x7f);
    if (shift == 63 && bits > 1) break;
    result |= bits << shift;
    if (byte < 0x80) return result;
  }
  throw format_error(start, "a number has more than 64 bits");
}

}  // namespace gander::tool
