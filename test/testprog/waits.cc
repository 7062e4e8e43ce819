// SPDX-License-Identifier: Apache-2.0
//
// Goroutines that wait for something, and objects that are used wrongly, by name. Lines of the
// program that reports must tell are printed as "NAME=LINE".
#include <gander/gander.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <new>
#include <random>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "support/build.h"

namespace {

using namespace std::chrono_literals;
using gander::go;

void say(const char* name, int line) {
  std::printf("%s=%d\n", name, line);
  std::fflush(stdout);
}
// The next line is the one to be told.
#define NEXT(name) say(name, __LINE__ + 1)

void stay() { asm volatile(""); }

void park_for_ever() { gander::make_chan<void>().recv(); }

// Until all but the caller wait. (Their state is in the report.)
void let_wait() {
  for (;;) {
    gander::yield();
    const std::string stacks = gander::debug::stack(true);
    bool some_run = false;
    for (const char* state : {" [runnable", " [running", " [syscall"})
      some_run = some_run || stacks.find(state, stacks.find('\n')) != stacks.npos;
    if (!some_run) return;
  }
}

[[noreturn]] void die() { gander::panic("dies"); }

// --- locks

[[gnu::noinline]] void lock(gander::mutex& m) {
  NEXT("locked");
  m.lock();
  stay();
}

void wait_for(gander::mutex& m) {
  const std::lock_guard held(m);
  stay();
}

void held() {
  static gander::mutex m;
  lock(m);
  go([] { wait_for(m); });
  go([] { wait_for(m); });
  let_wait();
  die();
}

void held_by_guard() {
  static gander::mutex m;
  NEXT("locked");
  const std::lock_guard held(m);
  go([] { wait_for(m); });
  let_wait();
  die();
}

void held_by_unique_lock() {
  static gander::mutex m;
  NEXT("locked");
  const std::unique_lock held(m);
  go([] { wait_for(m); });
  let_wait();
  die();
}

void held_after_a_condition() {
  static gander::mutex m;
  static gander::condition_variable changed;
  static bool ready = false;
  go([] {
    NEXT("locked");
    std::unique_lock held(m);
    while (!ready) changed.wait(held);
    park_for_ever();
  });
  let_wait();
  {
    const std::lock_guard held(m);
    ready = true;
  }
  changed.notify_one();
  let_wait();
  go([] { wait_for(m); });
  let_wait();
  die();
}

void holder_has_ended() {
  static gander::mutex m;
  gander::spawn([] { lock(m); }).join();
  wait_for(m);
}

// Its record and its stack are another one's.
void holder_was_replaced() {
  static gander::mutex m;
  gander::spawn([] { lock(m); }).join();
  for (int i = 0; i < 20; ++i) go(park_for_ever);
  let_wait();
  go([] { wait_for(m); });
  let_wait();
  die();
}

void holder_is_a_thread() {
  static gander::mutex m;
  NEXT("locked");
  std::thread([] { m.lock(); }).join();
  go([] { wait_for(m); });
  let_wait();
  die();
}

void unlocked_by_another() {
  static gander::mutex m;
  gander::spawn([] { lock(m); }).join();
  m.unlock();
  m.unlock();
}

// Dies while the new holder has not run yet.
void handed_over() {
  static gander::mutex m;
  gander::gomaxprocs(1);
  for (;;) {
    const auto end = gander::make_chan<void>();
    m.lock();
    go([=] {
      NEXT("locked");
      m.lock();
      end.recv();
      m.unlock();
    });
    let_wait();
    go([] { wait_for(m); });
    let_wait();
    // Longer than a mutex lets one wait; who is woken then, and loses, makes the next unlock hand
    // it over.
    std::this_thread::sleep_for(5ms);
    m.unlock();
    if (m.try_lock()) break;
    end.close();  // sysmon has taken our P in between: once more
    m.lock();
    m.unlock();
  }
  let_wait();
  m.unlock();
  die();
}

void itself() {
  static gander::mutex m;
  lock(m);
  wait_for(m);
}

template <std::size_t count>
void circle() {
  static gander::mutex m[count];
  static gander::barrier all(count);
  gander::wait_group done;
  for (std::size_t i = 0; i < count; ++i)
    done.go([i] {
      lock(m[i]);
      all.arrive_and_wait();
      wait_for(m[(i + 1) % count]);
    });
  done.wait();
}

void circle_of_kinds() {
  static gander::shared_mutex m;
  NEXT("locked");
  m.lock();
  gander::spawn([] { const std::shared_lock held(m); }).join();
}

void writer() {
  static gander::shared_mutex m;
  NEXT("locked");
  m.lock();
  go([] { m.lock(); });
  go([] { m.lock_shared(); });
  let_wait();
  die();
}

void readers() {
  static gander::shared_mutex m;
  m.lock_shared();
  m.lock_shared();
  go([] { m.lock(); });
  let_wait();
  go([] { m.lock_shared(); });
  let_wait();
  die();
}

void write_unlock_of_unlocked() {
  static gander::shared_mutex m;
  NEXT("locked");
  m.lock();
  m.unlock();
  m.unlock();
}

void running_once() {
  static gander::once o;
  NEXT("locked");
  go([] { o.call([] { park_for_ever(); }); });
  let_wait();
  go([] { o.call([] {}); });
  let_wait();
  die();
}

// --- what is counted

void counted() {
  static gander::semaphore none(0);
  static gander::latch two(2);
  static gander::barrier three(3);
  static gander::mutex m;
  static gander::condition_variable never;
  go([] { none.acquire(); });
  go([] { none.acquire(); });
  go([] { two.wait(); });
  go([] { three.arrive_and_wait(); });
  go([] {
    std::unique_lock held(m);
    never.wait(held);
  });
  let_wait();
  die();
}

void missing_done() {
  NEXT("made");
  gander::wait_group group;
  group.add(3);
  NEXT("changed");
  group.done();
  group.wait();
}

void negative_counter() {
  NEXT("made");
  gander::wait_group group;
  group.add(1);
  NEXT("changed");
  group.done();
  group.done();
}

void never_ends() {
  auto one = gander::spawn([] { park_for_ever(); });
  one.join();
}

void task_group_waits() {
  NEXT("made");
  gander::task_group group;
  group.go([] { park_for_ever(); });
  group.wait();
}

// --- channels

void channels() {
  NEXT("made");
  static auto full = gander::make_chan<int>(2);
  static auto empty = gander::make_chan<std::string>();
  full.send(1);
  full.send(2);
  for (int i = 0; i < 2; ++i) go([] { full.send(3); });
  for (int i = 0; i < 6; ++i) go([] { empty.recv(); });
  let_wait();
  die();
}

void many_wait() {
  static auto c = gander::make_chan<int>();
  for (int i = 0; i < 40; ++i) go([] { c.recv(); });
  let_wait();
  die();
}

void send_on_closed() {
  NEXT("made");
  auto c = gander::make_chan<int>(1);
  NEXT("closed");
  gander::spawn([=] { c.close(); }).join();
  c.send(1);
}

void send_on_closed_string() {
  auto c = gander::make_chan<std::string>(1);
  NEXT("closed");
  c.close();
  gander::select(gander::on_send(c, std::string("x"), [] {}));
}

void close_of_closed() {
  auto c = gander::make_chan<void>();
  NEXT("closed");
  c.close();
  c.close();
}

void selects() {
  NEXT("made");
  static auto c = gander::make_chan<int>();
  NEXT("timer");
  gander::timer t(1h);
  NEXT("stopped");
  t.stop();
  NEXT("ticker");
  gander::ticker beat(1h);
  NEXT("context");
  auto [ctx, cancel] = gander::with_cancel(gander::background());
  go([&, done = ctx.done()] {
    gander::select(gander::on_send(c, 1, [] {}), gander::on_recv(t.c(), [](auto) {}),
                   gander::on_recv(beat.c(), [](auto) {}), gander::on_recv(done, [] {}),
                   gander::on_recv(gander::chan<int>(), [](auto) {}));
  });
  let_wait();
  die();
}

void timers() {
  NEXT("dropped");
  static auto dropped = gander::timer(1h).c();
  NEXT("fired");
  static gander::timer fired(1ns);
  NEXT("timer");
  static gander::timer reset(1ns);
  NEXT("after");
  static auto late = gander::after(1h);
  fired.c().recv();
  NEXT("reset");
  reset.reset(1h);
  go([] { dropped.recv(); });
  go([] { fired.c().recv(); });
  go([] { reset.c().recv(); });
  go([] { late.recv(); });
  let_wait();
  die();
}

// --- memory

template <typename Object>
Object& mapped() {
  void* const page =
      ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) ::_exit(3);
  return *::new (page) Object;
}

// What no thread of the program would do: not told to the thread sanitizer.
[[gnu::no_sanitize_thread]] void overwrite(void* to, unsigned char byte, std::size_t size) {
  auto* const bytes = static_cast<volatile unsigned char*>(to);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = byte;
}
[[gnu::no_sanitize_thread]] unsigned char byte_at(const void* at) {
  return *static_cast<const volatile unsigned char*>(at);
}

// Damages it as told while a goroutine waits.
template <typename Damage>
void damaged(Damage damage) {
  static gander::mutex& m = mapped<gander::mutex>();
  lock(m);
  go([] { wait_for(m); });
  let_wait();
  damage(&m);
  die();
}

void smashed() {
  damaged([](void* m) { overwrite(m, 0xab, sizeof(gander::mutex)); });
}
void zeroed() {
  damaged([](void* m) { overwrite(m, 0, sizeof(gander::mutex)); });
}
// Not munmap(): another thread may map something there before the report comes to it.
void unmapped() {
  damaged([](void* m) { ::mprotect(m, 4096, PROT_NONE); });
}
// Some bytes of it are others, again and again.
void random_bytes() {
  static gander::mutex m;
  lock(m);
  go([] { wait_for(m); });
  let_wait();
  unsigned char sound[sizeof m];
  auto* const bytes = reinterpret_cast<unsigned char*>(&m);
  for (std::size_t i = 0; i < sizeof m; ++i) sound[i] = byte_at(bytes + i);
  std::minstd_rand random;
  int told = 0;
  int damaged = 0;
  constexpr int rounds = gander::testing::scaled(1000, 1000, 50);
  for (int round = 0; round < rounds; ++round) {
    for (unsigned changes = random() % 4 + 1; changes > 0; --changes)
      overwrite(bytes + random() % sizeof m, static_cast<unsigned char>(random()), 1);
    const std::string stacks = gander::debug::stack(true);
    told += stacks.find("waits for mutex 0x") != stacks.npos;
    damaged += stacks.find("whose memory is damaged") != stacks.npos;
    for (std::size_t i = 0; i < sizeof m; ++i) overwrite(bytes + i, sound[i], 1);
  }
  std::printf("rounds=%d\ntold=%d\ndamaged=%d\n", rounds, told, damaged);
  m.unlock();
}
[[gnu::no_sanitize_thread]] void smashed_channel() {
  static auto c = gander::make_chan<int>();
  go([] { c.recv(); });
  let_wait();
  auto* const core = gander::internal::access::core(c);
  core->receivers.head->next = core->receivers.head;  // would never end
  core->senders.head = reinterpret_cast<gander::internal::sudog*>(16);
  die();
}
[[gnu::no_sanitize_thread]] void waiters_in_a_circle() {
  static auto c = gander::make_chan<int>();
  go([] { c.recv(); });
  let_wait();
  auto* const core = gander::internal::access::core(c);
  core->receivers.head->next = core->receivers.head;
  die();
}

// --- without a death

void alive() {
  static gander::mutex m;
  lock(m);
  go([] { wait_for(m); });
  let_wait();
  std::fputs(gander::debug::stack(false).c_str(), stdout);
  std::fputs("-----\n", stdout);
  std::fputs(gander::debug::stack(true).c_str(), stdout);
  std::fflush(stdout);
  gander::debug::write_report(STDERR_FILENO);
  m.unlock();
}

constexpr struct {
  std::string_view name;
  void (*program)();
} programs[] = {
    {"held", held},
    {"held_by_guard", held_by_guard},
    {"held_by_unique_lock", held_by_unique_lock},
    {"held_after_a_condition", held_after_a_condition},
    {"holder_has_ended", holder_has_ended},
    {"holder_was_replaced", holder_was_replaced},
    {"holder_is_a_thread", holder_is_a_thread},
    {"unlocked_by_another", unlocked_by_another},
    {"handed_over", handed_over},
    {"itself", itself},
    {"circle_of_two", circle<2>},
    {"circle_of_three", circle<3>},
    {"circle_of_kinds", circle_of_kinds},
    {"writer", writer},
    {"readers", readers},
    {"write_unlock_of_unlocked", write_unlock_of_unlocked},
    {"running_once", running_once},
    {"counted", counted},
    {"missing_done", missing_done},
    {"negative_counter", negative_counter},
    {"never_ends", never_ends},
    {"task_group_waits", task_group_waits},
    {"channels", channels},
    {"many_wait", many_wait},
    {"send_on_closed", send_on_closed},
    {"send_on_closed_string", send_on_closed_string},
    {"close_of_closed", close_of_closed},
    {"selects", selects},
    {"timers", timers},
    {"smashed", smashed},
    {"zeroed", zeroed},
    {"unmapped", unmapped},
    {"random_bytes", random_bytes},
    {"smashed_channel", smashed_channel},
    {"waiters_in_a_circle", waiters_in_a_circle},
    {"alive", alive},
};

}  // namespace

int main(int count, char** arguments) {
  if (count == 2)
    for (const auto& one : programs)
      if (one.name == arguments[1]) return gander::run([&] { one.program(); });
  std::fputs("usage: waits NAME\n", stderr);
  return 64;
}
