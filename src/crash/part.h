// SPDX-License-Identifier: Apache-2.0
//
// The parts of a report, each with a time budget and its own recovery from a fault: what is broken
// or hangs costs itself and no more, and the process always ends.
//
// One thread makes the report, the *reporter*. A fault leaves the part that it happens in. So does
// a *poke*: a directed signal (the freeze's) that says "look at your clock" and nothing else. It is
// sent by the supervisor: the dying thread, while the crash thread reports; a timer of the system,
// where the dying thread reports itself.
//
//     reporter                                 supervisor
//     run_part(): sets the deadline            looks at it from time to time; past it: pokes
//     answer_poke(), in the handler:
//       first: leaves the innermost step       (the names of one module, say, and goes on without)
//       then: leaves the part
//       moves the deadline on, both times      a deadline that no poke moves: the reporter is deaf
//
// All state but the deadline is the reporter's own, so a poke that comes late does no harm. Parts
// nest. Async-signal-safe. Any stack.
#pragma once

#include <atomic>
#include <cstdint>
#include <type_traits>

namespace gander::crash {

// The thread that makes the report; 0: there is none. Here, so that the freeze's handler may ask
// before it calls anything.
extern std::atomic<int> reporter_tid;

// The calling thread reports from now on. `by_timer`: nobody else will poke it.
void become_reporter(bool by_timer) noexcept;

enum class part_end : std::uint8_t { done, fault, slow };

// REQUIRES: the calling thread is the reporter. `what` lives for ever.
part_end run_part(const char* what, std::int64_t budget_ns, void (*body)(void*),
                  void* argument) noexcept;

template <typename Body>
part_end run_part(const char* what, std::int64_t budget_ns, Body&& body) noexcept {
  using type = std::remove_reference_t<Body>;
  return run_part(
      what, budget_ns, [](void* b) { (*static_cast<type*>(b))(); }, &body);
}

// Whether the current part has used up its time: for loops that can stop by themselves.
bool part_is_late() noexcept;

// The part that runs, nullptr between two. Any thread.
const char* current_part() noexcept;

// In the handler, on the reporter. Does not return if there is something to leave.
void answer_poke() noexcept;

// Pokes the reporter while `state` is `reporting`; false: the reporter is deaf.
bool supervise(const std::atomic<std::uint32_t>& state, std::uint32_t reporting) noexcept;

// For tests: the time of the current part is over.
void use_up_time() noexcept;

}  // namespace gander::crash
