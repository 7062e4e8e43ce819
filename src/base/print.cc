// SPDX-License-Identifier: Apache-2.0
//
// The text_writer of print.h. Go writes every piece by itself, which makes a dump of 100,000
// goroutines take eight seconds; one buffer makes it a quarter of a second.
#include "base/print.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>

namespace gander {
namespace {

// By the clock: waits are cut short by signals, which supervise a report.
std::int64_t now_ms() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

}  // namespace

text_writer& text_writer::text_slow(std::string_view s) noexcept {
  while (!s.empty()) {
    if (used_ == buffer_.size()) flush();
    if (used_ == buffer_.size()) break;  // no descriptor: cut
    std::size_t n = std::min(s.size(), buffer_.size() - used_);
    std::memcpy(buffer_.data() + used_, s.data(), n);
    used_ += n;
    s.remove_prefix(n);
  }
  return *this;
}

text_writer& text_writer::dec(std::uint64_t v) noexcept {
  char digits[20];
  char* p = std::end(digits);
  do *--p = static_cast<char>('0' + v % 10);
  while ((v /= 10) != 0);
  return text({p, static_cast<std::size_t>(std::end(digits) - p)});
}

text_writer& text_writer::signed_dec(std::int64_t v) noexcept {
  auto magnitude = static_cast<std::uint64_t>(v);
  if (v < 0) {
    character('-');
    magnitude = 0 - magnitude;
  }
  return dec(magnitude);
}

text_writer& text_writer::hex(std::uint64_t v) noexcept {
  char digits[18];
  char* p = std::end(digits);
  do *--p = "0123456789abcdef"[v & 15];
  while ((v >>= 4) != 0);
  *--p = 'x';
  *--p = '0';
  return text({p, static_cast<std::size_t>(std::end(digits) - p)});
}

text_writer& text_writer::padded(std::string_view s, std::size_t width) noexcept {
  text(s);
  for (std::size_t n = s.size(); n < width; ++n) character(' ');
  return *this;
}

void text_writer::cut(std::size_t size) noexcept { used_ = std::min(used_, size); }

bool text_writer::at_line_start() const noexcept {
  return (used_ != 0 ? buffer_[used_ - 1] : last_flushed_) == '\n';
}

void text_writer::flush() noexcept {
  if (failed()) return;
  int saved = errno;
  for (int& fd : fds_)
    if (fd != no_fd && !write_all(fd, view())) fd = no_fd;
  if (used_ != 0) last_flushed_ = buffer_[used_ - 1];
  used_ = 0;
  errno = saved;
}

// A pipe that polls as writable has room for one page: more could block. (O_NONBLOCK would be
// everybody's who shares the pipe.) A file takes all at once. Where nobody may ask, as under a
// limit of no descriptors or in a sandbox, a write that could block is better than none.
bool text_writer::write_all(int fd, std::string_view s) noexcept {
  constexpr int turn_ms = 50;
  struct stat is;
  const bool is_file = ::fstat(fd, &is) == 0 && S_ISREG(is.st_mode);
  const std::size_t unblocked = is_file ? s.size() : 4096;
  while (!s.empty()) {
    pollfd room{fd, POLLOUT, 0};
    const std::int64_t before_ms = now_ms();
    const int ready = ::poll(&room, 1, turn_ms);
    ssize_t n = 0;
    if (ready > 0 || (ready < 0 && errno != EINTR)) {
      n = ::write(fd, s.data(), std::min(s.size(), unblocked));
      if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN)) return false;
    }
    if (n > 0)
      s.remove_prefix(static_cast<std::size_t>(n));
    else if ((patience_ms_ -= now_ms() - before_ms) <= 0)  // a slow reader is one, and not paid for
      return false;
  }
  return true;
}

}  // namespace gander
