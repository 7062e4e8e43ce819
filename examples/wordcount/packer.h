// SPDX-License-Identifier: Apache-2.0

// Reads files into blocks that can be counted in any order and by anyone: a block never cuts a word
// in two. Many small files share a block, a line feed between them, for the end of a file ends a
// word; a large file is cut behind the last white space that fits. Memory is one block, or a word
// that is longer than a block.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

#include "words.h"

namespace wordcount {

// A larger block costs cache misses when it is counted, a smaller one costs calls.
inline constexpr std::size_t block_size = std::size_t{1} << 20;

// Count is called with each full block. Not thread-safe: each reader has its own packer.
template <class Count>
class packer {
 public:
  explicit packer(Count count, std::size_t size = block_size)
      : count_(std::move(count)), size_(size) {}

  // Reads a file to its end. Returns 0, or the errno of what failed: a piece read before stays
  // counted. Opening never waits for a fifo's writer unless the file was named by the user.
  int add(const char* path, bool named) {
    const int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | (named ? 0 : O_NONBLOCK | O_NOFOLLOW);
    const int fd = ::open(path, flags);
    if (fd < 0) return errno;
    const int error = read_all(fd);
    ::close(fd);
    buffer_[used_++] = '\n';
    return error;
  }

  // Hands on what is left in the block. A file must not be in the middle.
  void flush() {
    if (used_ != 0) count_(std::string_view(buffer_.get(), used_));
    used_ = 0;
  }

  std::uint64_t bytes() const { return bytes_; }

 private:
  // Leaves room for the line feed behind the file.
  int read_all(int fd) {
    for (;;) {
      if (used_ + 1 >= size_) make_room();
      const ssize_t got = ::read(fd, buffer_.get() + used_, size_ - used_ - 1);
      if (got == 0) return 0;
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return errno;
      used_ += static_cast<std::size_t>(got);
      bytes_ += static_cast<std::uint64_t>(got);
    }
  }

  // Hands on the whole words of a full block; where there is none, the block grows.
  void make_room() {
    const std::size_t whole = whole_words({buffer_.get(), used_});
    if (whole != 0) {
      count_(std::string_view(buffer_.get(), whole));
      used_ -= whole;
      std::memmove(buffer_.get(), buffer_.get() + whole, used_);
      return;
    }
    auto larger = std::make_unique_for_overwrite<char[]>(size_ * 2);
    std::memcpy(larger.get(), buffer_.get(), used_);
    buffer_ = std::move(larger);
    size_ *= 2;
  }

  Count count_;
  std::size_t size_;
  std::unique_ptr<char[]> buffer_ = std::make_unique_for_overwrite<char[]>(size_);
  std::size_t used_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace wordcount
