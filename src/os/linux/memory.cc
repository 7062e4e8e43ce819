// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "os/linux/errno_keeper.h"
#include "os/os.h"

#ifndef MADV_GUARD_INSTALL  // Linux 6.13; Debian 12's headers are older than the kernels it runs on
#define MADV_GUARD_INSTALL 102
#endif

namespace gander::os {
namespace {

void* map(std::size_t size, int protection, void* wanted = nullptr) {
  const errno_keeper keeper;
  void* memory =
      ::mmap(wanted, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  // Refused by kernels without huge pages, which then need it not.
  ::madvise(memory, size, MADV_NOHUGEPAGE);
  return memory;
}

template <typename Resource>  // an enum of glibc's, or an int
std::size_t soft_limit(Resource resource) {
  rlimit limit{};
  if (::getrlimit(resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return SIZE_MAX;
  return static_cast<std::size_t>(limit.rlim_cur);
}

}  // namespace

std::size_t page_size() noexcept {
  static const std::size_t size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return size;
}

void* reserve(std::size_t size) noexcept { return map(size, PROT_READ | PROT_WRITE); }
void* reserve_at(std::uintptr_t address, std::size_t size) noexcept {
  return map(size, PROT_READ | PROT_WRITE, reinterpret_cast<void*>(address));
}
void* reserve_untouchable(std::size_t size) noexcept { return map(size, PROT_NONE); }

bool make_usable(void* memory, std::size_t size) noexcept {
  const errno_keeper keeper;
  return ::mprotect(memory, size, PROT_READ | PROT_WRITE) == 0;
}

void release(void* memory, std::size_t size) noexcept { ::munmap(memory, size); }
void discard(void* memory, std::size_t size) noexcept {
  const errno_keeper keeper;
  ::madvise(memory, size, MADV_DONTNEED);
}

bool is_resident(void* memory) noexcept {
  const errno_keeper keeper;
  const std::uintptr_t page = reinterpret_cast<std::uintptr_t>(memory) & ~(page_size() - 1);
  unsigned char state = 0;  // mincore refuses addresses within a page
  return ::mincore(reinterpret_cast<void*>(page), 1, &state) == 0 && (state & 1) != 0;
}

bool guard_light(void* memory, std::size_t size) noexcept {
  const errno_keeper keeper;
  return ::madvise(memory, size, MADV_GUARD_INSTALL) == 0;
}

bool protect(void* memory, std::size_t size) noexcept {
  return ::mprotect(memory, size, PROT_NONE) == 0;
}

std::size_t max_mappings() noexcept {
  const errno_keeper keeper;
  std::size_t limit = 65530;
  if (const int fd = ::open("/proc/sys/vm/max_map_count", O_RDONLY | O_CLOEXEC); fd >= 0) {
    char text[32] = {};
    if (::read(fd, text, sizeof text - 1) > 0) std::sscanf(text, "%zu", &limit);
    ::close(fd);
  }
  return limit;
}

std::size_t main_stack_limit() noexcept { return soft_limit(RLIMIT_STACK); }
std::size_t address_space_limit() noexcept { return soft_limit(RLIMIT_AS); }

}  // namespace gander::os
