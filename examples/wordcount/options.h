// SPDX-License-Identifier: Apache-2.0

// The command line, the same for wordcount and its peer on threads.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace wordcount {

struct options {
  std::vector<std::string> paths;
  std::size_t top = 10;
  bool all = false;
  unsigned readers = 0;
};

// Returns -1 to go on, or the exit status (0 after --help, 2 after a mistake).
inline int parse(int argc, char** argv, options& result) {
  CLI::App app("Counts the words of files and of all files in folders.");
  app.add_option("PATH", result.paths, "files and folders; symbolic links inside are not followed")
      ->required();
  app.add_option("--top", result.top, "how many of the most frequent words to print")
      ->capture_default_str();
  app.add_flag("--all", result.all, "print every word and its count, sorted bytewise");
  app.add_option("-j,--readers", result.readers,
                 "how many readers (default: by the number of cores)")
      ->check(CLI::Range(1u, 65536u));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return -1;
}

}  // namespace wordcount
