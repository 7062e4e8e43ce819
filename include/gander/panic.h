// SPDX-License-Identifier: Apache-2.0
//
// Panics are C++ exceptions: panic() throws, `catch` recovers, destructors are what Go defers.
#pragma once

#include <concepts>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#pragma GCC visibility push(default)

namespace gander {

// What panic() throws, and what misuse of the library throws in Go's own words ("send on closed
// channel"). Left uncaught in a goroutine, it ends the process with a report, as any exception
// does.
class panic_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Throws panic_error(text). May throw std::bad_alloc instead. Non-switching; any thread.
//
//     try {
//       gander::panic("no such shape");
//     } catch (const gander::panic_error& e) {
//       log(e.what());
//     }
[[noreturn, gnu::cold, gnu::noinline]] inline void panic(std::string_view text) {
  throw panic_error(std::string(text));
}

// Runs `f` at the end of the scope, also when an exception or goexit() leaves it.
//
//     gander::defer unlock([&] { m.unlock(); });
//
// An exception that leaves `f` goes on from the end of the scope, but ends the process when the
// scope is being left by another one already (C++'s rule).
template <std::invocable F>
class [[nodiscard]] defer {
 public:
  explicit defer(F f) noexcept(noexcept(F(std::move(f)))) : f_(std::move(f)) {}
  ~defer() noexcept(noexcept(std::declval<F&>()())) { f_(); }
  defer(const defer&) = delete;
  defer& operator=(const defer&) = delete;

 private:
  F f_;
};

}  // namespace gander

#pragma GCC visibility pop
