// SPDX-License-Identifier: Apache-2.0
//
// Our definitions of the functions by which C++ throws: they record the throw, tell the collector
// of the exception, and go on to those of the C++ runtime. Symbol lookup finds ours first, also for
// throws out of shared objects (std::vector::at is one), which the linker's --wrap would miss.
// `throw;` is not among them: the record of the first throw is the one to be shown.
//
// They are weak, so that a program linked with -static, in which there is no second symbol to go on
// to, keeps those of the C++ runtime; throw_wrap.cc is for such programs.
#include <dlfcn.h>

#include <atomic>
#include <cstddef>

#include "base/check.h"
#include "base/sanitizers.h"
#include "crash/throw_record.h"
#include "gc/exceptions.h"

extern "C" {

#ifdef GANDER_ASAN
// The sanitizer has definitions of its own, weak and first in the link: ours must be strong ones,
// and do what those do.
#define GANDER_THROW_HOOK [[noreturn, gnu::visibility("default")]]
void __asan_handle_no_return();
#else
#define GANDER_THROW_HOOK [[noreturn, gnu::weak, gnu::visibility("default")]]
#endif

GANDER_THROW_HOOK void __cxa_throw(void* object, void* type, void (*destroy)(void*));

// What is thrown is made in memory that these give and take back.
[[gnu::weak, gnu::visibility("default")]] void* __cxa_allocate_exception(
    std::size_t bytes) noexcept;
[[gnu::weak, gnu::visibility("default")]] void __cxa_free_exception(void* object) noexcept;

// An exception_ptr is passed by its address, and holds that of the exception.
GANDER_THROW_HOOK void gander_rethrow_exception(void* const* pointer) asm(
    "_ZSt17rethrow_exceptionNSt15__exception_ptr13exception_ptrE");
}

namespace {

// The exception leaves frames that asan has poisoned.
void before_unwinding() noexcept {
#ifdef GANDER_ASAN
  __asan_handle_no_return();
#endif
}

// The C++ runtime's own, looked up at first use. Not by a static local: its guard would be held
// during the look-up, which waits for the loader, and with that a constructor of a library that is
// being opened may be held up that throws.
template <typename F>
class next_definition {
 public:
  constexpr explicit next_definition(const char* symbol) noexcept : symbol_(symbol) {}

  F* get() noexcept {
    F* f = found_.load(std::memory_order_relaxed);  // all find the same
    if (f != nullptr) return f;
    f = reinterpret_cast<F*>(::dlsym(RTLD_NEXT, symbol_));
    gander::check(f != nullptr, "there is nothing to throw exceptions with behind Gander");
    found_.store(f, std::memory_order_relaxed);
    return f;
  }

 private:
  const char* symbol_;
  std::atomic<F*> found_{nullptr};
};

constinit next_definition<void*(std::size_t)> next_allocate("__cxa_allocate_exception");
constinit next_definition<void(void*)> next_free("__cxa_free_exception");
constinit next_definition<void(void*, void*, void (*)(void*))> next_throw("__cxa_throw");
constinit next_definition<void(void* const*)> next_rethrow(
    "_ZSt17rethrow_exceptionNSt15__exception_ptr13exception_ptrE");

}  // namespace

void* __cxa_allocate_exception(std::size_t bytes) noexcept {
  void* const object = next_allocate.get()(bytes);
  gander::gc::exceptions::enter(object, bytes);
  return object;
}

void __cxa_free_exception(void* object) noexcept {
  gander::gc::exceptions::leave(object);
  next_free.get()(object);
}

void __cxa_throw(void* object, void* type, void (*destroy)(void*)) {
  const auto destroy_and_leave = gander::gc::exceptions::enter_thrown(object, destroy);
  gander::crash::record_throw(object);
  before_unwinding();
  next_throw.get()(object, type, destroy_and_leave);
  __builtin_unreachable();
}

void gander_rethrow_exception(void* const* pointer) {
  gander::crash::record_throw(*pointer);
  before_unwinding();
  next_rethrow.get()(pointer);
  __builtin_unreachable();
}
