// SPDX-License-Identifier: Apache-2.0
//
// A thread that masks the collector's signal: it is waited for, and named; the cycle goes on when
// it hears again.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <optional>
#include <string>
#include <thread>

#include "base/godebug.h"
#include "collector/pacer.h"
#include "collector/watch_test_helper.h"
#include "os/os.h"

namespace gander::collector {
namespace {

// What the process writes to standard error meanwhile.
class captured_errors {
 public:
  captured_errors() : before_(::dup(STDERR_FILENO)) {
    EXPECT_EQ(::pipe(pipe_), 0);
    ::dup2(pipe_[1], STDERR_FILENO);
  }
  ~captured_errors() {
    ::dup2(before_, STDERR_FILENO);
    for (const int fd : {before_, pipe_[0], pipe_[1]}) ::close(fd);
  }
  captured_errors(const captured_errors&) = delete;
  captured_errors& operator=(const captured_errors&) = delete;

  // Waits for it; with all that stands before.
  std::string next_line() {
    std::string line;
    for (char c = 0; c != '\n'; line += c)
      if (::read(pipe_[0], &c, 1) != 1) break;
    return line;
  }

 private:
  int before_;
  int pipe_[2] = {};
};

// No file can be opened, not those of /proc that tell of threads.
class no_descriptors {
 public:
  no_descriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit none{0, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  ~no_descriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  no_descriptors(const no_descriptors&) = delete;
  no_descriptors& operator=(const no_descriptors&) = delete;

 private:
  rlimit before_{};
};

// Has called the runtime, and masks the collector's signal until it shall hear again.
class masking_thread {
 public:
  masking_thread() : thread_([this] { run(); }) {
    while (tid_ == 0) std::this_thread::yield();
  }
  ~masking_thread() {
    hear();
    over_ = true;
    thread_.join();
  }
  masking_thread(const masking_thread&) = delete;
  masking_thread& operator=(const masking_thread&) = delete;

  int tid() const { return tid_; }
  void hear() { hears_ = true; }

 private:
  void run() {
    make_node();
    sigset_t urgent;
    ::sigemptyset(&urgent);
    ::sigaddset(&urgent, SIGURG);
    ::pthread_sigmask(SIG_BLOCK, &urgent, nullptr);
    tid_ = os::thread_id();
    while (!hears_) std::this_thread::yield();
    ::pthread_sigmask(SIG_UNBLOCK, &urgent, nullptr);
    while (!over_) std::this_thread::yield();
  }

  std::atomic<int> tid_{0};
  std::atomic<bool> hears_{false};
  std::atomic<bool> over_{false};
  std::thread thread_;
};

// Who allocates asks for no whole cycle, which would wait for that thread.
class no_stress {
 public:
  no_stress() : before_(godebug.gcstress) { godebug.gcstress = false; }
  ~no_stress() { godebug.gcstress = before_; }
  no_stress(const no_stress&) = delete;
  no_stress& operator=(const no_stress&) = delete;

 private:
  bool before_;
};

void expect_waited_for(bool with_descriptors) {
  masking_thread deaf;
  std::string line;
  std::atomic<bool> begins{false};
  std::atomic<bool> collected{false};
  std::thread collects([&] {
    while (!begins) std::this_thread::yield();
    collect_now();
    collected = true;
  });
  {
    captured_errors errors;
    std::optional<no_descriptors> none;
    if (!with_descriptors) none.emplace();
    begins = true;
    line = errors.next_line();
  }
  EXPECT_EQ(line, "gander: the collector waits for thread " + std::to_string(deaf.tid()) +
                      ", which does not answer SIGURG (2 s)\n");
  EXPECT_FALSE(collected);
  // Nobody else is stopped for it: not for longer than it is asked.
  {
    const no_stress calm;
    EXPECT_NE(make_node(), nullptr);
  }
  deaf.hear();
  collects.join();
}

TEST(deaf_thread, is_waited_for_and_named) { expect_waited_for(true); }

// That nothing can be learned of it does not mean that it is gone.
TEST(deaf_thread, is_waited_for_where_no_file_can_be_opened) { expect_waited_for(false); }

// One that waits for who allocates: he may not wait for it.
TEST(deaf_thread, does_not_keep_who_allocates_far_beyond_the_goal) {
  const masking_thread deaf;
  const no_stress calm;
  const std::uint64_t before = pacer::count().allocated_bytes;
  constexpr std::uint64_t far_bytes = std::uint64_t{64} << 20;
  while (pacer::count().allocated_bytes - before < far_bytes) make_node();
}

}  // namespace
}  // namespace gander::collector
