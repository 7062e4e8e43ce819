// SPDX-License-Identifier: Apache-2.0
//
// The command gander: one subcommand for each thing that it does.
#include "trace_command.h"

int main(int argc, char** argv) {
  CLI::App app("Looks at what programs on the Gander runtime, or on Go's, have written.", "gander");
  app.set_version_flag("--version", "gander " GANDER_COMMAND_VERSION);
  app.require_subcommand(1);
  gander::tool::trace_options trace;
  const CLI::App* const trace_command = gander::tool::add_trace_command(app, trace);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (trace_command->parsed()) return gander::tool::run_trace_command(trace);
  return 2;
}
