// SPDX-License-Identifier: Apache-2.0
//
// Text for reports: a writer over a buffer that its caller owns, flushed to one or two file
// descriptors. Numbers look as Go prints them. Async-signal-safe; neither allocates nor locks;
// preserves errno.
//
// A writer belongs to one thread. A descriptor that fails (closed, or full for `stuck_ms`) is given
// up, and the rest of the report goes on without it: output must never be what keeps a process
// alive, so a pipe that nobody reads does not block the writer either. With SIGPIPE at its default,
// a closed pipe ends the process: block it for the report.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace gander {

class text_writer {
 public:
  static constexpr int no_fd = -1;
  static constexpr int stuck_ms = 2000;  // waited for a full pipe, altogether

  // With no descriptor at all the text stays in the buffer, cut at its end: see view().
  explicit text_writer(std::span<char> buffer, int fd = no_fd, int copy_fd = no_fd) noexcept
      : buffer_(buffer), fds_{fd, copy_fd} {}
  ~text_writer() { flush(); }
  text_writer(const text_writer&) = delete;
  text_writer& operator=(const text_writer&) = delete;

  text_writer& text(std::string_view s) noexcept {
    if (s.size() > buffer_.size() - used_) [[unlikely]]
      return text_slow(s);
    if (!s.empty()) std::memcpy(buffer_.data() + used_, s.data(), s.size());  // no null pointer
    used_ += s.size();
    return *this;
  }
  text_writer& character(char c) noexcept { return text({&c, 1}); }
  text_writer& dec(std::uint64_t v) noexcept;
  text_writer& signed_dec(std::int64_t v) noexcept;
  text_writer& hex(std::uint64_t v) noexcept;  // 0x…, lower case, unpadded
  // The text, then blanks up to `width`.
  text_writer& padded(std::string_view s, std::size_t width) noexcept;

  void flush() noexcept;
  // What is not flushed yet.
  std::string_view view() const noexcept { return {buffer_.data(), used_}; }
  // Forgets all of view() but its first `size` characters.
  void cut(std::size_t size) noexcept;
  bool at_line_start() const noexcept;
  bool failed() const noexcept { return fds_[0] == no_fd && fds_[1] == no_fd; }

 private:
  text_writer& text_slow(std::string_view s) noexcept;  // what does not fit
  bool write_all(int fd, std::string_view s) noexcept;

  std::span<char> buffer_;
  std::size_t used_ = 0;
  int fds_[2];
  char last_flushed_ = '\n';
  std::int64_t patience_ms_ = stuck_ms;
};

}  // namespace gander
