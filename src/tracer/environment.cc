// SPDX-License-Identifier: Apache-2.0
//
// The signal's handler only counts: a thread of ours writes the file, which takes locks and time.
#include "tracer/environment.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "base/godebug.h"
#include "base/print.h"
#include "os/os.h"
#include "sched/sched.h"
#include "tracer/collector.h"
#include "tracer/crash_trace.h"
#include "tracer/fd_sink.h"

namespace gander::tracer {
namespace {

constexpr recorder::limits default_limits{10'000'000'000, std::size_t{10} << 20};

void tell(std::string_view what, std::string_view why) noexcept {
  char buffer[512];
  text_writer(buffer, STDERR_FILENO).text("gander: ").text(what).text(": ").text(why).text("\n");
}

std::atomic<std::uint32_t> signals{0};  // a futex

void on_flight_signal(int) {
  const int saved_errno = errno;
  signals.fetch_add(1);
  os::futex_wake(signals);
  errno = saved_errno;
}

// Under another name first: whoever waits for the file shall not see half of it.
void write_file() noexcept {
  char path[64];
  char unfinished[80];
  std::snprintf(path, sizeof path, "gander-%d.trace", os::process_id());
  std::snprintf(unfinished, sizeof unfinished, "%s.tmp", path);
  const int fd = ::open(unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return tell(unfinished, std::strerror(errno));
  const output_result r = write_recorder(fd_sink(fd), format::go_1_23);
  const bool good = r.error == 0 && r.generations != 0;
  if (::close(fd) != 0 || !good || ::rename(unfinished, path) != 0) {
    tell(path, r.error != 0 ? std::strerror(r.error) : "nothing is recorded");
    ::unlink(unfinished);
  }
}

void flight_thread(void*) {
  for (std::uint32_t seen = 0;;) {
    const std::uint32_t now = signals.load();
    if (now == seen) {
      os::futex_wait(signals, seen);
      continue;
    }
    seen = now;
    write_file();
  }
}

int signal_by_name(std::string_view name) noexcept {
  for (int number = 1; number < NSIG; ++number) {
    const char* const known = ::sigabbrev_np(number);
    if (known != nullptr && name == known) return number;
  }
  return 0;
}

void listen_for(std::string_view name) noexcept {
  const int number = signal_by_name(name);
  struct sigaction action {};
  action.sa_handler = on_flight_signal;
  action.sa_flags = SA_RESTART | SA_ONSTACK;
  constexpr std::size_t stack_size = 128 * 1024;
  if (number == 0 || ::sigaction(number, &action, nullptr) != 0)
    return tell("GODEBUG=flightsignal", "no such signal, ignored");
  if (!os::start_thread(flight_thread, nullptr, stack_size, "gander-flight"))
    return tell("GODEBUG=flightsignal", "no thread can be started");
  sched.helper_threads.fetch_add(1);
}

}  // namespace

void start_from_environment() noexcept {
  static bool done = false;
  if (done) return;
  done = true;
  read_godebug();
  const char* const crash_file = std::getenv("GANDER_CRASH_TRACE");
  const bool at_crash = crash_file != nullptr && *crash_file != '\0';
  const std::string_view signal = godebug.flightsignal;
  if (!godebug.flightrecorder && !at_crash && signal.empty()) return;
  if (at_crash) set_crash_file(crash_file);
  if (start_recorder(default_limits) != outcome::good)
    return tell("the flight recorder", "no memory, or no thread, for it");
  if (!signal.empty()) listen_for(signal);
}

}  // namespace gander::tracer
