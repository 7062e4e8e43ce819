// SPDX-License-Identifier: Apache-2.0
//
// leaks HOW: leaks two goroutines, keeps one waiting that is not leaked, and ends as HOW says, once
// it is known that they wait:
//
//   returns   from the function given to run()
//   exits     by exit(3), on a goroutine
//   forks     a child that calls exit(4), and like it
//   quits     by SIGQUIT
//   dumps     sends itself SIGQUIT twice (GODEBUG=dumponquit=1), prints what that has written to
//             stderr, and returns
#include <gander/gander.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "support/await.h"
#include "support/ended.h"

namespace {

// On a stack that is gone, and not used again: in the holes of frames there may be old words.
void forget() {
  const auto c = gander::make_chan<int>();
  gander::go([c] { c.recv(); });
  gander::go([c] { c.recv(); });
}

// What SIGQUIT had this process write to stderr, once it tells of both.
std::string dump() {
  int ends[2];
  if (::pipe(ends) != 0) return {};
  const int before = ::dup(STDERR_FILENO);
  ::dup2(ends[1], STDERR_FILENO);
  ::kill(::getpid(), SIGQUIT);
  std::string told;
  constexpr std::string_view header = "[chan receive (leaked)]";
  for (std::size_t first;
       (first = told.find(header)) == told.npos || told.find(header, first + 1) == told.npos;) {
    char text[4096];
    const ssize_t got = ::read(ends[0], text, sizeof text);
    if (got > 0) told.append(text, static_cast<std::size_t>(got));
    if (got == 0 || (got < 0 && errno != EINTR)) break;
  }
  ::dup2(before, STDERR_FILENO);
  return told;
}

}  // namespace

int main(int, char** arguments) {
  const std::string_view how = arguments[1];
  return gander::run([&] {
    const auto kept = gander::make_chan<std::string>();
    gander::go([kept] { kept.recv(); });
    gander::testing::run_to_the_end(forget);
    gander::testing::await_waiting(3, "chan receive");
    if (how == "exits") std::exit(3);
    if (how == "forks") {
      const pid_t child = ::fork();
      if (child == 0) std::exit(4);
      int status = 0;
      ::waitpid(child, &status, 0);
      ::_exit(WEXITSTATUS(status));
    }
    if (how == "quits") {
      ::kill(::getpid(), SIGQUIT);
      for (;;) gander::sleep_for(std::chrono::hours(1));
    }
    if (how == "dumps") std::printf("%s-----\n%s", dump().c_str(), dump().c_str());
    kept.close();
  });
}
