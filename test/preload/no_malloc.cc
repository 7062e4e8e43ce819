// SPDX-License-Identifier: Apache-2.0
//
// Preloaded into a test program: a thread that has said that it dies, and the crash thread, may not
// call malloc and its kin from then on: the process ends. (Others may be starting meanwhile.)
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <string_view>

extern "C" {
// The thread that may not; 0: there is none.
[[gnu::visibility("default")]] volatile int malloc_is_forbidden = 0;

void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* block, std::size_t size);
void __libc_free(void* block);
}

namespace {

void check() {
  if (malloc_is_forbidden == 0) return;
  char thread[16] = {};
  ::prctl(PR_GET_NAME, thread);
  if (::syscall(SYS_gettid) != malloc_is_forbidden && thread != std::string_view("gander-crash"))
    return;
  constexpr char words[] = "no_malloc: somebody allocates\n";
  [[maybe_unused]] auto written = ::write(STDERR_FILENO, words, sizeof words - 1);
  ::_exit(125);
}

}  // namespace

extern "C" {

[[gnu::visibility("default")]] void* malloc(std::size_t size) {
  check();
  return __libc_malloc(size);
}
[[gnu::visibility("default")]] void* calloc(std::size_t count, std::size_t size) {
  check();
  return __libc_calloc(count, size);
}
[[gnu::visibility("default")]] void* realloc(void* block, std::size_t size) {
  check();
  return __libc_realloc(block, size);
}
[[gnu::visibility("default")]] void free(void* block) {
  check();
  __libc_free(block);
}
}
