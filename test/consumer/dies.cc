// SPDX-License-Identifier: Apache-2.0
//
// dies own|library|rethrown: dies of an exception in the second phase of its unwinding, when the
// frames of the throw are gone: the report has them if throws are recorded.
#include <gander/gander.h>

#include <exception>
#include <stdexcept>
#include <string_view>
#include <vector>

// Not the last that its caller does, whose frame would then be missing.
[[gnu::noinline]] void throw_own() {
  throw std::runtime_error("thrown");
  asm volatile("");
}

[[gnu::noinline]] void throw_library() {
  std::vector<int> empty;
  empty.at(1) = 1;
  asm volatile("");
}

[[gnu::noinline]] void throw_rethrown() {
  std::rethrow_exception(std::make_exception_ptr(std::runtime_error("thrown again")));
  asm volatile("");
}

struct passed {
  ~passed() { asm volatile(""); }
};

// A frame to be left: in the next one, compilers would leave out what ends in terminate.
[[gnu::noinline]] void throw_through(void (*f)()) {
  const passed p;
  f();
}

[[gnu::noinline]] void let_nothing_out(void (*f)()) noexcept {
  throw_through(f);
  asm volatile("");
}

int main(int, char** argv) {
  const std::string_view how = argv[1];
  return gander::run([how] {
    let_nothing_out(how == "own" ? throw_own : how == "library" ? throw_library : throw_rethrown);
  });
}
