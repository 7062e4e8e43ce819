// SPDX-License-Identifier: Apache-2.0
//
// gander trace: what can be asked of an execution trace.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace gander::tool {

struct trace_options {
  std::string file;
  bool check = false;
  bool events = false;
  bool stacks = false;  // of the events
  bool json = false;
  bool each = false;
  std::size_t top = 10;
  std::string perfetto = {};  // where to; empty: not asked for
  bool http = false;
  std::string address = {};  // of --http; empty: the loopback and any port
};

// Tells CLI11 of them.
CLI::App* add_trace_command(CLI::App& app, trace_options& options);

// Returns the exit status: 0 all is well, 1 something is wrong with the trace, 2 it cannot be
// opened.
int run_trace_command(const trace_options& options);

}  // namespace gander::tool
