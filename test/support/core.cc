// SPDX-License-Identifier: Apache-2.0
#include "support/core.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <stdexcept>

namespace gander::testing {

using namespace std::chrono_literals;

temporary_folder::temporary_folder() {
  std::string name = std::filesystem::temp_directory_path() / "gander-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = name;
}

child_result gdb(const std::string& program, const std::vector<std::string>& options) {
  std::vector<std::string> words{"gdb", "-nx", "-batch", "-iex", "set debuginfod enabled off"};
  words.insert(words.end(), options.begin(), options.end());
  return run_program(program, {}, {.limit = 100s, .wrapper = words});
}

std::string core_of(const std::string& program, const std::string& argument,
                    const temporary_folder& folder) {
  const child_options options{.environment = {{"GOTRACEBACK", "crash"}},
                              .limit = 60s,
                              .folder = folder.path(),
                              .core_dumps = true,
                              .sanitizer = faults_are_ours + ":disable_coredump=0"};
  const child_result child = run_program(program, {argument}, options);
  EXPECT_EQ(child.signal, SIGABRT) << child.err;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) return entry.path();
  child_options under_gdb = options;
  const std::string core = folder.path() / "core";
  under_gdb.wrapper = {"gdb",
                       "-nx",
                       "-batch",
                       "-ex",
                       "handle SIGSEGV SIGURG nostop noprint pass",
                       "-ex",
                       "run",
                       "-ex",
                       "generate-core-file " + core,
                       "--args"};
  run_program(program, {argument}, under_gdb);
  return core;
}

}  // namespace gander::testing
