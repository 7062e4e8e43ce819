// SPDX-License-Identifier: Apache-2.0
//
// Execution traces: what every goroutine, thread and P did, and when, in the format that
// `go tool trace` reads.
//
// All functions may be called from any goroutine and any plain thread, also outside of a run; they
// are switching.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <span>
#include <string_view>
#include <system_error>

#pragma GCC visibility push(default)

namespace gander::trace {

// Which readers a trace is for.
enum class format : std::uint8_t {
  go_1_23 = 23,  // Go 1.23 and later
  go_1_26 = 26,  // Go 1.26 and later; one that is cut off can be read up to where it is
};

struct options {
  format version = format::go_1_23;
  // What may wait to be written. A sink that falls further behind loses the rest of the trace.
  std::size_t max_buffered_bytes = std::size_t{64} << 20;
  // How often, in a second of its CPU time, each thread is interrupted by SIGPROF, to see what it
  // computes; 100 is usual. 0: never. A handler of your own for SIGPROF is put back at the end.
  int cpu_samples_per_second = 0;
};

// What became of a trace. A *generation* is about a second of it.
struct result {
  std::uint64_t generations = 0;  // that were written whole
  std::uint64_t bytes = 0;        // that were written
  std::uint64_t dropped = 0;      // generations that were not: see options, and `error`
  std::error_code error;          // of the sink, if it failed
};

// Begins to write a trace to a file descriptor, which stays the caller's and must be open until
// stop() returns. A slow or failing sink never blocks the program.
//
//     if (gander::trace::start(fd)) return;
//     work(1);
//     gander::trace::stop();
//
// Errors: device_or_resource_busy when a trace is being written already; not_enough_memory,
// resource_unavailable_try_again when there is no memory, or no thread; invalid_argument when
// cpu_samples_per_second is not from 0 to 1,000.
[[nodiscard]] std::error_code start(int fd, const options& options = {});

// The same to a stream, which only the library uses until stop() returns. It is written to on a
// thread of the library's.
[[nodiscard]] std::error_code start(std::ostream& out, const options& options = {});

// The same for read(). stop() does not wait until all has been read: it tells what had been until
// then, and whoever reads comes to the end later.
//
//     if (gander::trace::start_for_reading()) return;
//     gander::wait_group done;
//     done.go([&] {
//       std::byte bytes[4096];
//       while (const std::size_t size = gander::trace::read(bytes)) send(bytes, size);
//     });
//     work(1);
//     gander::trace::stop();
//     done.wait();
//
// Errors: as start(); device_or_resource_busy, too, until the last such trace has been read to its
// end; too_many_files_open when there is none for the pipe behind it.
[[nodiscard]] std::error_code start_for_reading(const options& options = {});

// Blocks the goroutine until the trace has more bytes, and returns how many were stored: at least
// one. 0: the trace has been stopped and all of it read, there is none, or `to` is empty. Several
// goroutines may read, each what the others have not.
std::size_t read(std::span<std::byte> to);

// Whether anything is being traced, to a sink or by a flight recorder. A word is read.
bool enabled() noexcept;

// Ends the trace, waits until it is written, and says what became of it. Zeros when none was on.
result stop();

// The last seconds, kept in memory, to be written out when something has happened. One per process;
// it may run beside start(). $GODEBUG's flightrecorder=1 starts one without a change to the
// program.
// Runs of the program may end and begin meanwhile; so one on the stack of a goroutine that is left
// behind by its run is never stopped.
struct flight_recorder_options {
  std::chrono::nanoseconds min_age = std::chrono::seconds(10);  // what is younger is kept,
  std::size_t max_bytes = std::size_t{10} << 20;                // but no more than about this
};

//     gander::trace::flight_recorder recorder;
//     if (recorder.start()) return;  // an error
//     if (took_too_long) recorder.write_to(fd);
class flight_recorder {
 public:
  explicit flight_recorder(const flight_recorder_options& options = {}) noexcept
      : options_(options) {}
  ~flight_recorder();  // stops it
  flight_recorder(const flight_recorder&) = delete;
  flight_recorder& operator=(const flight_recorder&) = delete;

  // Errors: as trace::start(); device_or_resource_busy when another one runs.
  [[nodiscard]] std::error_code start();

  // What it holds is gone.
  void stop() noexcept;

  // Whether this one runs.
  bool enabled() const noexcept { return started_; }

  // Writes what has happened up to now, and goes on recording. Whoever else runs goes on meanwhile.
  // Zeros, and nothing written, when it does not run.
  result write_to(int fd, format version = format::go_1_23) const;
  result write_to(std::ostream& out, format version = format::go_1_23) const;

 private:
  flight_recorder_options options_;
  bool started_ = false;
};

// A logical operation that several goroutines work on: from the task's making to its end, with the
// regions and the messages that say they belong to it. Copyable objects would end it twice;
// goroutines refer to it while it lives.
//
//     gander::trace::task request("request");
//     gander::wait_group done;
//     done.go([&] {
//       const gander::trace::region r("parse", request);
//       parse();
//     });
//     done.wait();
//
// Tasks, regions and messages of plain threads are not recorded. Names are cut after 1,024 bytes.
class task {
 public:
  explicit task(std::string_view name) noexcept;
  task(std::string_view name, const task& parent) noexcept;
  ~task();
  task(const task&) = delete;
  task& operator=(const task&) = delete;

  std::uint64_t id() const noexcept { return id_; }

 private:
  std::uint64_t id_;
};

// What the calling goroutine does from the region's making to its end, which must be on the same
// goroutine; regions of one goroutine nest. The name must live as long as the region.
class region {
 public:
  explicit region(std::string_view name) noexcept;
  region(std::string_view name, const task& of) noexcept;
  ~region();
  region(const region&) = delete;
  region& operator=(const region&) = delete;

 private:
  std::string_view name_;
  std::uint64_t task_;
};

// A message of the calling goroutine. The category groups messages.
void log(std::string_view category, std::string_view message) noexcept;
void log(const task& of, std::string_view category, std::string_view message) noexcept;

}  // namespace gander::trace

#pragma GCC visibility pop
