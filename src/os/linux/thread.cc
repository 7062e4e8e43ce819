// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "os/linux/errno_keeper.h"
#include "os/os.h"

namespace gander::os {
namespace {

// The mask of the thread that started the runtime: a worker must not inherit what some goroutine
// happened to block at the moment a thread was needed.
sigset_t first_mask() {
  sigset_t mask;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  return mask;
}

struct start_arguments {
  void (*body)(void*);
  void* argument;
  const char* name;
  sigset_t mask;
  std::atomic<std::uint32_t> taken{0};
};

void* run_thread(void* raw) {
  auto* shared = static_cast<start_arguments*>(raw);
  const auto body = shared->body;
  void* const argument = shared->argument;
  char name[16];
  std::snprintf(name, sizeof name, "%s", shared->name);
  const sigset_t mask = shared->mask;
  shared->taken.store(1);  // from here on *shared, on the creator's stack, may be gone
  futex_wake(shared->taken);
  ::pthread_setname_np(::pthread_self(), name);
  ::pthread_sigmask(SIG_SETMASK, &mask, nullptr);
  body(argument);
  return nullptr;
}

std::size_t read_file(const char* path, char* out, std::size_t size) {
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  const ssize_t got = ::read(fd, out, size - 1);
  ::close(fd);
  if (got <= 0) return 0;
  out[got] = '\0';
  return static_cast<std::size_t>(got);
}

// The quota of control group v2 ("max 100000" or "200000 100000") or v1, in whole processors
// rounded up.
int quota_cpus() {
  char text[128];
  long quota = 0;
  long period = 0;
  if (read_file("/sys/fs/cgroup/cpu.max", text, sizeof text) != 0) {
    if (std::sscanf(text, "%ld %ld", &quota, &period) != 2) return 0;
  } else {
    if (read_file("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", text, sizeof text) == 0) return 0;
    quota = std::strtol(text, nullptr, 10);
    if (read_file("/sys/fs/cgroup/cpu/cpu.cfs_period_us", text, sizeof text) == 0) return 0;
    period = std::strtol(text, nullptr, 10);
  }
  if (quota <= 0 || period <= 0) return 0;
  return static_cast<int>((quota + period - 1) / period);
}

}  // namespace

int thread_id() noexcept { return static_cast<int>(::syscall(SYS_gettid)); }
int process_id() noexcept { return static_cast<int>(::syscall(SYS_getpid)); }
void yield_thread() noexcept { ::sched_yield(); }

bool start_thread(void (*body)(void*), void* argument, std::size_t stack_size,
                  const char* name) noexcept {
  const errno_keeper
      keeper;  // a call that happens to need a thread must look like one that does not
  static const sigset_t worker_mask = first_mask();
  start_arguments shared{body, argument, name, worker_mask};
  pthread_attr_t attributes;
  if (::pthread_attr_init(&attributes) != 0) return false;
  ::pthread_attr_setstacksize(&attributes, stack_size);
  ::pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  // No signal may reach the new thread before it has a signal stack and its own mask.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  const int error = ::pthread_create(&thread, &attributes, run_thread, &shared);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ::pthread_attr_destroy(&attributes);
  if (error != 0) return false;
  while (shared.taken.load() == 0) futex_wait(shared.taken, 0);
  return true;
}

void block_broken_pipe_signal() noexcept {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

bool is_start_of_worker(void* (*start)(void*)) noexcept { return start == run_thread; }

// A thread-specific key and not a C++ thread_local: this needs no destructor list from malloc.
void at_thread_exit(void (*body)(void*), void* argument) noexcept {
  static void (*destructor)(void*) = body;
  static const pthread_key_t key = [] {
    pthread_key_t made;
    ::pthread_key_create(&made, destructor);
    return made;
  }();
  ::pthread_setspecific(key, argument);
}

void at_fork_in_child(void (*body)()) noexcept { ::pthread_atfork(nullptr, nullptr, body); }

stack_bounds current_stack() noexcept {
  const errno_keeper keeper;
  pthread_attr_t attributes;
  stack_bounds bounds{0, 0};
  if (::pthread_getattr_np(::pthread_self(), &attributes) != 0) return bounds;
  void* low = nullptr;
  std::size_t size = 0;
  if (::pthread_attr_getstack(&attributes, &low, &size) == 0) {
    bounds.low = reinterpret_cast<std::uintptr_t>(low);
    bounds.high = bounds.low + size;
  }
  ::pthread_attr_destroy(&attributes);
  return bounds;
}

task_state state_of(int tid) noexcept {
  const errno_keeper keeper;
  char path[64];
  std::snprintf(path, sizeof path, "/proc/self/task/%d/stat", tid);
  char text[512];
  if (read_file(path, text, sizeof text) == 0) return task_state::unknown;
  // "tid (name) S …": the name may itself hold parentheses, so the state follows the last one.
  const char* end_of_name = std::strrchr(text, ')');
  if (end_of_name == nullptr || end_of_name[1] == '\0') return task_state::unknown;
  return end_of_name[2] == 'R' ? task_state::running : task_state::sleeping;
}

int thread_count() noexcept {
  const errno_keeper keeper;
  char text[4096];
  if (read_file("/proc/self/status", text, sizeof text) == 0) return -1;
  const char* line = std::strstr(text, "\nThreads:");
  return line != nullptr ? static_cast<int>(std::strtol(line + 9, nullptr, 10)) : -1;
}

int usable_cpus() noexcept {
  const errno_keeper keeper;
  // A set of 1,024 processors is too small on the largest machines: the kernel answers EINVAL; then
  // all count.
  cpu_set_t mask;
  int cpus = ::sched_getaffinity(0, sizeof mask, &mask) == 0
                 ? CPU_COUNT(&mask)
                 : static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN));
  if (const int quota = quota_cpus(); quota > 0 && quota < cpus) cpus = quota;
  return cpus > 0 ? cpus : 1;
}

bool has_several_cpus() noexcept {
  static const bool several = usable_cpus() > 1;
  return several;
}

}  // namespace gander::os
