// SPDX-License-Identifier: Apache-2.0
//
// A program with a __cxa_throw of its own in front of all others, as tools that look at exceptions
// have: throws are not recorded. Dies of an exception whose frames are gone.
#include <dlfcn.h>
#include <gander/gander.h>

#include <stdexcept>

extern "C" {
[[noreturn]] void __cxa_throw(void* object, void* type, void (*destroy)(void*));
}

void __cxa_throw(void* object, void* type, void (*destroy)(void*)) {
  reinterpret_cast<void (*)(void*, void*, void (*)(void*))>(::dlsym(RTLD_NEXT, "__cxa_throw"))(
      object, type, destroy);
  __builtin_unreachable();
}

namespace {

[[gnu::noinline]] void throw_here() {
  throw std::runtime_error("thrown");
  asm volatile("");
}

struct passed {
  ~passed() { asm volatile(""); }
};

// A frame to be left: in the next one, compilers would leave out what ends in terminate.
[[gnu::noinline]] void throw_through() {
  const passed p;
  throw_here();
}

[[gnu::noinline]] void let_nothing_out() noexcept {
  throw_through();
  asm volatile("");
}

}  // namespace

int main() { return gander::run(let_nothing_out); }
