// SPDX-License-Identifier: Apache-2.0
//
// $GODEBUG: switches for whoever runs a program, "name=value,name=value", as Go has them. Names
// that nobody knows are left alone, for Go has many; a value that makes no sense is told on stderr
// and ignored. docs/reading-a-report.md has the table.
#pragma once

#include <cstdint>

namespace gander {

struct godebug_settings {
  bool dumponquit = false;      // SIGQUIT writes a report and does not end the program
  bool leakcheck = false;       // leaked goroutines are told at exit and on SIGQUIT
  bool tracebackgroup = false;  // goroutines with equal stacks are shown once
  bool flightrecorder = false;  // the flight recorder runs from the start
  // The collected heap's.
  bool gctrace = false;                     // a line for each cycle
  bool gccheckmark = false;                 // marks are checked against a second marking
  bool gcstoptheworld = false;              // nobody runs while marking goes on
  bool gcstress = false;                    // a collection at every allocation
  bool clobberfree = false;                 // freed objects are filled with a pattern
  bool invalidptr = true;                   // a pointer to a freed object ends the program
  bool gcbarrier_dijkstra = false;          // gcbarrier=dijkstra: only what is written is told
  std::int64_t memprofilerate = 512 << 10;  // bytes for each object whose place is remembered
  std::int64_t traceadvanceperiod_ns = 1'000'000'000;  // how long a trace's generation lasts
  // A signal that writes the flight recorder to gander-PID.trace: "USR2"; "": none.
  char flightsignal[8] = {};
};

// Written before the handlers that read it are installed.
extern godebug_settings godebug;

// At the start, before anything uses them; later calls do nothing. Not in a handler.
void read_godebug() noexcept;

}  // namespace gander
