// SPDX-License-Identifier: Apache-2.0

// The Boost.Fiber peer of gander_bench: the same work under the same row names.
//
//   boost_bench                     lists the rows (there is no select to measure)
//   boost_bench NAME OPS PROCS      prints "NAME PROCS VALUE": nanoseconds per op, or bytes
//   rows)
#include <sys/mman.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <thread>
#include <vector>

#include "bench.h"

namespace {

struct row {
  const char* name;
  void (*work)(std::int64_t ops);
  double (*measure)(std::int64_t ops);
};

constexpr row rows[] = {
    {"spawn_join", peer::spawn_join, nullptr},
    {"spawn_batch", peer::spawn_batch, nullptr},
    {"yield_one", peer::yield_one, nullptr},
    {"yield_many", peer::yield_many, nullptr},
    {"skynet_100k", peer::skynet_100k, nullptr},
    {"skynet_1m", peer::skynet_1m, nullptr},
    {"ring", peer::ring, nullptr},
    {"ping_pong", peer::ping_pong, nullptr},
    {"spsc", peer::spsc, nullptr},
    {"mpmc", peer::mpmc, nullptr},
    {"mutex_free", peer::mutex_free, nullptr},
    {"mutex_contended", peer::mutex_contended, nullptr},
    {"sleep", peer::sleep_many, nullptr},
    {"parked_memory", nullptr, peer::parked_memory},
};

// A second thread that does nothing but steal, until it is told to stop. One thread needs none of
// this.
class scheduler {
 public:
  explicit scheduler(unsigned threads) {
    if (threads == 1) return;
    for (unsigned i = 1; i < threads; ++i)
      workers_.emplace_back([this, threads] {
        boost::fibers::use_scheduling_algorithm<boost::fibers::algo::work_stealing>(threads);
        std::unique_lock lock(mutex_);
        stop_.wait(lock, [this] { return stopping_; });
      });
    boost::fibers::use_scheduling_algorithm<boost::fibers::algo::work_stealing>(threads);
  }
  ~scheduler() {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    lock.unlock();
    stop_.notify_all();
    for (std::thread& worker : workers_) worker.join();
  }

 private:
  boost::fibers::mutex mutex_;
  boost::fibers::condition_variable stop_;
  bool stopping_ = false;
  std::vector<std::thread> workers_;
};

double run(const row& chosen, std::int64_t ops) {
  if (chosen.measure != nullptr) return chosen.measure(ops);
  const auto start = std::chrono::steady_clock::now();
  chosen.work(ops);
  const std::chrono::duration<double, std::nano> spent = std::chrono::steady_clock::now() - start;
  return spent.count() / static_cast<double>(ops);
}

}  // namespace

namespace peer {

// A fiber may end on another thread than it began on; its stack then changes pools, which is
// harmless.
thread_local std::vector<void*> free_stacks;

boost::context::stack_context stack_pool::allocate() {
  const std::size_t size = boost::context::stack_traits::default_size();
  void* base = nullptr;
  if (free_stacks.empty()) {
    base = ::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED) throw std::bad_alloc();
  } else {
    base = free_stacks.back();
    free_stacks.pop_back();
  }
  boost::context::stack_context stack;
  stack.size = size;
  stack.sp = static_cast<char*>(base) + size;
  return stack;
}

void stack_pool::deallocate(boost::context::stack_context& stack) noexcept {
  free_stacks.push_back(static_cast<char*>(stack.sp) - stack.size);
}

}  // namespace peer

int main(int argc, char** argv) {
  if (argc == 1) {
    for (const row& r : rows) std::puts(r.name);
    return 0;
  }
  const std::int64_t ops = argc == 4 ? std::atoll(argv[2]) : 0;
  const int procs = argc == 4 ? std::atoi(argv[3]) : 0;
  if (ops < 1 || procs < 1) {
    std::fputs("usage: boost_bench [NAME OPS PROCS]\n", stderr);
    return 2;
  }
  for (const row& r : rows) {
    if (std::strcmp(r.name, argv[1]) != 0) continue;
    scheduler threads(static_cast<unsigned>(procs));
    std::printf("%s %d %.2f\n", r.name, procs, run(r, ops));
    return 0;
  }
  std::fprintf(stderr, "boost_bench: no row named %s\n", argv[1]);
  return 2;
}
