// SPDX-License-Identifier: Apache-2.0
//
// The examples of the public headers, of the README and of docs/, in the same words
// (tools/tidy/doc_examples.sh compares them), so that each compiles. What they need around them
// stands above each; most are also run.
#include <fcntl.h>
#include <gander/gander.h>
#include <gander/trace.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <iostream>
#include <memory>
#include <mutex>
#include <numeric>
#include <optional>
#include <shared_mutex>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace readme {

std::string read_file(const char*) { return "to be or not"; }

std::vector<std::string> split(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> words;
  for (std::string w; in >> w;) words.push_back(w);
  return words;
}

int counted = 0;
void count(const std::string&) { ++counted; }

// clang-format off
#include <gander/gander.h>

int main(int argc, char** argv) {
  return gander::run([&] {                       // goroutine 1; its int result is the exit status
    auto words = gander::make_chan<std::string>(64);
    gander::wait_group readers;
    for (int i = 1; i < argc; ++i)
      readers.go([=] { for (auto& w : split(read_file(argv[i]))) words.send(std::move(w)); });
    gander::go([=, &readers] { readers.wait(); words.close(); });
    for (std::string& w : words) count(w);       // until closed and drained
  });
}
// clang-format on

TEST(doc_examples, the_program_of_the_readme) {
  std::string names[] = {"program", "a", "b"};
  char* arguments[] = {names[0].data(), names[1].data(), names[2].data()};
  EXPECT_EQ(main(3, arguments), 0);
  EXPECT_EQ(counted, 8);
}

}  // namespace readme

namespace run_header {

// clang-format off
int main() {
  return gander::run([] {
    gander::wait_group greeters;
    for (int i = 0; i < 3; ++i) greeters.go([i] { std::printf("hello from %d\n", i); });
    greeters.wait();
  });
}
// clang-format on

TEST(doc_examples, run) { EXPECT_EQ(main(), 0); }

}  // namespace run_header

using namespace std::chrono_literals;

// What the examples speak of.
template <class... T>
void use(const T&...) {}
void work(int) {}
void serve() {}
void parse() {}
void give_up() {}
void load_tables() {}
void read_mapped_file() {}
void compute(int) {}
void swap_buffers() noexcept {}
bool nothing_to_do() { return false; }
void run_here(int) {}
void log(const char*) {}
void greet(const std::string&) {}
void show(std::chrono::steady_clock::time_point) {}
struct {
  template <class T>
  void operator()(const T&) const {}
} constexpr use_it;

// clang-format off

TEST(doc_examples, chan) {
  gander::run([] {
    auto words = gander::make_chan<std::string>(64);
    gander::go([=] {
      words.send("hello");
      words.close();
    });
    for (std::string& word : words) use(word);  // until closed and drained
  });
}

TEST(doc_examples, chan_without_waiting) {
  auto jobs = gander::make_chan<int>(1);
  int next = 1;
  if (!jobs.try_send(std::move(next))) run_here(next);
  EXPECT_EQ(jobs.len(), 1U);
}

TEST(doc_examples, chan_with_a_time_limit) {
  auto answers = gander::make_chan<int>(1);
  answers.send(1);
  gander::recv_status status;
  auto answer = answers.recv_for(2s, status);
  if (status == gander::recv_status::empty) give_up();
  EXPECT_EQ(answer, 1);
}

TEST(doc_examples, context) {
  constexpr auto use = use_it;
  auto work = gander::make_chan<int>(1);
  work.send(1);
  auto [ctx, cancel] = gander::with_timeout(gander::background(), 1s);
  gander::select(gander::on_recv(work, use), gander::on_recv(ctx.done(), [] {}));
}

TEST(doc_examples, context_value) {
  static const gander::context_key<std::string> user_key;
  gander::context ctx = gander::with_value(gander::background(), user_key, "ann");
  if (const std::string* user = ctx.value(user_key)) greet(*user);
}

TEST(doc_examples, debug) {
  gander::run([] {
    std::clog << gander::debug::stack();
    gander::debug::write_report(STDERR_FILENO);
    gander::debug::set_traceback("all");
  });
}

TEST(doc_examples, debug_goroutine_leaks) {
  gander::run([] {
    for (const gander::debug::leaked_goroutine& g : gander::debug::goroutine_leaks())
      std::clog << g.stack;
  });
}

TEST(doc_examples, debug_panic_on_fault) {
  gander::run([] {
    gander::debug::set_panic_on_fault(true);
    try {
      read_mapped_file();
    } catch (const gander::fault_error& e) {
      std::fprintf(stderr, "%s at %p\n", e.what(), e.address());
    }
  });
}

TEST(doc_examples, errno_is_looked_up_anew) {
  gander::run([] {
    const int fd = -1;
    char buffer[1];
    const std::size_t size = sizeof buffer;
    while (::read(fd, buffer, size) < 0 && errno == EINTR) gander::yield();
  });
}

TEST(doc_examples, go) {
  gander::run([] {
    gander::go([](int n) { work(n); }, 42);
    gander::go({.name = "parser", .stack_size = 1 << 20}, [] { parse(); });
    std::vector<int> v = {1, 2, 3};
    auto sum = gander::spawn([&] { return std::accumulate(v.begin(), v.end(), 0); });
    use(sum.join());
  });
}

TEST(doc_examples, handle) {
  gander::run([] {
    gander::handle<int> answer = gander::spawn([] { return 6 * 7; });
    use(answer.join());
  });
}

TEST(doc_examples, goexit_and_threads) {
  gander::run([] {
    if (nothing_to_do()) gander::goexit();
    const gander::pin_thread here;
    const int fd = -1;
    char buffer[1];
    const std::size_t size = sizeof buffer;
    const ssize_t n = gander::blocking([&] { return ::read(fd, buffer, size); });
    EXPECT_EQ(n, -1);
  });
}

struct shape {};
struct scene {
  std::vector<shape> shapes = {{}, {}};
};
int rendered = 0;
void make_context_current() {}
void render(const shape&) {
  gander::yield();
  ++rendered;
}

void draw(const scene& s) {
  const gander::pin_thread here;  // no other goroutine runs on this thread until the end
  make_context_current();
  for (const shape& x : s.shapes) render(x);  // may park: it comes back on this thread
}

TEST(doc_examples, what_does_not_travel) {
  gander::run([] { draw({}); });
  EXPECT_EQ(rendered, 2);
}

TEST(doc_examples, goroutine_local) {
  gander::run([] {
    static gander::goroutine_local<std::string> request_id;
    *request_id = "4711";
  });
}

TEST(doc_examples, panic) {
  try {
    gander::panic("no such shape");
  } catch (const gander::panic_error& e) {
    log(e.what());
  }
  gander::mutex m;
  m.lock();
  gander::defer unlock([&] { m.unlock(); });
}

TEST(doc_examples, run_options) {
  gander::run_options options;
  options.gomaxprocs = 2;
  gander::run(options, [] { serve(); });
}

TEST(doc_examples, select) {
  auto words = gander::make_chan<std::string>();
  auto results = gander::make_chan<int>(1);
  const gander::context ctx;
  const int value = 1;
  int sent = 0;
  gander::select(
      gander::on_recv(words, [&](std::optional<std::string> word) { use(word); }),
      gander::on_send(results, value, [&] { ++sent; }),
      gander::on_recv(ctx.done(), [&] { give_up(); }));
  EXPECT_EQ(sent, 1);
}

void select_by_index(const gander::chan<int>& numbers, const gander::chan<void>& quit) {
  std::optional<int> n;
  switch (gander::select(gander::on_recv(numbers, n), gander::on_recv(quit))) {
    case 0: use(n); break;
    case 1: return;
  }
}

TEST(doc_examples, select_by_index) {
  auto numbers = gander::make_chan<int>(1);
  numbers.send(1);
  select_by_index(numbers, gander::make_chan<void>());
}

TEST(doc_examples, select_of_many) {
  constexpr auto handle = use_it;
  std::vector<gander::chan<int>> channels = {gander::make_chan<int>(1)};
  channels[0].send(1);
  std::vector<gander::select_case> cases;
  for (auto& c : channels) cases.emplace_back(gander::on_recv(c, handle));
  gander::select(cases);
}

TEST(doc_examples, task_group) {
  struct shard {
    void query(const gander::context&) {}
  };
  gander::run([] {
    const gander::context request_context;
    std::vector<shard> shards(2);
    gander::task_group g(request_context);
    for (auto& shard : shards) g.go([&](const gander::context& ctx) { shard.query(ctx); });
    g.wait();
  });
}

TEST(doc_examples, time) {
  constexpr auto use = use_it;
  auto words = gander::make_chan<int>(1);
  words.send(1);
  gander::sleep_for(10ms);
  gander::timer t(1s);
  gander::select(gander::on_recv(words, use), gander::on_recv(t.c(), [](auto) { give_up(); }));
}

TEST(doc_examples, timers) {
  auto late = gander::after(1s);
  EXPECT_FALSE(late.try_recv());
  auto watchdog = gander::timer::after_func(30s, [] { give_up(); });
  watchdog.reset(30s);
  watchdog.stop();
}

// Compiled only: it has no end.
[[maybe_unused]] void every_tick() {
  gander::ticker beat(100ms);
  for (auto now : beat.c()) show(now);
}

TEST(doc_examples, version) {
  std::puts(gander::version());
}

TEST(doc_examples, barrier) {
  const int steps = 0;
  gander::barrier phase(3, []() noexcept { swap_buffers(); });
  for (int step = 0; step < steps; ++step) {
    compute(step);
    phase.arrive_and_wait();
  }
}

TEST(doc_examples, condition_variable) {
  gander::mutex m;
  gander::condition_variable changed;
  const std::vector<int> queue = {1};
  std::unique_lock held(m);
  changed.wait(held, [&] { return !queue.empty(); });
}

TEST(doc_examples, latch) {
  gander::run([] {
    gander::latch ready(2);
    for (int i = 0; i < 2; ++i) gander::go([&ready] { ready.count_down(); });
    ready.wait();
  });
}

TEST(doc_examples, mutex) {
  gander::mutex m;                      // also in static storage, before main()
  const std::lock_guard guard(m);
}

TEST(doc_examples, once) {
  static gander::once initialized;
  initialized.call([] { load_tables(); });
}

TEST(doc_examples, semaphore) {
  static gander::semaphore slots(8);  // at most eight at a time
  slots.acquire();
  const gander::defer give_back([] { slots.release(); });
}

TEST(doc_examples, shared_mutex) {
  gander::shared_mutex m;
  {
    const std::shared_lock reading(m);
  }
  const std::unique_lock writing(m);
}

TEST(doc_examples, trace) {
  const int fd = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (gander::trace::start(fd)) return;
  work(1);
  gander::trace::stop();
}

TEST(doc_examples, trace_that_is_read) {
  gander::run([] {
    std::atomic<std::size_t> sent = 0;
    const auto send = [&](const std::byte*, std::size_t size) { sent += size; };
    if (gander::trace::start_for_reading()) return;
    gander::wait_group done;
    done.go([&] {
      std::byte bytes[4096];
      while (const std::size_t size = gander::trace::read(bytes)) send(bytes, size);
    });
    work(1);
    gander::trace::stop();
    done.wait();
    EXPECT_GT(sent, 0U);
  });
}

TEST(doc_examples, flight_recorder) {
  const int fd = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  const bool took_too_long = true;
  gander::trace::flight_recorder recorder;
  if (recorder.start()) return;  // an error
  if (took_too_long) recorder.write_to(fd);
}

TEST(doc_examples, trace_task) {
  gander::run([] {
    gander::trace::task request("request");
    gander::wait_group done;
    done.go([&] {
      const gander::trace::region r("parse", request);
      parse();
    });
    done.wait();
  });
}

TEST(doc_examples, wait_group) {
  gander::run([] {
    std::vector<int> parts = {1, 2};
    gander::wait_group workers;
    for (auto& part : parts) workers.go([&part] { work(part); });
    workers.wait();
  });
}
// clang-format on

}  // namespace
