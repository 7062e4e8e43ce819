// SPDX-License-Identifier: Apache-2.0
//
// throw_hooks.cc for programs linked with -static: there the linker puts these in front of the C++
// runtime's functions, if it is told to (--wrap, which the CMake target gander::static_program and
// `pkg-config --static` do). Without that nobody calls them.
#include "crash/throw_record.h"
#include "gc/exceptions.h"

extern "C" {
[[noreturn]] void __wrap___cxa_throw(void* object, void* type, void (*destroy)(void*));
[[noreturn, gnu::weak]] void __real___cxa_throw(void* object, void* type, void (*destroy)(void*));

[[noreturn]] void gander_wrap_rethrow(void* const* pointer) asm(
    "__wrap__ZSt17rethrow_exceptionNSt15__exception_ptr13exception_ptrE");
[[noreturn, gnu::weak]] void gander_real_rethrow(void* const* pointer) asm(
    "__real__ZSt17rethrow_exceptionNSt15__exception_ptr13exception_ptrE");

// Brings the real __cxa_throw into the link, which stands beside it: once all calls have been
// diverted, nobody asks for it by its name.
void* __cxa_init_primary_exception(void* object, void* type, void (*destroy)(void*)) noexcept;
extern void* (*const gander_keeps_throw)(void*, void*, void (*)(void*)) noexcept;
void* (*const gander_keeps_throw)(void*, void*,
                                  void (*)(void*)) noexcept = __cxa_init_primary_exception;
}

void __wrap___cxa_throw(void* object, void* type, void (*destroy)(void*)) {
  const auto destroy_and_leave = gander::gc::exceptions::enter(object, destroy);  // at once
  gander::crash::record_throw(object);
  __real___cxa_throw(object, type, destroy_and_leave);
}

void gander_wrap_rethrow(void* const* pointer) {
  gander::crash::record_throw(*pointer);
  gander_real_rethrow(pointer);
}
