// SPDX-License-Identifier: Apache-2.0
//
// throw_hooks.cc for programs linked with -static: there the linker puts these in front of the C++
// runtime's functions, if it is told to (--wrap, which the CMake target gander::static_program and
// `pkg-config --static` do). Without that nobody calls them.
#include <cstddef>

#include "crash/throw_record.h"
#include "gc/exceptions.h"

extern "C" {
[[noreturn]] void __wrap___cxa_throw(void* object, void* type, void (*destroy)(void*));
[[noreturn, gnu::weak]] void __real___cxa_throw(void* object, void* type, void (*destroy)(void*));

void* __wrap___cxa_allocate_exception(std::size_t bytes) noexcept;
[[gnu::weak]] void* __real___cxa_allocate_exception(std::size_t bytes) noexcept;
void __wrap___cxa_free_exception(void* object) noexcept;
[[gnu::weak]] void __real___cxa_free_exception(void* object) noexcept;

[[noreturn]] void gander_wrap_rethrow(void* const* pointer) asm(
    "__wrap__ZSt17rethrow_exceptionNSt15__exception_ptr13exception_ptrE");
[[noreturn, gnu::weak]] void gander_real_rethrow(void* const* pointer) asm(
    "__real__ZSt17rethrow_exceptionNSt15__exception_ptr13exception_ptrE");

// These bring the real ones into the link, which stand beside them: once all calls have been
// diverted, nobody asks for those by their names.
void* __cxa_init_primary_exception(void* object, void* type, void (*destroy)(void*)) noexcept;
extern void* (*const gander_keeps_throw)(void*, void*, void (*)(void*)) noexcept;
void* (*const gander_keeps_throw)(void*, void*,
                                  void (*)(void*)) noexcept = __cxa_init_primary_exception;
void __cxa_free_dependent_exception(void* exception) noexcept;
extern void (*const gander_keeps_free)(void*) noexcept;
void (*const gander_keeps_free)(void*) noexcept = __cxa_free_dependent_exception;
}

void* __wrap___cxa_allocate_exception(std::size_t bytes) noexcept {
  void* const object = __real___cxa_allocate_exception(bytes);
  gander::gc::exceptions::enter(object, bytes);
  return object;
}

void __wrap___cxa_free_exception(void* object) noexcept {
  gander::gc::exceptions::leave(object);
  __real___cxa_free_exception(object);
}

void __wrap___cxa_throw(void* object, void* type, void (*destroy)(void*)) {
  const auto destroy_and_leave = gander::gc::exceptions::enter_thrown(object, destroy);
  gander::crash::record_throw(object);
  __real___cxa_throw(object, type, destroy_and_leave);
}

void gander_wrap_rethrow(void* const* pointer) {
  gander::crash::record_throw(*pointer);
  gander_real_rethrow(pointer);
}
