// SPDX-License-Identifier: Apache-2.0
//
// H1 of docs/design/gc.md: a goroutine that is interrupted in the barrier, at each of its
// instructions, for as long as marking takes to begin, or to end. It moves a pointer from one field
// to another and overwrites one there, which somebody else has just loaded. Nothing may be lost:
// neither what was overwritten nor what was written.
//
// The processor traps after each instruction, and the handler is where time passes. In one way it
// waits there; in the other until the collector's signal is pending, which comes as soon as it
// returns, so that the collector finds the thread at this very instruction. The collector stands
// still for as long as it shall: at a page of an object that it may not read.
//
// Not under tsan, which delivers a signal late.
#include "support/build.h"
#if !UNDER_TSAN
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mman.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "base/godebug.h"
#include "collector/watch_test_helper.h"
#include "heap/arena.h"
#include "processor.h"
#include "sched/sched.h"

namespace gander::collector {
namespace {

enum class phase { begin, end };
enum class way { waits, is_frozen_there };
enum class field { seen_late, seen_early };

struct kind {
  phase at;
  way how;
  field to;
  bool dijkstra = false;
};

bool is_marking() { return internal::gc_now.marking.load(); }

bool exists(std::uintptr_t hidden) { return heap::find_object(~hidden).in != nullptr; }

template <typename Predicate>
void spin_until(Predicate&& holds) {
  while (!holds()) ::sched_yield();
}

template <typename Predicate>
void yield_until(Predicate&& holds) {
  while (!holds()) yield();
}

// In one object: words that the collector sees before it comes to the gate, and behind it.
constexpr std::size_t object_bytes = 64 << 10;
constinit internal::gc_type words_type{"words", sizeof(node*), internal::gc_layout::conservative};

// A page.
class gate {
 public:
  static constexpr std::size_t bytes = 4096;
  void place(void* page) { page_ = page; }
  bool is(const void* address) const {
    return reinterpret_cast<std::uintptr_t>(address) - reinterpret_cast<std::uintptr_t>(page_) <
           bytes;
  }
  void shut() {
    is_open_ = is_reached_ = false;
    ::mprotect(page_, bytes, PROT_NONE);
  }
  void open() { is_open_ = true; }
  bool is_reached() const { return is_reached_; }

  void wait_there() {
    is_reached_ = true;
    while (!is_open_) ::sched_yield();
    ::mprotect(page_, bytes, PROT_READ | PROT_WRITE);
  }

 private:
  void* page_ = nullptr;
  std::atomic<bool> is_open_{true};
  std::atomic<bool> is_reached_{false};
} the_gate;

void on_fault(int, siginfo_t* info, void*) {
  if (!the_gate.is(info->si_addr)) std::abort();
  the_gate.wait_there();
}

struct everything {
  // The fields: `from` is seen late, so that nobody knows what is there until it has been moved.
  node** to = nullptr;
  node** from = nullptr;

  // Of a try.
  kind what{};
  long step = 0;  // at which it is interrupted
  std::atomic<long> steps{0};
  std::atomic<bool> has_waited{false};
  std::atomic<bool> is_made{false};
  std::atomic<bool> wants_cycle{false};
  std::atomic<bool> is_collected{false};
  std::atomic<bool> wants_load{false};
  std::atomic<bool> is_loaded{false};
  std::atomic<G*> loader{nullptr};
  std::uintptr_t hidden_new = 0;
} all;

bool loader_is_parked() {
  return all.is_loaded && all.loader.load()->record->status.load() == g_status::waiting;
}

bool signal_is_pending() {
  sigset_t pending;
  ::sigpending(&pending);
  return ::sigismember(&pending, SIGURG) == 1;
}

// Somebody loads what is about to be overwritten, and parks with it.
void let_it_be_loaded() {
  all.wants_load = true;
  spin_until(loader_is_parked);
}

void on_step(int, siginfo_t*, void* raw) {
  const long step = all.steps++;
  const auto go_on = [&] { processor::stop_stepping(static_cast<ucontext_t*>(raw)); };
  if (all.has_waited) {  // frozen just now, one instruction before
    if (all.what.at == phase::begin) let_it_be_loaded();
    return go_on();
  }
  if (step != all.step) return;
  all.has_waited = true;
  if (all.what.at == phase::begin)
    all.wants_cycle = true;
  else
    the_gate.open();
  if (all.what.how == way::is_frozen_there) return spin_until(signal_is_pending);
  spin_until([] { return is_marking() == (all.what.at == phase::begin); });
  if (all.what.at == phase::begin) let_it_be_loaded();
  go_on();
}

// What is stepped through.
[[gnu::noinline]] void move(node** from, node** to) {
  node* const n = *from;
  internal::gc_store(*from, static_cast<node*>(nullptr));
  internal::gc_store(*to, n);
}

class interrupted_store : public ::testing::TestWithParam<kind> {
 protected:
  void SetUp() override {
    godebug.gcbarrier_dijkstra = GetParam().dijkstra;
    root_ = internal::gc_take_root();
    auto* const object =
        static_cast<char*>(internal::gc_allocate(object_bytes, alignof(node*), words_type));
    root_->value.store(object);
    the_gate.place(object + gate::bytes);
    auto** const behind = reinterpret_cast<node**>(object + 3 * gate::bytes);
    all.to = GetParam().to == field::seen_late ? behind : reinterpret_cast<node**>(object);
    all.from = behind + 1;
    collects_ = std::thread([this] {
      while (!over_)
        if (all.wants_cycle.exchange(false)) {
          collect_now();
          all.is_collected = true;
        } else {
          std::this_thread::yield();
        }
    });
  }
  void TearDown() override {
    over_ = true;
    collects_.join();
    ::sigaction(SIGTRAP, &before_step_, nullptr);
    ::sigaction(SIGSEGV, &before_fault_, nullptr);
    internal::gc_put_root(root_);
    godebug.gcbarrier_dijkstra = false;
  }

  // In run(), which has handlers of its own.
  void handle_steps() {
    struct sigaction action {};
    action.sa_sigaction = on_step;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    ::sigemptyset(&action.sa_mask);
    if (GetParam().how == way::is_frozen_there) ::sigaddset(&action.sa_mask, SIGURG);
    ::sigaction(SIGTRAP, &action, &before_step_);
    action.sa_sigaction = on_fault;
    ::sigaction(SIGSEGV, &action, &before_fault_);
  }

  // On goroutines of their own, so that no other one has words of them; beside those that use them,
  // which would find words of them on a stack that has been used before.
  static void make() {
    spawn([] {
      node* const old = make_node(41);
      node* const young = make_node(42);
      all.hidden_new = ~reinterpret_cast<std::uintptr_t>(young);
      internal::gc_store(*all.to, old);
      internal::gc_store(*all.from, young);
    }).join();
  }

  // How many traps the move has, in which that is done.
  static long step_through(long step) {
    all.steps = 0;
    all.step = step;
    all.has_waited = false;
    processor::start_stepping();
    move(all.from, all.to);
    processor::stop_stepping();
    return all.steps;
  }

  // Until marking has come to the gate. With a buffer that has room, for who waits in the lock of
  // full ones would hold up the stop that he waits for.
  static void begin_marking() {
    all.wants_cycle = true;
    spin_until([] { return the_gate.is_reached(); });
    internal::gc_keep(all.to);
    let_it_be_loaded();
  }

  // False: there are not so many steps.
  static bool try_step(long step) {
    all.wants_load = all.is_loaded = all.is_collected = all.is_made = false;
    the_gate.shut();
    auto go_on = make_chan<void>();
    auto loads = spawn([=] {
      all.loader = current_g();
      yield_until([] { return all.wants_load.load(); });
      node* const n = std::atomic_ref(*all.to).load();
      all.is_loaded = true;
      go_on.recv();
      return n->value;
    });
    auto moves = spawn([=] {
      yield_until([] { return all.is_made.load(); });
      if (all.what.at == phase::end) begin_marking();
      step_through(step);
    });
    make();
    all.is_made = true;
    moves.join();
    the_gate.open();
    const bool has_waited = all.has_waited;
    if (!has_waited) all.wants_cycle = true;
    all.wants_load = true;  // where nothing came after the last step
    yield_until([] { return all.is_collected && all.is_loaded; });
    go_on.close();
    const std::uintptr_t loaded = loads.join();
    EXPECT_TRUE(loaded == 41 || loaded == 42) << "at step " << step << ": " << loaded;
    spawn([=] {
      EXPECT_TRUE(exists(all.hidden_new)) << "at step " << step;
      EXPECT_EQ((*all.to)->value, 42U) << "at step " << step;
    }).join();
    return has_waited;
  }

  internal::gc_root_cell* root_ = nullptr;
  struct sigaction before_step_ {};
  struct sigaction before_fault_ {};
  std::thread collects_;
  std::atomic<bool> over_{false};
};

TEST_P(interrupted_store, loses_nothing) {
  all.what = GetParam();
  heap::central::clobber_freed(true);
  run({.gomaxprocs = 3}, [&] {
    handle_steps();
    long steps = 0;
    while (!HasFailure() && try_step(steps)) ++steps;
    RecordProperty("steps", static_cast<int>(steps));
    EXPECT_GT(steps, 10);
  });
  heap::central::clobber_freed(false);
}

std::string name_of(const kind& k) {
  std::string name = k.at == phase::begin ? "begin" : "end";
  name += k.how == way::waits ? "_while_it_waits" : "_where_it_is_frozen";
  name += k.to == field::seen_late ? "_of_an_unseen_field" : "_of_a_seen_field";
  return name + (k.dijkstra ? "_dijkstra" : "");
}

std::vector<kind> kinds() {
  std::vector<kind> of;
  for (const phase at : {phase::begin, phase::end}) {
    for (const way how : {way::waits, way::is_frozen_there})
      for (const field to : {field::seen_late, field::seen_early}) of.push_back({at, how, to});
    of.push_back({at, way::waits, field::seen_early, true});
  }
  return of;
}

INSTANTIATE_TEST_SUITE_P(barrier, interrupted_store, ::testing::ValuesIn(kinds()),
                         [](const auto& k) { return name_of(k.param); });

}  // namespace
}  // namespace gander::collector
#endif
