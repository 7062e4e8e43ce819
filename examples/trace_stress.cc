// SPDX-License-Identifier: Apache-2.0
//
// trace_stress OUT [SECONDS]: everything that a trace can show, all at once, for SECONDS (default:
// 1), while tracing is switched on and off. OUT holds the last of the traces; every one of them
// must have been written whole.
//
// Goroutines wait in every way there is: on nil channels, in an empty select, for a lock, for a
// condition, for others, for time, for a byte in a pipe. Others compute, allocate 20 MB, start more
// goroutines, are bound to threads, come and go; plain threads send and receive; GOMAXPROCS
// changes.
#include <fcntl.h>
#include <gander/gander.h>
#include <gander/trace.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

std::atomic<bool> stopping{false};

// For ever, and each in its own way. They are left behind at the end of the run.
void wait_in_every_way(gander::mutex& locked, gander::condition_variable& never_notified) {
  gander::go([] { gander::chan<int>().recv(); });
  gander::go([] { gander::chan<int>().send(1); });
  gander::go([] { gander::select(); });
  gander::go([&locked] { locked.lock(); });
  gander::go([&never_notified] {
    gander::mutex m;
    m.lock();
    never_notified.wait(m);
  });
  gander::go([] { gander::sleep_for(1h); });
  const auto nobody_sends = gander::make_chan<int>();
  gander::go([nobody_sends] { nobody_sends.recv(); });
  gander::go([nobody_sends] {
    const auto nobody_receives = gander::make_chan<int>();
    gander::select(gander::on_recv(nobody_sends), gander::on_send(nobody_receives, 1));
  });
}

void read_pipe(int fd) {
  char byte;
  while (::read(fd, &byte, 1) == 1) gander::yield();
}

void compute(std::chrono::milliseconds time) {
  const auto end = steady::now() + time;
  volatile unsigned long sum = 0;
  while (steady::now() < end) sum = sum + 1;
}

void compute_again_and_again() {
  while (!stopping) {
    compute(15ms);
    gander::yield();
  }
}

void allocate() {
  constexpr std::size_t piece = 64 * 1024;
  constexpr std::size_t all = 20 << 20;
  while (!stopping) {
    std::vector<std::unique_ptr<char[]>> pieces;
    for (std::size_t size = 0; size < all; size += piece) {
      pieces.push_back(std::make_unique<char[]>(piece));
      pieces.back()[size % piece] = 1;
    }
    gander::sleep_for(5ms);
  }
}

void lock_and_unlock(gander::mutex& m, gander::wait_group& group) {
  while (!stopping) {
    m.lock();
    gander::yield();
    m.unlock();
  }
  group.done();
}

void come_and_go() {
  while (!stopping) {
    gander::wait_group children;
    children.add(8);
    for (int i = 0; i < 8; ++i) {
      gander::go([&children, i] {
        if (i % 4 == 0) gander::lock_os_thread();  // and its thread ends with it
        gander::sleep_for(std::chrono::microseconds(i * 100));
        children.done();
      });
    }
    children.wait();
  }
}

void pass_around(const gander::chan<int>& in, const gander::chan<int>& out) {
  for (int n : in) out.send(n + 1);
}

void change_procs() {
  for (int n = 1; !stopping; n = n % 5 + 1) {
    gander::gomaxprocs(n);
    gander::sleep_for(3ms);
  }
}

// Not a goroutine.
void plain_thread(const gander::chan<int>& to, const gander::chan<int>& from) {
  for (int n = 0; !stopping; ++n) {
    to.send(n);
    from.recv();
    gander::go([] { gander::yield(); });
  }
}

// Traces of 1 to 50 ms, one after the other. False if one was not written whole.
bool switch_on_and_off(int fd, std::chrono::seconds time) {
  const auto end = steady::now() + time;
  int traces = 0;
  for (auto length = 1ms; steady::now() < end; length = length % 50ms + 1ms) {
    if (::ftruncate(fd, 0) != 0 || ::lseek(fd, 0, SEEK_SET) != 0) {
      std::perror("trace_stress");
      return false;
    }
    if (const auto error = gander::trace::start(fd)) {
      std::fprintf(stderr, "trace_stress: %s\n", error.message().c_str());
      return false;
    }
    gander::sleep_for(length);
    const gander::trace::result r = gander::trace::stop();
    ++traces;
    if (r.generations != 0 && r.dropped == 0 && !r.error) continue;
    std::fprintf(stderr, "trace_stress: trace %d: %llu generations written, %llu dropped: %s\n",
                 traces, static_cast<unsigned long long>(r.generations),
                 static_cast<unsigned long long>(r.dropped), r.error.message().c_str());
    return false;
  }
  std::printf("%d traces\n", traces);
  return true;
}

int stress(int fd, std::chrono::seconds time) {
  // Static: who waits for them is left behind at the end.
  static gander::mutex locked;
  static gander::mutex contended;
  static gander::condition_variable never_notified;
  locked.lock();
  wait_in_every_way(locked, never_notified);

  int ends[2];
  if (::pipe(ends) != 0) return 1;
  gander::go(read_pipe, ends[0]);
  gander::go([] {
    gander::lock_os_thread();
    gander::chan<int>().recv();
  });
  gander::go(compute_again_and_again);
  gander::go(compute_again_and_again);
  gander::go(allocate);
  gander::go(come_and_go);
  gander::go(change_procs);
  gander::wait_group lockers;
  lockers.add(3);
  for (int i = 0; i < 3; ++i) gander::go([&lockers] { lock_and_unlock(contended, lockers); });
  const auto first = gander::make_chan<int>();
  const auto middle = gander::make_chan<int>(3);
  const auto last = gander::make_chan<int>();
  gander::go([=] { pass_around(first, middle); });
  gander::go([=] { pass_around(middle, last); });
  std::thread outside([=] { plain_thread(first, last); });
  gander::go([out = ends[1]] {
    for (; !stopping && ::write(out, "x", 1) == 1;) gander::sleep_for(2ms);
  });

  const bool good = switch_on_and_off(fd, time);
  stopping = true;
  outside.join();
  lockers.wait();
  return good ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) {
    std::fprintf(stderr, "usage: trace_stress OUT [SECONDS]\n");
    return 2;
  }
  const int fd = ::open(argv[1], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) {
    std::perror(argv[1]);
    return 1;
  }
  const auto time = std::chrono::seconds(argc > 2 ? std::atoi(argv[2]) : 1);
  const int status = gander::run([=] { return stress(fd, time); });
  return ::close(fd) == 0 ? status : 1;
}
