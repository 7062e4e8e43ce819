// SPDX-License-Identifier: Apache-2.0
//
// Deaths in and around the C library's locks.
#include <dlfcn.h>
#include <gander/gander.h>
#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "injection/injection.h"
#include "injection/single_step.h"

namespace injection {
namespace {

// ---- in the midst of malloc, at every eighth of its instructions

constexpr std::size_t beyond_caches = 5000;

NOINLINE void allocate() {
  void* volatile block = std::malloc(beyond_caches);
  std::free(block);
  asm volatile("");  // no tail call before this
}

void in_malloc(unsigned eighths) {
  for (int i = 0; i < 100; ++i) allocate();
  const unsigned long steps = count_steps(allocate);
  die_at_step(allocate, steps * eighths / 8);
}

const way_to_die in_malloc_1("malloc_1", [] { in_malloc(1); });
const way_to_die in_malloc_2("malloc_2", [] { in_malloc(2); });
const way_to_die in_malloc_3("malloc_3", [] { in_malloc(3); });
const way_to_die in_malloc_4("malloc_4", [] { in_malloc(4); });
const way_to_die in_malloc_6("malloc_6", [] { in_malloc(6); });
const way_to_die in_malloc_7("malloc_7", [] { in_malloc(7); });

// ---- the heap's own data overwritten

NOINLINE void smash_heap() {
  for (std::size_t size : {24UL, 100UL, 1000UL, 5000UL}) {
    auto* const block = static_cast<char*>(std::malloc(size));
    volatile char* volatile end = block + size;
    for (int i = 0; i < 256; ++i) end[i] = 'x';
  }
}

const way_to_die smashed_heap("smashed_heap", [] {
  smash_heap();
  touch_null();
});

// The C library sees it and aborts.
NOINLINE void free_twice() {
  void* volatile block = std::malloc(beyond_caches);
  void* volatile fence = std::malloc(beyond_caches);
  std::free(block);
  std::free(block);
  std::free(fence);
}
const way_to_die double_free("double_free", free_twice);

// ---- within the loader's lock, held by this thread or by another

std::string module_path() {
  char path[4096];
  const ssize_t size = ::readlink("/proc/self/exe", path, sizeof path);
  const std::string self(path, static_cast<std::size_t>(size));
  return self.substr(0, self.rfind('/')) + "/libinjected_module.so";
}

NOINLINE void load_module() {
  ::setenv("INJECTED_MODULE", "die", 1);
  ::dlopen(module_path().c_str(), RTLD_NOW);
}
const way_to_die in_dlopen("dlopen", load_module);

const way_to_die beside_dlopen("beside_dlopen", [] {
  // It is told all before it is loaded, and answers by the pipe: the environment has no lock.
  int ends[2];
  if (::pipe(ends) != 0) return;
  ::setenv("INJECTED_MODULE", "stay", 1);
  ::setenv("INJECTED_MODULE_ANSWERS", std::to_string(ends[1]).c_str(), 1);
  start_thread([] { ::dlopen(module_path().c_str(), RTLD_NOW); });
  char byte;
  if (::read(ends[0], &byte, 1) == 1) touch_null();
});

NOINLINE void call_module() {
  ::setenv("INJECTED_MODULE", "load", 1);
  void* const handle = ::dlopen(module_path().c_str(), RTLD_NOW);
  const auto function = reinterpret_cast<void (*)()>(::dlsym(handle, "injected_module_dies"));
  function();
  asm volatile("");
}
const way_to_die in_module("module", call_module);

// ---- within a stream's lock

NOINLINE ssize_t stream_write(void*, const char*, std::size_t size) {
  touch_null();
  return static_cast<ssize_t>(size);
}
const way_to_die in_printf("printf", [] {
  FILE* const stream = ::fopencookie(
      nullptr, "w", {.read = nullptr, .write = stream_write, .seek = nullptr, .close = nullptr});
  std::setvbuf(stream, nullptr, _IONBF, 0);
  std::fprintf(stream, "%d", 1);
});

const way_to_die beside_printf("beside_printf", [] {
  static std::atomic<bool> locked{false};
  start_thread([] {
    ::flockfile(stdout);
    ::flockfile(stderr);
    locked = true;
    for (;;) ::pause();
  });
  await([] { return locked.load(); });
  touch_null();
});

// ---- within a lock of the runtime

NOINLINE void holds_mutex(gander::mutex& m) {
  m.lock();
  touch_null();
  m.unlock();
}
NOINLINE void wants_mutex(gander::mutex& m) {
  m.lock();
  asm volatile("");
}
const way_to_die in_mutex("mutex", [] {
  static gander::mutex m;
  gander::go([] {
    m.lock();
    gander::make_chan<int>().recv();
  });
  while (m.try_lock()) {
    m.unlock();
    gander::yield();
  }
  gander::go([] { wants_mutex(m); });
  while (gander::debug::stack(true).find("sync.Mutex.Lock") == std::string::npos) gander::yield();
  static gander::mutex own;
  holds_mutex(own);
});

}  // namespace
}  // namespace injection
