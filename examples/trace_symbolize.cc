// SPDX-License-Identifier: Apache-2.0
//
// trace_symbolize OUT: each kind of event once, from a function of its own, into the trace OUT; and
// on the standard output a line for each, that says which event must have a stack with which
// function at which line; that one is always the next:
//
//     EVENT REASON FUNCTION LINE COUNT
//
// A checker compares the two.
#include <fcntl.h>
#include <gander/gander.h>
#include <gander/trace.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <string>

namespace {

using namespace std::chrono_literals;

// Not inlined, and with something left to do behind the call: the functions are looked for by name.
#define STAGE [[gnu::noinline]] static
#define EXPECT_COUNT(event, reason, count) \
  std::printf("%s\t%s\t%s\t%d\t%s\n", event, reason, __func__, __LINE__ + 1, count)
#define EXPECT_NEXT(event, reason) EXPECT_COUNT(event, reason, "one")
#define EXPECT_SOME(event, reason) EXPECT_COUNT(event, reason, "some")
#define STAY asm volatile("")

gander::chan<int> unbuffered = gander::make_chan<int>();
gander::chan<int> other = gander::make_chan<int>();
gander::mutex locked;
gander::condition_variable changed;
gander::wait_group working;
bool has_changed = false;

STAGE void never_sends() {
  EXPECT_NEXT("GoBlock", "forever");
  gander::chan<int>().send(1);
  STAY;
}

STAGE void never_receives() {
  EXPECT_NEXT("GoBlock", "forever");
  gander::chan<int>().recv();
  STAY;
}

STAGE void never_selects() {
  EXPECT_NEXT("GoBlock", "forever");
  gander::select();
  STAY;
}

STAGE void waits_to_receive() {
  EXPECT_NEXT("GoBlock", "chan receive");
  unbuffered.recv();
  STAY;
}

STAGE void waits_to_send() {
  EXPECT_NEXT("GoBlock", "chan send");
  other.send(1);
  STAY;
}

STAGE void waits_in_select() {
  EXPECT_NEXT("GoBlock", "select");
  gander::select(gander::on_recv(unbuffered), gander::on_send(other, 2));
  STAY;
}

STAGE void waits_for_mutex() {
  EXPECT_NEXT("GoBlock", "sync");
  locked.lock();
  locked.unlock();
}

STAGE void waits_for_condition() {
  gander::mutex m;
  m.lock();
  while (!has_changed) {
    EXPECT_NEXT("GoBlock", "sync.(*Cond).Wait");
    changed.wait(m);
  }
  m.unlock();
}

STAGE void waits_for_group() {
  EXPECT_NEXT("GoBlock", "sync");
  working.wait();
  STAY;
}

STAGE void sleeps() {
  EXPECT_NEXT("GoBlock", "sleep");
  gander::sleep_for(1ms);
  STAY;
}

// Each finds the one that was just started, but where it has lost its P just before.
STAGE void yields_often() {
  EXPECT_SOME("GoStop", "runtime.Gosched");
  for (int i = 0; i < 20; gander::go([] {}), ++i) gander::yield();
  STAY;
}

// Its P is taken meanwhile.
STAGE void reads(int fd) {
  char byte;
  EXPECT_NEXT("GoSyscallBegin", "-");
  static_cast<void>(!::read(fd, &byte, 1));
  STAY;
}

STAGE void sends() {
  EXPECT_NEXT("GoUnblock", "-");
  unbuffered.send(1);
  STAY;
}

STAGE void receives() {
  EXPECT_NEXT("GoUnblock", "-");
  other.recv();
  STAY;
}

STAGE void unlocks() {
  EXPECT_NEXT("GoUnblock", "-");
  locked.unlock();
  STAY;
}

STAGE void notifies() {
  has_changed = true;
  EXPECT_NEXT("GoUnblock", "-");
  changed.notify_all();
  STAY;
}

STAGE void is_done() {
  EXPECT_NEXT("GoUnblock", "-");
  working.done();
  STAY;
}

STAGE void starts_one() {
  EXPECT_NEXT("GoCreate", "-");
  gander::go([] {});
  STAY;
}

STAGE void changes_procs() {
  EXPECT_NEXT("STWBegin", "GOMAXPROCS");
  gander::gomaxprocs(gander::gomaxprocs(0) + 1);
  STAY;
}

// Whether all goroutines wait but the calling one, which a list of them begins with.
bool all_others_wait() {
  const std::string stacks = gander::debug::stack(true);
  const std::size_t others = stacks.find("\n\n");
  for (const char* const state : {" [runnable", " [running"})
    if (stacks.find(state, others) != stacks.npos) return false;
  return true;
}

// Starts it, and lets it come to where it waits.
template <typename F>
void let_wait(F f) {
  gander::go(f);
  do gander::sleep_for(2ms);
  while (!all_others_wait());
}

int show(int fd) {
  if (const auto error = gander::trace::start(fd)) {
    std::fprintf(stderr, "trace_symbolize: %s\n", error.message().c_str());
    return 1;
  }
  int ends[2];
  if (::pipe(ends) != 0) return 1;
  let_wait([] { never_sends(); });
  let_wait([] { never_receives(); });
  let_wait([] { never_selects(); });
  let_wait([] { waits_to_receive(); });
  sends();
  let_wait([] { waits_to_send(); });
  receives();
  let_wait([] { waits_in_select(); });
  unbuffered.send(1);
  locked.lock();
  let_wait([] { waits_for_mutex(); });
  unlocks();
  let_wait([] { waits_for_condition(); });
  notifies();
  working.add(1);
  let_wait([] { waits_for_group(); });
  is_done();
  // With one P this goroutine only goes on when the other has lost it; and who yields finds the one
  // that it has just started, which nobody can have stolen.
  const int procs = gander::gomaxprocs(1);
  let_wait([in = ends[0]] { reads(in); });
  let_wait([] { yields_often(); });
  gander::gomaxprocs(procs);
  static_cast<void>(!::write(ends[1], "x", 1));
  let_wait([] { sleeps(); });
  starts_one();
  changes_procs();
  const gander::trace::result r = gander::trace::stop();
  if (!r.error && r.dropped == 0) return 0;
  std::fprintf(stderr, "trace_symbolize: the trace is not complete\n");
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: trace_symbolize OUT\n");
    return 2;
  }
  const int fd = ::open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) {
    std::perror(argv[1]);
    return 1;
  }
  return gander::run([=] { return show(fd); });
}
