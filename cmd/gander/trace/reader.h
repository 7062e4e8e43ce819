// SPDX-License-Identifier: Apache-2.0
//
// Reads a trace from its first byte to its last and hands its events, in their order, to a
// consumer. One generation is in memory at a time. What is wrong goes to the log; what can be read
// is handed on all the same:
//  - a generation that is cut off, or does not hold together, is left out;
//  - of one whose events have no order, those before the contradiction are handed on;
//  - after either the next generation begins anew, as that of a file of its own.
#pragma once

#include <array>
#include <cstdint>

#include "trace/event.h"
#include "trace/scheduler.h"

namespace gander::tool {

// By itself it takes no notice of anything.
class trace_consumer {
 public:
  virtual ~trace_consumer() = default;
  virtual void begin(unsigned minor) { (void)minor; }  // the version in the header
  // Its tables are those of the events that follow, until the next call.
  virtual void generation_begins(const generation& tables) { (void)tables; }
  virtual void take(const event& e, const generation& tables) { (void)e, (void)tables; }
  virtual void generation_ends(const generation& tables) { (void)tables; }
  // Something is missing here: nothing that was under way is known to go on.
  virtual void gap() {}
  virtual void end() {}
};

struct trace_totals {
  unsigned minor = 0;
  std::uint64_t generations = 0;  // handed on, whole or in part
  std::uint64_t events = 0;       // as in the file, CPU samples among them
  std::uint64_t goroutines = 0;
  std::array<std::uint64_t, 256> by_type = {};
  std::uint64_t against_time = 0;    // events that come after one of a later time
  std::int64_t against_time_ns = 0;  // the most of it
  std::uint64_t bytes = 0;
};

// Throws format_error when the file is not a trace at all, or of a version that is not known.
trace_totals read_trace(input& in, problem_log& problems, trace_consumer& to);

}  // namespace gander::tool
