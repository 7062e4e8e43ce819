// SPDX-License-Identifier: Apache-2.0
//
// Starting the runtime: gander::run.
#pragma once

#include <gander/internal/goroutine.h>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#pragma GCC visibility push(default)

namespace gander {

// What becomes of the process when run() is over.
enum class exit_mode {
  normal,  // run() returns
  quick,   // stdio is flushed and the process ends with main's result: no destructors, no grace.
           // (A stream, other than the standard ones, that somebody keeps locked is waited for.)
};

// How to run. Values out of range are std::invalid_argument in run().
//
//     gander::run_options options;
//     options.gomaxprocs = 2;
//     gander::run(options, [] { serve(); });
struct run_options {
  // How many goroutines are scheduled at the same time; more than 1,024 count as 1,024. 0:
  // $GOMAXPROCS, else the processors that the affinity mask and the control group allow. Bounds
  // what is scheduled, not what runs: a goroutine that blocks or computes for long in C++ code
  // loses its place to another, and keeps its thread.
  int gomaxprocs = 0;
  // How long run() waits, at its end, for goroutines that are between two calls of the runtime.
  std::chrono::nanoseconds grace = std::chrono::milliseconds(100);
  exit_mode exit = exit_mode::normal;
  // False leaves all signals and the terminate handler to the program. (Handlers once installed
  // stay; debug::stack(true) installs one for SIGURG in any case.)
  bool crash_handlers = true;
  // Bytes, of goroutines that do not ask for another; 0: the default (192 KiB; 64 KiB where
  // pointers have 32 bits). 16 KiB to 1 GiB (256 MiB). The least power of two that holds it and its
  // guard of 64 KiB is reserved; touch commits it. Main has the size of a process's first stack, at
  // least 8 MiB.
  std::size_t stack_size = 0;
  // go() throws std::bad_alloc while so many goroutines of this run live, main included; 0: no
  // limit but memory.
  std::uint32_t max_goroutines = 0;
};

// Runs `main` as goroutine 1 and returns its result (0 for void). Starts the runtime on first use.
//
// When `main` returns, no other goroutine is scheduled again: they are not unwound. One that is in
// the user's own code goes on, like a detached thread, until its next call of the runtime, where it
// stays; run() waits `options.grace` for that. May be called again: the new run starts without
// goroutines.
//
//     int main() {
//       return gander::run([] {
//         gander::wait_group greeters;
//         for (int i = 0; i < 3; ++i) greeters.go([i] { std::printf("hello from %d\n", i); });
//         greeters.wait();
//       });
//     }
//
// Throws panic_error when a run is on already, in this thread or another; std::invalid_argument for
// options out of range; std::bad_alloc. An exception that leaves `main` ends the process with a
// report. To be called by a plain thread, which blocks until the end; `main` starts on it.
template <std::invocable F>
int run(const run_options& options, F&& main) {
  if constexpr (std::is_function_v<std::remove_reference_t<F>>) {
    return gander::run(options, &main);  // a pointer to a function is no pointer to an object
  } else {
    using entry = internal::main_entry<F>;
    return internal::run_main(options, &entry::call, entry::closure(main));
  }
}

template <std::invocable F>
int run(F&& main) {
  return gander::run(run_options{}, std::forward<F>(main));
}

}  // namespace gander

#pragma GCC visibility pop
