// SPDX-License-Identifier: Apache-2.0
//
// Our definition of pthread_create: it gives each thread of the program a stack for signals and
// goes on to the C library's. Without one the overflow of a thread's stack ends the process without
// a word, for the kernel finds no place to call a handler on.
//
// It does so from the moment that handlers are installed, and for threads that are not the
// runtime's own, whose signal stacks are their Ms'. Symbol lookup finds this definition first; it
// is weak, so that one of the program's own takes its place. Where a sanitizer is linked, that one
// starts threads, and has signal stacks for them.
//
// The signal stack is mapped by the creator, and what the thread is to run stands at its lowest end
// meanwhile. It goes with the thread.
#include "crash/thread_start.h"

#include <dlfcn.h>
#include <pthread.h>
#include <threads.h>

#include <atomic>
#include <cerrno>
#include <csignal>

#include "base/sanitizers.h"
#include "crash/signal_stack.h"
#include "os/os.h"

namespace gander::crash {
namespace {
std::atomic<bool> gives_stacks{false};
}  // namespace

void give_signal_stacks_to_threads() noexcept { gives_stacks.store(true); }

}  // namespace gander::crash

#if !defined(GANDER_ASAN) && !defined(GANDER_TSAN)

extern "C" {
// The C library's, in programs linked with -static: the reference to thrd_create, which calls it,
// brings it in. Elsewhere there is no such symbol, and RTLD_NEXT has the way.
[[gnu::weak]] int __pthread_create(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
[[gnu::weak]] int __interceptor_pthread_create(pthread_t*, const pthread_attr_t*, void* (*)(void*),
                                               void*);
[[gnu::weak, gnu::visibility("default")]] int pthread_create(pthread_t* thread,
                                                             const pthread_attr_t* attributes,
                                                             void* (*start)(void*),
                                                             void* argument) noexcept;
}

namespace gander::crash {
namespace {

using create_function = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
[[gnu::used]] int (*const brings_it_in)(thrd_t*, thrd_start_t, void*) = thrd_create;

create_function next_create() noexcept {
  if (__interceptor_pthread_create != nullptr) return __interceptor_pthread_create;
  if (__pthread_create != nullptr) return __pthread_create;
  return reinterpret_cast<create_function>(::dlsym(RTLD_NEXT, "pthread_create"));
}

struct start_of_thread {
  void* (*start)(void*);
  void* argument;
};

// The thread may also end by pthread_exit() or be cancelled: both unwind.
struct stack_in_use {
  char* lowest;

  explicit stack_in_use(char* stack) noexcept : lowest(stack) { crash::use_signal_stack(stack); }
  ~stack_in_use() { crash::release_signal_stack(lowest); }
  stack_in_use(const stack_in_use&) = delete;
  stack_in_use& operator=(const stack_in_use&) = delete;
};

void* run_thread(void* raw) {
  const start_of_thread what = *static_cast<start_of_thread*>(raw);
  const stack_in_use stack(static_cast<char*>(raw));
  return what.start(what.argument);
}

int create_thread(pthread_t* thread, const pthread_attr_t* attributes, void* (*start)(void*),
                  void* argument) noexcept {
  static const create_function next = next_create();
  if (next == nullptr) return EAGAIN;
  const bool theirs = gives_stacks.load() && __interceptor_pthread_create == nullptr &&
                      !os::is_start_of_worker(start);
  char* const stack = theirs ? new_signal_stack() : nullptr;
  if (stack == nullptr) return next(thread, attributes, start, argument);
  auto* const what = reinterpret_cast<start_of_thread*>(stack);
  *what = {start, argument};
  const int error = next(thread, attributes, run_thread, what);
  if (error != 0) free_signal_stack(stack);
  return error;
}

}  // namespace
}  // namespace gander::crash

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*start)(void*),
                   void* argument) noexcept {
  return gander::crash::create_thread(thread, attributes, start, argument);
}

#endif
