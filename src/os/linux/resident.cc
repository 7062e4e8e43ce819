// SPDX-License-Identifier: Apache-2.0
//
// Of private mappings /proc/self/pagemap: eight bytes for each page, of which everybody may read
// whether it is there. mincore() would not tell of pages that are swapped out.
#include "os/resident.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "os/linux/errno_keeper.h"
#include "os/os.h"
#include "os/page_probe.h"

namespace gander::os {
namespace {

constexpr std::uint64_t present = std::uint64_t{1} << 63;
constexpr std::uint64_t swapped = std::uint64_t{1} << 62;  // or a guard
constexpr std::size_t pages_at_once = 512;

bool are_touched(int fd, std::uintptr_t at, std::size_t count, bool* there) noexcept {
  std::array<std::uint64_t, pages_at_once> entries;
  const std::size_t bytes = count * sizeof entries[0];
  const auto offset = static_cast<off64_t>(at / page_size() * sizeof entries[0]);
  if (::pread64(fd, entries.data(), bytes, offset) != static_cast<ssize_t>(bytes)) return false;
  for (std::size_t i = 0; i < count; ++i) there[i] = (entries[i] & (present | swapped)) != 0;
  return true;
}

// What another process has touched, or this one at another address, is not in our pagemap.
bool are_cached(std::uintptr_t at, std::size_t count, bool* there) noexcept {
  std::array<unsigned char, pages_at_once> states;
  if (::mincore(reinterpret_cast<void*>(at), count * page_size(), states.data()) != 0) return false;
  for (std::size_t i = 0; i < count; ++i) there[i] = (states[i] & 1) != 0;
  return true;
}

}  // namespace

resident_pages::resident_pages() noexcept {
  const errno_keeper keeper;
  fd_ = ::open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
}

resident_pages::~resident_pages() {
  const errno_keeper keeper;
  if (fd_ >= 0) ::close(fd_);
}

bool resident_pages::look(std::uintptr_t begin, std::uintptr_t end, bool shared, visitor visit,
                          void* argument) noexcept {
  const errno_keeper keeper;
  const std::uintptr_t page = page_size();
  std::uintptr_t run = begin;  // where the present run of pages begins
  std::uintptr_t at = begin;
  const auto end_run = [&] {
    if (run < at) visit(run, at, argument);
  };
  while (at < end) {
    std::array<bool, pages_at_once> there;
    const std::size_t count = std::min((end - at) / page, there.size());
    if (!(shared ? are_cached(at, count, there.data()) : are_touched(fd_, at, count, there.data())))
      return false;
    for (std::size_t i = 0; i < count; ++i) {
      if (!there[i] || !page_is_readable(at)) {
        end_run();
        run = at + page;
      }
      at += page;
    }
  }
  end_run();
  return true;
}

}  // namespace gander::os
