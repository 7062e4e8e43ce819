// SPDX-License-Identifier: Apache-2.0
//
// An event as consumers of a trace see it: with its place in the one order of all events, where it
// happened, and what it changed.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "trace/event_type.h"
#include "trace/generation.h"

namespace gander::tool {

// As it stands in the batch of an M.
struct raw_event {
  event_type type = event_type::none;
  std::uint64_t offset = 0;
  std::uint64_t time = 0;  // in units of the generation's clock
  std::array<std::uint64_t, most_arguments> arguments = {};
};

template <class State, std::uint64_t none>
struct change {
  std::uint64_t id = none;   // of whom
  State from = State::none;  // State::none: new, or unknown until now
  State to = State::none;    // State::none: ended
  bool any() const { return id != none; }
};

struct event {
  event_type type = event_type::none;
  // Not in the file: GoSwitch is told as GoUnblock, GoBlock and GoStart, too.
  bool derived = false;
  std::uint64_t offset = 0;
  std::int64_t time_ns = 0;  // increases from event to event
  // Where it happened; what was bound to the thread before it.
  std::uint64_t thread = no_thread;
  std::uint64_t proc = no_proc;
  std::uint64_t goroutine = no_goroutine;
  std::array<std::uint64_t, most_arguments> arguments = {};
  change<goroutine_state, no_goroutine> g = {};
  change<proc_state, no_proc> p = {};

  std::uint64_t stack() const;  // of `goroutine`; 0: none
};

// "M=4711 P=1 G=7 GoBlock reason="chan receive" …", on one line.
std::string describe(const event& e, const generation& tables);
// Each frame on a line: "\tstack main.work /home/x/main.cc:41"; and of GoCreate "\tnew_stack …".
std::string describe_stacks(const event& e, const generation& tables);

}  // namespace gander::tool
