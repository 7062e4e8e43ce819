// SPDX-License-Identifier: Apache-2.0

#include "report/child.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <stdexcept>

namespace report {
namespace {

struct pipe_pair {
  int read_end, write_end;
  pipe_pair() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
    read_end = ends[0];
    write_end = ends[1];
  }
};

[[noreturn]] void become(const std::string& program, const std::string& argument,
                         const std::string& traceback, int out, int err) {
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  ::setenv("GOTRACEBACK", traceback.c_str(), 1);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(err, STDERR_FILENO);
  ::execl(program.c_str(), program.c_str(), argument.c_str(), static_cast<char*>(nullptr));
  ::_exit(127);
}

}  // namespace

outcome run_child(const std::string& program, const std::string& argument,
                  const std::string& traceback, bool quit_at_first_line) {
  pipe_pair out, err;
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("fork failed");
  if (child == 0) become(program, argument, traceback, out.write_end, err.write_end);
  ::close(out.write_end);
  ::close(err.write_end);

  outcome result;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  // Both pipes are read until the child has closed them; a closed one leaves the poll set as fd -1.
  pollfd ends[] = {{out.read_end, POLLIN, 0}, {err.read_end, POLLIN, 0}};
  bool quit_sent = !quit_at_first_line;
  while (ends[0].fd >= 0 || ends[1].fd >= 0) {
    if (std::chrono::steady_clock::now() > deadline) ::kill(child, SIGKILL);
    if (::poll(ends, 2, 1000) <= 0) continue;
    for (pollfd& end : ends) {
      if (end.fd < 0 || end.revents == 0) continue;
      char buffer[4096];
      const ssize_t got = ::read(end.fd, buffer, sizeof buffer);
      if (got <= 0) {
        ::close(end.fd);
        end.fd = -1;
      } else if (&end == &ends[1]) {
        result.err.append(buffer, static_cast<std::size_t>(got));
      } else if (!quit_sent) {
        ::kill(child, SIGQUIT);
        quit_sent = true;
      }
    }
  }
  ::waitpid(child, &result.status, 0);
  return result;
}

}  // namespace report
