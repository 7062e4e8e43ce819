// SPDX-License-Identifier: Apache-2.0
#include "support/child.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

namespace gander::testing {
namespace {

using clock = std::chrono::steady_clock;

struct pipe_ends {
  int read = -1;
  int write = -1;
  pipe_ends() {
    int both[2];
    if (::pipe2(both, O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
    read = both[0];
    write = both[1];
  }
};

// In the child, after fork: only calls that are safe there.
[[noreturn]] void become(char* const* arguments, char* const* environment,
                         const child_options& options, int out, int err) {
  const rlim_t core_size = options.core_dumps ? RLIM_INFINITY : 0;
  const rlimit core{core_size, core_size};
  ::setrlimit(RLIMIT_CORE, &core);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(err, STDERR_FILENO);
  if (options.folder.empty() || ::chdir(options.folder.c_str()) == 0)
    ::execvpe(arguments[0], arguments, environment);
  ::_exit(127);
}

void add_to(std::vector<std::string>& environment, const std::string& name,
            const std::string& value) {
  for (std::string& entry : environment)
    if (entry.starts_with(name + '=')) {
      entry += ':' + value;
      return;
    }
  environment.push_back(name + '=' + value);
}

std::vector<std::string> merged_environment(const child_options& options) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    bool replaced = false;
    for (const auto& [name, value] : options.environment) replaced |= text.starts_with(name + '=');
    if (!replaced) all.push_back(text);
  }
  for (const auto& [name, value] : options.environment) all.push_back(name + '=' + value);
  if (!options.sanitizer.empty())
    for (const char* name : {"ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS"})
      add_to(all, name, options.sanitizer);
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> all;
  for (std::string& s : strings) all.push_back(s.data());
  all.push_back(nullptr);
  return all;
}

}  // namespace

long child_result::figure(const std::string& name) const {
  const std::string key = '\n' + name + '=';
  const std::string text = '\n' + out;
  const std::size_t at = text.find(key);
  return at == std::string::npos ? -1 : std::atol(text.c_str() + at + key.size());
}

child_result run_program(const std::string& name, const std::vector<std::string>& arguments,
                         const child_options& options) {
  std::vector<std::string> words = options.wrapper;
  words.push_back(std::filesystem::path(GANDER_TESTPROG_DIR) / name);
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> environment = merged_environment(options);
  const std::vector<char*> word_pointers = pointers(words);
  const std::vector<char*> environment_pointers = pointers(environment);
  pipe_ends out;
  pipe_ends err;
  const pid_t pid = ::fork();
  if (pid < 0) throw std::runtime_error("fork failed");
  if (pid == 0)
    become(word_pointers.data(), environment_pointers.data(), options, out.write, err.write);
  ::close(out.write);
  ::close(err.write);

  child_result result;
  const auto deadline = clock::now() + options.limit;
  std::array<pollfd, 2> ends{{{out.read, POLLIN, 0}, {err.read, POLLIN, 0}}};
  std::array<std::string*, 2> texts{&result.out, &result.err};
  while (ends[0].fd >= 0 || ends[1].fd >= 0) {  // a closed end leaves the set as fd -1
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - clock::now()).count();
    if (left <= 0 && !result.timed_out) {
      result.timed_out = true;
      ::kill(pid, SIGKILL);
    }
    if (::poll(ends.data(), ends.size(), left > 0 ? static_cast<int>(left) : 100) <= 0) continue;
    for (std::size_t i = 0; i < ends.size(); ++i) {
      if (ends[i].fd < 0 || ends[i].revents == 0) continue;
      char buffer[4096];
      const ssize_t got = ::read(ends[i].fd, buffer, sizeof buffer);
      if (got > 0) {
        texts[i]->append(buffer, static_cast<std::size_t>(got));
      } else {
        ::close(ends[i].fd);
        ends[i].fd = -1;
      }
    }
  }
  int status = 0;
  rusage usage{};
  ::wait4(pid, &status, 0, &usage);
  if (WIFEXITED(status)) result.exit_status = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) result.signal = WTERMSIG(status);
  for (const timeval& t : {usage.ru_utime, usage.ru_stime})
    result.cpu += std::chrono::seconds(t.tv_sec) + std::chrono::microseconds(t.tv_usec);
  return result;
}

}  // namespace gander::testing
