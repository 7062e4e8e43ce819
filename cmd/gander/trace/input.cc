// SPDX-License-Identifier: Apache-2.0
#include "trace/input.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace gander::tool {

bool input::fill() {
  if (fd_ < 0 || error_ != 0) return false;
  ssize_t got = 0;
  do {
    got = ::read(fd_, buffer_.data(), buffer_.size());
  } while (got < 0 && errno == EINTR);
  if (got < 0) error_ = errno;
  if (got <= 0) return false;
  taken_ += static_cast<std::uint64_t>(end_ - begin_);
  begin_ = at_ = buffer_.data();
  end_ = at_ + got;
  return true;
}

int input::get() {
  if (at_ == end_ && !fill()) return -1;
  return *at_++;
}

std::size_t input::read(std::uint8_t* to, std::size_t bytes) {
  std::size_t done = 0;
  while (done < bytes && (at_ != end_ || fill())) {
    const std::size_t part = std::min(bytes - done, static_cast<std::size_t>(end_ - at_));
    std::memcpy(to + done, at_, part);
    at_ += part;
    done += part;
  }
  return done;
}

std::uint64_t input::offset() const { return taken_ + static_cast<std::uint64_t>(at_ - begin_); }

std::uint8_t byte_cursor::byte() {
  if (at_ == end_) throw format_error(offset(), "the batch ends too early");
  return *at_++;
}

std::uint64_t byte_cursor::number() {
  if (at_ != end_ && *at_ < 0x80) return *at_++;  // most of them
  return take_number([this] { return at_ == end_ ? -1 : *at_++; }, [this] { return offset(); });
}

std::span<const std::uint8_t> byte_cursor::bytes(std::size_t count) {
  if (count > static_cast<std::size_t>(end_ - at_))
    throw format_error(offset(), "the batch ends too early");
  const std::uint8_t* const first = at_;
  at_ += count;
  return {first, count};
}

}  // namespace gander::tool
