// SPDX-License-Identifier: Apache-2.0
//
// debugged [COUNT]: parks goroutines in every way, lets one compute and one block in a system call,
// stops in everything_stands(), and dies of a null pointer. Each has a local `mark` by which a test
// knows its frame, and tells its number. COUNT more wait in one channel. -1: dies of a panic,
// alone. Compiled without optimisation, so that debuggers find all locals.
#include <gander/gander.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <utility>

#include "support/await.h"

namespace debugged {

using gander::testing::await;
using gander::testing::await_waiting;

static gander::mutex held;
static gander::wait_group group;
static gander::shared_mutex shared;
static std::atomic<bool> computes{false};
static std::atomic<int> reader{0};  // the thread that reads
static std::atomic<bool> for_ever{true};
static int ends[2];
static std::uint64_t ids[11];  // of the goroutine with the mark 1000 + i; of the last of COUNT

struct point {
  double x, y;
};

static void receives(gander::chan<int> numbers) {
  int mark = 1001;
  ids[1] = gander::goid();
  numbers.recv();
  std::printf("%d\n", mark);
}

static void selects(gander::chan<int> numbers, gander::chan<point> points) {
  int mark = 1002;
  ids[2] = gander::goid();
  gander::select(gander::on_recv(numbers, [](auto) {}),
                 gander::on_send(points, point{1, 2}, [] {}));
  std::printf("%d\n", mark);
}

static void sleeps() {
  int mark = 1003;
  ids[3] = gander::goid();
  gander::sleep_for(std::chrono::hours(100));
  std::printf("%d\n", mark);
}

static void locks() {
  int mark = 1004;
  ids[4] = gander::goid();
  held.lock();
  std::printf("%d\n", mark);
}

static void waits() {
  int mark = 1005;
  ids[5] = gander::goid();
  group.wait();
  std::printf("%d\n", mark);
}

// Between the goroutine's own frames stand those of the C library.
static int compares_for_ever(const void*, const void*) {
  int mark = 1006;
  ids[6] = gander::goid();
  gander::make_chan<char>().recv();
  return mark;
}

static void sorts() {
  int mark = 1007;
  int numbers[] = {3, 1, 2};
  std::qsort(numbers, 3, sizeof(int), compares_for_ever);
  std::printf("%d\n", mark);
}

static void spins() {
  int mark = 1008;
  ids[8] = gander::goid();
  computes = true;
  for (std::uint64_t turns = 0; for_ever; ++turns) {
  }
  std::printf("%d\n", mark);
}

static void reads() {
  int mark = 1009;
  ids[9] = gander::goid();
  char byte;
  reader = ::gettid();
  [[maybe_unused]] auto got = ::read(ends[0], &byte, 1);
  std::printf("%d\n", mark);
}

// It does nothing but read by now: what it sleeps in is the call.
static bool reader_sleeps() {
  if (reader == 0) return false;
  std::ifstream stat("/proc/self/task/" + std::to_string(reader) + "/stat");
  std::string number, name, state;
  stat >> number >> name >> state;
  return state == "S";
}

[[gnu::noinline]] static void everything_stands() { asm volatile(""); }

static void dies(gander::chan<int> numbers, gander::chan<point> points) {
  int mark = 1010;
  int* volatile nowhere = nullptr;
  everything_stands();
  if (ids[1] == 0) gander::panic("nobody else is there");
  *nowhere = mark;
  numbers.close();
  points.close();
}

static void run(int count) {
  if (count < 0) dies({}, {});
  const auto numbers = gander::make_chan<int>();
  const auto points = gander::make_chan<point>(2);
  const auto crowd = gander::make_chan<void>();
  if (::pipe(ends) != 0) std::abort();
  points.send({3, 4});
  points.send({5, 6});
  held.lock();
  group.add(3);
  shared.lock_shared();
  gander::go(receives, numbers);
  gander::go(selects, numbers, points);
  gander::go(sleeps);
  gander::go(locks);
  gander::go(waits);
  gander::go(sorts);
  gander::go({.name = "spinner"}, spins);
  gander::go(reads);
  for (int i = 0; i < count; ++i)
    gander::go([crowd] {
      ids[10] = gander::goid();
      crowd.recv();
    });
  await_waiting(1, "select");
  await_waiting(1, "sleep");
  await_waiting(1, "sync.Mutex.Lock");
  await_waiting(1, "sync.WaitGroup.Wait");
  await_waiting(2 + static_cast<std::size_t>(count), "chan receive");
  await([] { return computes && reader_sleeps(); });
  dies(numbers, points);
}

}  // namespace debugged

int main(int argument_count, char** arguments) {
  const int count = argument_count > 1 ? std::atoi(arguments[1]) : 0;
  return gander::run([count] { debugged::run(count); });
}
