// SPDX-License-Identifier: Apache-2.0
//
// Panics are C++ exceptions: panic() throws, `catch` recovers, destructors are what Go defers.
#pragma once

#include <gander/internal/place.h>

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
  panic_error(const char* text, const internal::past& past)
      : std::runtime_error(text), past_(past) {}

 private:
  friend internal::inside;

  internal::past past_;  // of the object that was misused; for the report
};

// What a fault in a goroutine's code is thrown as, where debug::set_panic_on_fault() says so.
// what() is in Go's words, "runtime error: invalid memory address or nil pointer dereference" say.
// Its members may be called anywhere.
class fault_error : public panic_error {
 public:
  fault_error(const char* text, int signal_number, int signal_code, const void* address,
              const void* pc)
      : panic_error(text),
        signal_number_(signal_number),
        signal_code_(signal_code),
        address_(address),
        pc_(pc) {}

  int signal_number() const noexcept { return signal_number_; }  // SIGSEGV, SIGBUS or SIGFPE
  int signal_code() const noexcept { return signal_code_; }      // siginfo_t::si_code
  // That was accessed; nullptr for one that no address can be. Of SIGFPE: as pc().
  const void* address() const noexcept { return address_; }
  const void* pc() const noexcept { return pc_; }  // of the instruction

 private:
  int signal_number_;
  int signal_code_;
  const void* address_;
  const void* pc_;
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

namespace internal {
// The same, where the library knows what the object has been through.
[[noreturn, gnu::cold, gnu::noinline]] inline void panic_about(const char* text, const past& past) {
  throw panic_error(text, past);
}
}  // namespace internal

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
