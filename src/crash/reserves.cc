// SPDX-License-Identifier: Apache-2.0
#include "crash/reserves.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <utility>

#include "os/os.h"
#include "os/process.h"

namespace gander::crash {
namespace {

// A file, and behind it the one with its debug information.
constexpr int descriptor_count = 2;
int descriptors[descriptor_count] = {-1, -1};
struct stat kept_file;

// Of a limited address space a small part.
constexpr std::size_t most_space = std::size_t{sizeof(void*) == 8 ? 256 : 32} << 20;
void* space = nullptr;
std::size_t space_size = 0;

}  // namespace

void keep_reserves() noexcept {
  const int saved_errno = errno;
  for (int& fd : descriptors) {
    fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (fd >= 0) ::fstat(fd, &kept_file);
  }
  const std::size_t limit = os::address_space_limit();
  space_size = limit == SIZE_MAX ? most_space : std::min(most_space, limit / 16);
  space = os::reserve_untouchable(space_size);
  errno = saved_errno;
}

// Programs that close all descriptors use these numbers for files of their own.
void release_reserves() noexcept {
  static bool given_to_all = false;
  if (given_to_all) return;
  given_to_all = !os::unshare_descriptors();
  for (const int fd : descriptors) {
    struct stat now;
    if (fd >= 0 && ::fstat(fd, &now) == 0 && now.st_dev == kept_file.st_dev &&
        now.st_ino == kept_file.st_ino)
      ::close(fd);
  }
  if (void* const mapping = std::exchange(space, nullptr)) os::release(mapping, space_size);
}

}  // namespace gander::crash
