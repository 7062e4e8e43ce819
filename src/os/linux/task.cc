// SPDX-License-Identifier: Apache-2.0
//
// Everything by way of /proc/self, with plain system calls and buffers on the stack.
#include "os/task.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/print.h"
#include "os/linux/errno_keeper.h"
#include "os/linux/proc_text.h"

namespace gander::os {
namespace {

// An open file, and the descriptor's end.
class file {
 public:
  explicit file(const char* path, int flags = 0) noexcept
      : fd_(::open(path, O_RDONLY | O_CLOEXEC | flags)) {}
  ~file() {
    if (fd_ >= 0) ::close(fd_);
  }
  file(const file&) = delete;
  file& operator=(const file&) = delete;

  bool is_open() const noexcept { return fd_ >= 0; }
  int fd() const noexcept { return fd_; }

  // At the end of the file, and on errors: 0.
  std::size_t read(char* to, std::size_t most) const noexcept {
    ssize_t got;
    do got = ::read(fd_, to, most);
    while (got < 0 && errno == EINTR);
    return got > 0 ? static_cast<std::size_t>(got) : 0;
  }

 private:
  int fd_;
};

// The text of /proc/self/task/TID/NAME, cut to what `text` holds; empty when there is none.
std::string_view read_of_task(int tid, const char* name, std::span<char> text) noexcept {
  char path[64];
  text_writer out(path);
  out.text("/proc/self/task/").dec(static_cast<std::uint64_t>(tid)).text("/").text(name);
  out.character('\0');
  const file f(path);
  if (!f.is_open()) return {};
  std::size_t used = 0;
  while (used < text.size()) {
    const std::size_t got = f.read(text.data() + used, text.size() - used);
    if (got == 0) break;
    used += got;
  }
  return {text.data(), used};
}

// The kernel's own, which C libraries declare under various names.
struct directory_entry {
  std::uint64_t inode;
  std::int64_t offset;
  std::uint16_t size;
  std::uint8_t type;
  char name[1];
};
constexpr std::size_t name_offset = offsetof(directory_entry, name);

// 0: not a number.
int number_of(const char* name, std::size_t most) noexcept {
  int number = 0;
  for (std::size_t i = 0; i < most && name[i] != '\0'; ++i) {
    if (name[i] < '0' || name[i] > '9' || number > 100'000'000) return 0;
    number = number * 10 + (name[i] - '0');
  }
  return number;
}

}  // namespace

bool for_each_task(void (*visit)(int tid, void* argument), void* argument) noexcept {
  const errno_keeper keeper;
  const file folder("/proc/self/task", O_DIRECTORY);
  if (!folder.is_open()) return false;
  alignas(directory_entry) char entries[4096];
  bool any = false;
  for (;;) {
    const long got = ::syscall(SYS_getdents64, folder.fd(), entries, sizeof entries);
    if (got <= 0) return any;
    for (std::size_t at = 0; at + name_offset < static_cast<std::size_t>(got);) {
      std::uint16_t size = 0;
      std::memcpy(&size, entries + at + offsetof(directory_entry, size), sizeof size);
      if (size <= name_offset || at + size > static_cast<std::size_t>(got)) return any;
      if (const int tid = number_of(entries + at + name_offset, size - name_offset); tid > 0) {
        any = true;
        visit(tid, argument);
      }
      at += size;
    }
  }
}

bool read_task_status(int tid, task_status& out) noexcept {
  const errno_keeper keeper;
  char text[4096];
  return parse_task_status(read_of_task(tid, "status", text), out);
}

bool read_task_call(int tid, task_call& out) noexcept {
  const errno_keeper keeper;
  char text[256];
  return parse_task_call(read_of_task(tid, "syscall", text), out);
}

// Line by line through a buffer; the rest of a line that is too long is its name's, and dropped.
bool for_each_mapping(bool (*visit)(const mapping& m, void* argument), void* argument) noexcept {
  const errno_keeper keeper;
  const file maps("/proc/self/maps");
  if (!maps.is_open()) return false;
  char text[2048];
  std::size_t used = 0;
  bool in_long_line = false;
  for (;;) {
    const std::size_t got = maps.read(text + used, sizeof text - used);
    used += got;
    if (used == 0) return true;
    const std::string_view all(text, used);
    std::size_t end = all.find('\n');
    const bool whole = end != all.npos;
    if (!whole && got != 0 && used < sizeof text) continue;
    end = std::min(end, used);
    mapping m;
    if (!in_long_line && parse_mapping(all.substr(0, end), m) && !visit(m, argument)) return true;
    in_long_line = !whole && got != 0;
    const std::size_t taken = std::min(end + 1, used);
    std::memmove(text, text + taken, used - taken);
    used -= taken;
  }
}

}  // namespace gander::os
