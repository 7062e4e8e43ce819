// SPDX-License-Identifier: Apache-2.0
//
// report_time COUNT FILE PROGRAM [ARGUMENT...]: runs a program that dies with COUNT goroutines
// waiting (crowd.cc), its report in FILE, and prints "NANOSECONDS BYTES GROWTH": from its death to
// its end, of the report, and of its resident memory meanwhile. No core is written. Fails when the
// report does not have all of the goroutines, waiting.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

namespace {

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "report_time: %s\n", what);
  std::exit(1);
}

std::int64_t now_ns() {
  timespec t;
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * std::int64_t{1'000'000'000} + t.tv_nsec;
}

[[noreturn]] void become(char** program, int out, const char* report) {
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  const int err = ::open(report, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (err < 0 || ::dup2(err, STDERR_FILENO) < 0 || ::dup2(out, STDOUT_FILENO) < 0) ::_exit(126);
  ::execv(program[0], program);
  ::_exit(127);
}

long waiting_in(const char* report, std::int64_t& bytes) {
  std::ifstream file(report);
  std::string line;
  long count = 0;
  while (std::getline(file, line)) {
    bytes += static_cast<std::int64_t>(line.size()) + 1;
    if (line.starts_with("goroutine ") && line.find("[run") == line.npos) ++count;
  }
  return count;
}

}  // namespace

int main(int argument_count, char** arguments) {
  if (argument_count < 4) fail("COUNT FILE PROGRAM [ARGUMENT...]");
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) fail("no pipe");
  const pid_t child = ::fork();
  if (child < 0) fail("no process");
  if (child == 0) become(arguments + 3, ends[1], arguments[2]);
  ::close(ends[1]);
  std::FILE* const said = ::fdopen(ends[0], "r");
  long long death_ns = 0;
  long resident = 0;
  if (std::fscanf(said, "%lld %ld", &death_ns, &resident) != 2) fail("the program says nothing");
  rusage usage{};
  int status = 0;
  ::wait4(child, &status, 0, &usage);
  const std::int64_t took_ns = now_ns() - death_ns;
  std::int64_t bytes = 0;
  if (waiting_in(arguments[2], bytes) < std::atol(arguments[1]))
    fail("not all of the goroutines are in the report, waiting");
  std::printf("%lld %lld %ld\n", static_cast<long long>(took_ns), static_cast<long long>(bytes),
              usage.ru_maxrss * 1024 - resident);
  return 0;
}
