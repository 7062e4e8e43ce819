// SPDX-License-Identifier: Apache-2.0

// What a debugger finds in the core of a program that died with GOTRACEBACK=crash.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/child.h"

namespace gander::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class temporary_folder {
 public:
  temporary_folder() {
    std::string name = std::filesystem::temp_directory_path() / "gander-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  ~temporary_folder() { std::filesystem::remove_all(path_); }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

child_result gdb(const std::string& program, const std::vector<std::string>& options) {
  std::vector<std::string> words{"gdb", "-nx", "-batch", "-iex", "set debuginfod enabled off"};
  words.insert(words.end(), options.begin(), options.end());
  return run_program(program, {}, {.limit = 100s, .wrapper = words});
}

// The dead process's core, as the kernel wrote it into the folder. Where it hands cores to a
// program instead (a pipe in core_pattern), or none may be written, gdb stops the process at its
// death and writes one.
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

TEST(gdb, finds_the_stack_that_overflowed_in_the_core) {
  const std::string program = GANDER_EXAMPLES_DIR "/crashes";
  const temporary_folder folder;
  const std::string core = core_of(program, "stack-overflow", folder);
  const child_result outermost =
      gdb(program, {"-core", core, "-ex", "thread apply all backtrace -16"});
  SCOPED_TRACE(outermost.out + outermost.err);
  EXPECT_THAT(outermost.out, HasSubstr("recurse ("));
  EXPECT_THAT(outermost.out, HasSubstr("crashes::stack_overflow()"));
  EXPECT_THAT(outermost.out, HasSubstr("gander_goroutine_entry ()"));
}

}  // namespace
}  // namespace gander::testing
