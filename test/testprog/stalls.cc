// SPDX-License-Identifier: Apache-2.0
//
// stalls SECONDS STALL_MS: pairs of goroutines echo, over channels and over blocking reads of
// socket pairs, while others sleep in the kernel, wait in read, and compute, for STALL_MS at a
// time, without a word to the runtime. Prints how long an echo took, and the fewest echoes that any
// pair had during any one stall: whoever waits for a stalled goroutine has none.
#include <gander/gander.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <thread>
#include <vector>

namespace {

using clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr int pairs_of_each_kind = 3;
constexpr int pair_count = 2 * pairs_of_each_kind;

std::atomic<bool> over{false};
std::array<std::atomic<long>, pair_count> echoes{};
std::array<std::vector<std::int64_t>, pair_count> latencies_ns;  // each its own goroutine's
std::atomic<long> stalls{0};
std::atomic<long> fewest{LONG_MAX};

void fail(const char* what) {
  std::perror(what);
  std::abort();
}

// One echo every half millisecond, so that the machine is not busy with echoes alone.
void measure(int pair, const std::function<void()>& echo) {
  while (!over) {
    const auto start = clock::now();
    echo();
    latencies_ns[static_cast<std::size_t>(pair)].push_back((clock::now() - start).count());
    ++echoes[static_cast<std::size_t>(pair)];
    gander::sleep_for(500us);
  }
}

void echo_over_channels(int pair, gander::wait_group& all) {
  const auto there = gander::make_chan<int>();
  const auto back = gander::make_chan<int>();
  all.go([=] {
    measure(pair, [&] {
      there.send(1);
      if (back.recv() != 2) std::abort();
    });
    there.close();
  });
  all.go([=] {
    while (there.recv()) back.send(2);
  });
}

void send_and_read_byte(int fd) {
  char byte = 'x';
  if (::write(fd, &byte, 1) != 1) fail("write");
  if (::read(fd, &byte, 1) != 1) fail("read");
}

void echo_over_sockets(int pair, gander::wait_group& all) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) != 0) fail("socketpair");
  all.go([=] {
    measure(pair, [&] { send_and_read_byte(ends[0]); });
    ::close(ends[0]);
  });
  all.go([=] {
    char byte;
    while (::read(ends[1], &byte, 1) == 1)
      if (::write(ends[1], &byte, 1) != 1) fail("write");
    ::close(ends[1]);
  });
}

// Blocks or computes for one stall at a time, and looks how the pairs got on meanwhile.
void stall(const std::function<void()>& once) {
  while (!over) {
    std::array<long, pair_count> before{};
    for (std::size_t i = 0; i < pair_count; ++i) before[i] = echoes[i];
    once();
    if (over) return;  // the pairs may have stopped
    for (std::size_t i = 0; i < pair_count; ++i) {
      long least = fewest;
      const long got = echoes[i] - before[i];
      while (got < least && !fewest.compare_exchange_weak(least, got)) {
      }
    }
    ++stalls;
    gander::yield();
  }
}

void wait_in_read(std::chrono::milliseconds length) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) fail("pipe");
  std::thread writer([&] {
    std::this_thread::sleep_for(length);
    if (::write(ends[1], "x", 1) != 1) fail("write");
  });
  char byte;
  if (::read(ends[0], &byte, 1) != 1) fail("read");
  writer.join();
  ::close(ends[0]);
  ::close(ends[1]);
}

void compute(std::chrono::milliseconds length) {
  for (const auto end = clock::now() + length; clock::now() < end;) {
  }
}

void print_latencies() {
  std::vector<std::int64_t> all;
  for (const auto& some : latencies_ns) all.insert(all.end(), some.begin(), some.end());
  std::sort(all.begin(), all.end());
  const auto quantile_us = [&](double q) {
    const auto at = static_cast<std::size_t>(q * static_cast<double>(all.size() - 1));
    return static_cast<long>(all[at] / 1000);
  };
  std::printf("echoes=%zu\np50_us=%ld\np99_us=%ld\np999_us=%ld\nworst_us=%ld\n", all.size(),
              quantile_us(0.5), quantile_us(0.99), quantile_us(0.999), quantile_us(1));
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) return 64;
  const std::chrono::seconds length(std::atoi(arguments[1]));
  const std::chrono::milliseconds stall_length(std::atoi(arguments[2]));
  for (auto& some : latencies_ns) some.reserve(1 << 20);
  return gander::run({.gomaxprocs = 2}, [=] {
    gander::wait_group all;
    for (int i = 0; i < pairs_of_each_kind; ++i) {
      echo_over_channels(2 * i, all);
      echo_over_sockets(2 * i + 1, all);
    }
    while (std::any_of(echoes.begin(), echoes.end(), [](const auto& n) { return n == 0; }))
      gander::yield();
    for (int i = 0; i < 4; ++i) {
      all.go([=] { stall([=] { std::this_thread::sleep_for(stall_length); }); });
      all.go([=] { stall([=] { wait_in_read(stall_length); }); });
    }
    for (int i = 0; i < 2; ++i) all.go([=] { stall([=] { compute(stall_length); }); });
    gander::sleep_for(length);
    over = true;
    all.wait();
    print_latencies();
    std::printf("stalls=%ld\nfewest_echoes=%ld\n", stalls.load(), fewest.load());
    return 0;
  });
}
