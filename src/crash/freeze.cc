// SPDX-License-Identifier: Apache-2.0
//
// Built without thread sanitizer (cmake/library.cmake): the handler interrupts the sanitizer's own
// code, too.
#include "crash/freeze.h"

#include <dlfcn.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <type_traits>

#include "arch/arch.h"
#include "crash/part.h"
#include "crash/thread_table.h"
#include "os/os.h"
#include "os/signal_mask.h"
#include "os/task.h"
#include "sched/sched.h"

// Of Clang's thread sanitizer, if the program has it; its code lies in one piece between the first
// two.
extern "C" {
[[gnu::weak]] void _start();
[[gnu::weak]] void __ubsan_handle_function_type_mismatch_v1_abort();
[[gnu::weak]] void __tsan_init();
[[gnu::weak]] void AnnotateIgnoreWritesBegin(const char* file, int line);
[[gnu::weak]] void AnnotateIgnoreWritesEnd(const char* file, int line);
[[gnu::weak]] void AnnotateIgnoreSyncBegin(const char* file, int line);
[[gnu::weak]] void AnnotateIgnoreSyncEnd(const char* file, int line);
}

namespace gander::crash {
namespace {

constexpr std::int64_t ms_ns = 1'000'000;
constexpr std::int64_t each_ns = 50 * ms_ns;    // until a thread is asked about, in vain or not
constexpr std::int64_t all_ns = 1'000 * ms_ns;  // for all of them
constexpr std::int64_t again_after_ns =
    ms_ns / 10;  // until who may have been in the sanitizer is asked again

std::atomic<std::uint32_t> frozen_count{0};  // also the futex on which freeze_others() waits
std::atomic<std::uint32_t> thaw_round{0};    // frozen threads wait for it to change
std::atomic<int> left_out{0};
std::atomic<int> hidden_tid{0};       // who called freeze_others()
std::atomic<std::uint32_t> owner{0};  // the thread that freezes; 0: none. Also a futex.

// Word by word: a plain assignment calls memcpy, which sanitizers intercept and which in a handler
// may find their state half changed.
void copy(regs& to, const regs& from) noexcept {
  static_assert(sizeof(regs) % sizeof(std::uintptr_t) == 0 && std::is_trivially_copyable_v<regs>);
  auto* const out = reinterpret_cast<volatile std::uintptr_t*>(&to);
  const auto* const in = reinterpret_cast<const volatile std::uintptr_t*>(&from);
  for (std::size_t i = 0; i < sizeof(regs) / sizeof(std::uintptr_t); ++i) out[i] = in[i];
}

// By itself: os::thread_id() is not built for this handler.
int own_tid() noexcept { return static_cast<int>(::syscall(SYS_gettid)); }

void note_registers(thread_slot& s, const void* ucontext) noexcept {
  copy(s.registers, regs::from_ucontext(ucontext));
  s.ucontext = ucontext;
  s.in_system_call = arch::follows_system_call(s.registers.pc());
}

// It takes locks of its own nearly everywhere. Who stopped with one would stop everybody else who
// enters or leaves a function, and him who made it stop.
bool is_in_sanitizer(const void* ucontext) noexcept {
  if (__tsan_init == nullptr) return false;
  const auto at = [](void (*function)()) { return reinterpret_cast<std::uintptr_t>(function); };
  const std::uintptr_t pc = regs::from_ucontext(ucontext).pc();
  return pc - at(_start) < at(__ubsan_handle_function_type_mismatch_v1_abort) - at(_start);
}

// False when nobody has asked.
bool answer_freeze(const void* ucontext) noexcept {
  thread_slot* const s = find_thread(own_tid());
  if (s == nullptr) return false;
  if (is_in_sanitizer(ucontext)) return s->state() == thread_state::asked;  // and will be again
  // Before the question is looked at: if it is taken back meanwhile, the round has changed, too.
  const std::uint32_t round = thaw_round.load();
  std::uint32_t question = asked_in(round);
  if (!s->word.compare_exchange_strong(question, word_of(thread_state::answering))) return false;
  note_registers(*s, ucontext);
  // Released meanwhile, for the report did not wait any longer: nobody asks any more.
  std::uint32_t answering = word_of(thread_state::answering);
  if (!s->word.compare_exchange_strong(answering, word_of(thread_state::frozen))) return true;
  frozen_count.fetch_add(1);
  os::futex_wake(frozen_count);
  sleep_standing([round] { return thaw_round.load() != round; });
  return true;
}

struct sigaction previous_action;

// Thread sanitizer's own, in front of libc's, holds signals back until the next system call. (A
// look-up by name is nothing for a handler, so only there.)
auto libc_sigaction() noexcept {
  using function = int (*)(int, const struct sigaction*, struct sigaction*);
  function found = ::sigaction;
  // Asked of the program: this file is built without that sanitizer, and its macros.
  if (__tsan_init != nullptr)
    if (void* next = ::dlsym(RTLD_NEXT, "sigaction")) found = reinterpret_cast<function>(next);
  return found;
}

bool is_reporter() noexcept {
  const int reporter = reporter_tid.load();
  return reporter != 0 && reporter == own_tid();
}

void on_freeze_signal(int number, siginfo_t* info, void* ucontext) {
  const int saved_errno = errno;
  if (is_reporter()) {
    answer_poke();
  } else if (!answer_freeze(ucontext)) {  // somebody else's
    if ((previous_action.sa_flags & SA_SIGINFO) != 0)
      previous_action.sa_sigaction(number, info, ucontext);
    else if (previous_action.sa_handler != SIG_DFL && previous_action.sa_handler != SIG_IGN)
      previous_action.sa_handler(number);
  }
  errno = saved_errno;
}

}  // namespace

bool acquire_freeze() noexcept {
  constexpr std::int64_t patience_ns = 10'000'000'000;
  const std::int64_t deadline_ns = os::now_ns() + patience_ns;
  const auto self = static_cast<std::uint32_t>(own_tid());
  for (;;) {
    std::uint32_t now = 0;
    if (owner.compare_exchange_strong(now, self)) return true;
    if (now == self || !os::futex_wait(owner, now, deadline_ns)) return false;
  }
}

void release_freeze() noexcept {
  owner.store(0);
  os::futex_wake(owner);
}

int freeze_signal() noexcept {
  return SIGURG;
}  // as Go: default action "ignore", and hardly anybody uses it

bool send_freeze_signal(int tid) noexcept {
  return ::syscall(SYS_tgkill, os::process_id(), tid, freeze_signal()) == 0;
}

// Also in a handler that interrupts it: the one who comes second finds our handler, and leaves the
// previous one to the first.
void install_freeze_handler() noexcept {
  struct sigaction action = {};
  action.sa_sigaction = on_freeze_signal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  // A frozen thread runs no other handlers: one that asked for a report would wait here, where this
  // signal is blocked, and not answer the next question.
  action.sa_mask = os::all_signals_but_faults();
  struct sigaction before = {};
  libc_sigaction()(freeze_signal(), &action, &before);
  if (before.sa_sigaction != on_freeze_signal) previous_action = before;
}

namespace {

// One thread at a time asks: the table's counts of the asked are plain.
struct asking {
  freeze_scope scope;
  int self = os::thread_id();
  int dying = 0;
  std::uint32_t expected = 0;
  bool any_new = false;
  std::int64_t end_ns = os::now_ns() + all_ns;

  void ask(int tid) noexcept {
    if (tid == 0 || tid == self || tid == dying || tid == left_out.load()) return;
    thread_slot* const s = take_thread(tid);
    // Not idle: asked a moment ago; or frozen by a report that this one interrupts, or by its own
    // death: it would not hear a second question.
    std::uint32_t now = word_of(thread_state::idle);
    if (s == nullptr || s->word.load() != now) return;
    if (scope == freeze_scope::all) s->has_call = os::read_task_call(tid, s->call);
    if (!s->word.compare_exchange_strong(now, asked_in(thaw_round.load()))) return;
    any_new = true;
    if (send_freeze_signal(tid))
      ++expected;
    else
      give_up(*s);
  }

  // False: it has answered in the last moment.
  bool give_up(thread_slot& s) noexcept {
    const int tid = s.tid.load();
    s.has_status = os::read_task_status(tid, s.status);
    if (!s.has_call) s.has_call = os::read_task_call(tid, s.call);
    std::uint32_t question = asked_in(thaw_round.load());
    return s.word.compare_exchange_strong(question, word_of(thread_state::deaf));
  }
};

// Whether a thread that has not answered yet never will. A signal wakes who sleeps: one that still
// does at a later look has not got it.
bool is_deaf(int tid, bool later) noexcept {
  os::task_status status;
  if (!os::read_task_status(tid, status)) return true;
  const bool blocks = (status.blocked >> (freeze_signal() - 1) & 1) != 0;
  return blocks || (status.state != 'R' && (later || status.state != 'S'));
}

template <typename Visit>
void for_each_asked(Visit&& visit) noexcept {
  for (std::size_t i = 0; thread_slot* const s = thread_at(i); ++i)
    if (s->state() == thread_state::asked) visit(*s);
}

void await_answers(asking& round) noexcept {
  std::int64_t look_ns = os::now_ns() + each_ns;
  for (unsigned looks = 0;;) {
    const std::uint32_t answered = frozen_count.load();
    if (answered >= round.expected) return;
    const std::int64_t again_ns =
        __tsan_init != nullptr ? os::now_ns() + again_after_ns : INT64_MAX;
    if (os::futex_wait(frozen_count, answered, std::min(look_ns, again_ns))) continue;
    if (again_ns < look_ns) {
      for_each_asked([](const thread_slot& s) { send_freeze_signal(s.tid.load()); });
      continue;
    }
    const bool over = os::now_ns() >= round.end_ns;
    const bool later = looks++ > 0;
    for_each_asked([&](thread_slot& s) {
      if ((over || is_deaf(s.tid.load(), later)) && round.give_up(s)) --round.expected;
    });
    if (over) return;
    look_ns = os::now_ns() + each_ns;
  }
}

}  // namespace

// Reads and writes are one to the sanitizer.
void hide_from_sanitizer() noexcept {
  if (__tsan_init == nullptr) return;
  AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
  AnnotateIgnoreSyncBegin(__FILE__, __LINE__);
}

namespace {

void show_to_sanitizer() noexcept {
  if (__tsan_init == nullptr) return;
  AnnotateIgnoreSyncEnd(__FILE__, __LINE__);
  AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
}

}  // namespace

void hide_again() noexcept {
  if (hidden_tid.load() == own_tid()) hide_from_sanitizer();
}

void freeze_others(freeze_scope scope, int dying_tid) noexcept {
  // A stop of the collector's may have thawed some and not woken them yet: they would not answer.
  if (scope == freeze_scope::all) wake_standing();
  hide_from_sanitizer();
  hidden_tid.store(own_tid());
  frozen_count.store(0);
  asking round{.scope = scope, .dying = dying_tid};
  // Those that still run may start others meanwhile, or have just done so.
  constexpr int most_rounds = 20;
  for (int i = 0; i < most_rounds; ++i) {
    round.any_new = false;
    bool starts = false;
    for (const M* m = sched.all_ms; m != nullptr; m = m->all_next) {
      if (m->exited.load()) continue;
      if (scope == freeze_scope::mutators && !is_asked_as_mutator(*m)) continue;
      starts |= m->tid == 0 && !m->foreign;
      round.ask(m->tid);
    }
    if (scope == freeze_scope::all) os::for_each_task([&](int tid) { round.ask(tid); });
    if (!round.any_new && !starts) return;
    await_answers(round);
    constexpr std::int64_t start_ns = ms_ns;
    if (starts) os::sleep_ns(start_ns);
  }
}

void thaw_others(bool wakes) noexcept {
  release_threads();
  thaw_round.fetch_add(1);
  if (wakes) wake_standing();
  hidden_tid.store(0);
  show_to_sanitizer();
}

bool thread_registers(int tid, regs& out, bool& in_system_call) noexcept {
  const thread_slot* const s = tid != 0 ? find_thread(tid) : nullptr;
  if (s == nullptr) return false;
  if (s->state() == thread_state::frozen) {
    copy(out, s->registers);
    in_system_call = s->in_system_call;
    return true;
  }
  if (s->state() != thread_state::deaf || !s->has_call) return false;
  out = regs::parked(s->call.pc, s->call.sp);
  in_system_call = s->call.number >= 0;
  return true;
}

void leave_out_of_reports(int tid) noexcept { left_out.store(tid); }

// In a slot of its own, or in the one in which it is asked just now: the answer counts for both.
void stay_frozen(const siginfo_t* info, const void* ucontext) noexcept {
  // Whoever sends the process SIGQUIT again and again would have one handler in another here, until
  // there is no stack left. It may still be asked where it is.
  os::hear_only_faults({freeze_signal()});
  if (thread_slot* const s = ucontext != nullptr ? take_thread(own_tid()) : nullptr) {
    note_registers(*s, ucontext);
    s->died_of = info->si_signo;
    s->fault_address = reinterpret_cast<std::uintptr_t>(info->si_addr);
    const std::uint32_t before = s->word.exchange(word_of(thread_state::frozen));
    if ((before & 7) == word_of(thread_state::asked)) {
      frozen_count.fetch_add(1);
      os::futex_wake(frozen_count);
    }
  }
  for (;;) os::sleep_ns(1'000'000'000);
}

}  // namespace gander::crash
