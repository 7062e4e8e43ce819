// SPDX-License-Identifier: Apache-2.0
#include "trace/traced.h"

#include <fcntl.h>
#include <unistd.h>

#include "support/child.h"

namespace gander::testing {

namespace {

child_options patient() {
  child_options options;
  options.limit = std::chrono::seconds(100);
  options.environment = {{"HOME", "/tmp"}};
  return options;
}

child_result go_tool_trace(const std::string& option, const std::string& path) {
  return run_program("/usr/lib/go-1.23/bin/go", {"tool", "trace", option, path}, patient());
}

}  // namespace

void expect_profiles(const std::string& path) {
  for (const char* const kind : {"sched", "sync", "syscall", "net"}) {
    const child_result go = go_tool_trace("-pprof=" + std::string(kind), path);
    EXPECT_EQ(go.exit_status, 0) << kind << ": " << go.err;
    EXPECT_EQ(go.out.substr(0, 2), "\x1f\x8b") << kind;  // compressed by gzip
  }
}

std::string go_dump(const std::string& path) {
  const child_result go = go_tool_trace("-d=1", path);
  EXPECT_EQ(go.exit_status, 0) << go.err.substr(0, 4000);
#ifdef GANDER_COMMAND
  const child_result check = run_program(GANDER_COMMAND, {"trace", "--check", path}, patient());
  EXPECT_EQ(check.exit_status, 0) << check.out << check.err;
#endif
  return go.out;
}

std::size_t count(std::string_view text, std::string_view what) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(what, at)) != text.npos; at += what.size()) ++found;
  return found;
}

traced::traced(const trace::options& options)
    : path_(folder_.path() / "trace"),
      fd_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)) {
  EXPECT_GE(fd_, 0);
  const std::error_code error = trace::start(fd_, options);
  EXPECT_FALSE(error) << error.message();
  on_ = !error;
}

traced::~traced() {
  if (on_) trace::stop();
  ::close(fd_);
}

std::string traced::finish() {
  result_ = trace::stop();
  on_ = false;
  EXPECT_FALSE(result_.error) << result_.error.message();
  EXPECT_EQ(result_.dropped, 0U);
  EXPECT_GT(result_.generations, 0U);
  return go_dump(path_);
}

}  // namespace gander::testing
