// SPDX-License-Identifier: Apache-2.0
//
// The rules of goroutines.
#include "trace/scheduler.h"

namespace gander::tool {
namespace {

std::string goroutine_text(std::uint64_t id) { return "goroutine " + std::to_string(id); }

}  // namespace

void scheduler::bind_goroutine(now& n, std::uint64_t id) {
  g_state& g = goroutines_[id];
  if (n.bound == nullptr) {
    strict(n, goroutine_text(id) + " is " + std::string(name_of(g.state)) +
                  ", and that outside of any thread");
    return;
  }
  if (g.thread != no_thread && g.thread != n.thread)
    strict(n, goroutine_text(id) + " is bound to M " + std::to_string(g.thread));
  if (n.bound->goroutine != no_goroutine && n.bound->goroutine != id)
    strict(n, "the thread has " + goroutine_text(n.bound->goroutine));
  g.thread = n.thread;
  n.bound->goroutine = id;
}

// The thread's goroutine, in that state: whatever else there is to come first, it stays so.
scheduler::g_state& scheduler::current(now& n, goroutine_state state) {
  const auto found = goroutines_.find(n.goroutine());
  if (found == goroutines_.end())
    impossible(n, "nothing is known of " + goroutine_text(n.goroutine()));
  if (found->second.state != state)
    impossible(n, goroutine_text(n.goroutine()) + " is " +
                      std::string(name_of(found->second.state)) + ", not " +
                      std::string(name_of(state)));
  return found->second;
}

bool scheduler::go_status(now& n) {
  const std::uint64_t id = n.arg(0);
  if (n.arg(2) < 1 || n.arg(2) > 4)
    impossible(n, "there is no status " + std::to_string(n.arg(2)) + " of a goroutine");
  const auto state = static_cast<goroutine_state>(n.arg(2));
  const bool known = goroutines_.contains(id);
  if (!known && !first_)
    impossible(n, goroutine_text(id) + " was not there in the generation before, nor is created");
  g_state& g = goroutines_[id];
  if (known && g.state != state)
    impossible(n, goroutine_text(id) + " is " + std::string(name_of(g.state)) + ", not " +
                      std::string(name_of(state)));
  if (known && g.at.generation == generation_)
    strict(n, "it is the second status of " + goroutine_text(id) + " in this generation");
  event& e = emit(n);
  e.g = {id, known ? state : goroutine_state::none, state};
  g.state = state;
  g.at = {generation_, 0};
  if (state == goroutine_state::running) bind_goroutine(n, id);
  if (state == goroutine_state::syscall) status_in_syscall(n, id, known, e);
  touched(id, g);
  return true;
}

void scheduler::status_in_syscall(now& n, std::uint64_t id, bool known, event& e) {
  const std::uint64_t thread = n.arg(1);
  if (thread == no_thread) impossible(n, goroutine_text(id) + " is in a system call of no thread");
  const auto other = [&](std::uint64_t has) {
    impossible(n, goroutine_text(id) + " is said to be on M " + std::to_string(thread) +
                      ", which has " +
                      (has == no_goroutine ? "no goroutine" : goroutine_text(has)));
  };
  if (thread == n.thread) {
    if (!first_ && n.goroutine() != id) other(n.goroutine());
    bind_goroutine(n, id);
    return;
  }
  // Somebody else's: it has been there for the whole generation.
  const auto [place, added] = threads_.try_emplace(thread);
  m_state& m = place->second;
  if (added) {
    m.goroutine = id;
    if (known) strict(n, goroutine_text(id) + " was on another thread before");
    goroutines_[id].thread = thread;
  } else if (m.goroutine != id) {
    other(m.goroutine);
  } else {
    e.goroutine = id;
  }
  e.thread = thread;
  e.proc = m.proc;
}

bool scheduler::go_create(now& n, goroutine_state state) {
  require(n, need::must, need::may);
  if (n.goroutine() != no_goroutine) current(n, goroutine_state::running);
  const std::uint64_t id = n.arg(0);
  const auto [place, added] = goroutines_.try_emplace(id);
  if (!added) impossible(n, goroutine_text(id) + " exists already");
  place->second.state = state;
  place->second.at = {generation_, 0};
  emit(n).g = {id, goroutine_state::none, state};
  touched(id, place->second);
  return true;
}

bool scheduler::go_create_syscall(now& n) {
  require(n, need::may, need::must_not);
  const std::uint64_t id = n.arg(0);
  const auto [place, added] = goroutines_.try_emplace(id);
  if (!added) impossible(n, goroutine_text(id) + " exists already");
  place->second.state = goroutine_state::syscall;
  place->second.at = {generation_, 0};
  emit(n).g = {id, goroutine_state::none, goroutine_state::syscall};
  bind_goroutine(n, id);
  touched(id, place->second);
  return true;
}

bool scheduler::go_start(now& n) {
  const std::uint64_t id = n.arg(0);
  const auto found = goroutines_.find(id);
  if (found == goroutines_.end() || found->second.state != goroutine_state::runnable ||
      !follows(found->second.at, n.arg(1)))
    return wait(condition::goroutine, id, n.arg(1));
  require(n, need::must, need::must_not);
  g_state& g = found->second;
  emit(n).g = {id, g.state, goroutine_state::running};
  g.state = goroutine_state::running;
  g.at.number = n.arg(1);
  bind_goroutine(n, id);
  touched(id, g);
  return true;
}

bool scheduler::go_unblock(now& n) {
  const std::uint64_t id = n.arg(0);
  const auto found = goroutines_.find(id);
  if (found == goroutines_.end() || found->second.state != goroutine_state::waiting ||
      !follows(found->second.at, n.arg(1)))
    return wait(condition::goroutine, id, n.arg(1));
  g_state& g = found->second;
  emit(n).g = {id, g.state, goroutine_state::runnable};
  g.state = goroutine_state::runnable;
  g.at.number = n.arg(1);
  touched(id, g);
  return true;
}

// It stops running, and where to.
bool scheduler::go_leaves(now& n, goroutine_state state) {
  require(n, need::must, need::must);
  g_state& g = current(n, goroutine_state::running);
  const std::uint64_t id = n.goroutine();
  emit(n).g = {id, g.state, state};
  n.bound->goroutine = no_goroutine;
  if (state == goroutine_state::none) {
    if (g.assists || g.stops_world)
      strict(n, goroutine_text(id) + " ends inside of " +
                    (g.assists ? "a GC mark assist" : "a stop-the-world"));
    goroutines_.erase(id);
    return true;
  }
  g.state = state;
  g.thread = no_thread;
  touched(id, g);
  return true;
}

// The goroutine gives its thread to a waiting one: three events in one.
bool scheduler::go_switch(now& n) {
  require(n, need::must, need::must);
  current(n, goroutine_state::running);
  const std::uint64_t from = n.goroutine(), to = n.arg(0);
  const auto found = goroutines_.find(to);
  if (found == goroutines_.end() || found->second.state != goroutine_state::waiting ||
      !follows(found->second.at, n.arg(1)))
    return wait(condition::goroutine, to, n.arg(1));
  const bool ends = n.raw.type == event_type::go_switch_destroy;
  const goroutine_state left = ends ? goroutine_state::none : goroutine_state::waiting;
  emit(n).g = {to, goroutine_state::waiting, goroutine_state::runnable};
  const raw_event leaving{ends ? event_type::go_destroy : event_type::go_block, n.raw.offset,
                          n.raw.time};
  now second{leaving, n.thread, n.bound, n.out};
  emit(second).g = {from, goroutine_state::running, left};
  n.out.back().derived = true;
  n.bound->goroutine = no_goroutine;
  if (ends) {
    goroutines_.erase(from);
  } else {
    g_state& g = goroutines_[from];
    g.state = left;
    g.thread = no_thread;
    touched(from, g);
  }
  const raw_event starting{event_type::go_start, n.raw.offset, n.raw.time, {to, n.arg(1)}};
  now third{starting, n.thread, n.bound, n.out};
  emit(third).g = {to, goroutine_state::runnable, goroutine_state::running};
  n.out.back().derived = true;
  g_state& next = goroutines_[to];
  next.state = goroutine_state::running;
  next.at.number = n.arg(1);
  bind_goroutine(n, to);
  touched(to, next);
  return true;
}

bool scheduler::syscall_begin(now& n) {
  require(n, need::must, need::must);
  g_state& g = current(n, goroutine_state::running);
  p_state& p = procs_[n.proc()];
  // No need to wait: the P belongs to this thread, so its numbers are in the order of the thread.
  if (!follows(p.at, n.arg(0)))
    impossible(n, p.at.generation != generation_
                      ? "P " + std::to_string(n.proc()) + " has no status in this generation"
                      : "it is number " + std::to_string(n.arg(0)) + " of P " +
                            std::to_string(n.proc()) + ", after number " +
                            std::to_string(p.at.number));
  event& e = emit(n);
  e.g = {n.goroutine(), g.state, goroutine_state::syscall};
  e.p = {n.proc(), p.state, proc_state::syscall};
  g.state = goroutine_state::syscall;
  p.state = proc_state::syscall;
  p.at.number = n.arg(0);
  touched(n.goroutine(), g);
  touched(n.proc(), p);
  return true;
}

bool scheduler::syscall_end(now& n) {
  require(n, need::must, need::must);
  g_state& g = current(n, goroutine_state::syscall);
  p_state& p = procs_[n.proc()];
  if (p.state != proc_state::syscall)
    impossible(n, "P " + std::to_string(n.proc()) + " is " + std::string(name_of(p.state)) +
                      ", not in a system call");
  event& e = emit(n);
  e.g = {n.goroutine(), g.state, goroutine_state::running};
  e.p = {n.proc(), p.state, proc_state::running};
  g.state = goroutine_state::running;
  p.state = proc_state::running;
  touched(n.goroutine(), g);
  touched(n.proc(), p);
  return true;
}

// The P was lost in the call. It may have got another since.
bool scheduler::syscall_end_blocked(now& n) {
  if (n.proc() != no_proc && procs_[n.proc()].state == proc_state::syscall)
    return wait(condition::thread, n.thread, 0);
  require(n, need::may, need::must);
  g_state& g = current(n, goroutine_state::syscall);
  const std::uint64_t id = n.goroutine();
  emit(n).g = {id, g.state, goroutine_state::runnable};
  g.state = goroutine_state::runnable;
  g.thread = no_thread;
  n.bound->goroutine = no_goroutine;
  touched(id, g);
  return true;
}

// A thread that had called in goes. So does its P: the system may give its number to another thread
// before anybody has stolen it.
bool scheduler::go_destroy_syscall(now& n) {
  require(n, need::may, need::must);
  current(n, goroutine_state::syscall);
  const std::uint64_t id = n.goroutine(), held = n.proc();
  if (held != no_proc) {
    p_state& p = procs_[held];
    if (p.state != proc_state::syscall)
      impossible(n, "P " + std::to_string(held) + " is " + std::string(name_of(p.state)) +
                        ", not in a system call");
    const raw_event losing{event_type::proc_steal, n.raw.offset, n.raw.time, {held}};
    now first{losing, n.thread, n.bound, n.out};
    emit(first).p = {held, p.state, proc_state::abandoned};
    n.out.back().derived = true;
    p.state = proc_state::abandoned;
    p.thread = no_thread;
    touched(held, p);
  }
  emit(n).g = {id, goroutine_state::syscall, goroutine_state::none};
  goroutines_.erase(id);
  n.bound->goroutine = no_goroutine;
  n.bound->proc = no_proc;
  return true;
}

std::string scheduler::explain_goroutine(std::uint64_t id, std::uint64_t number,
                                         goroutine_state wanted) const {
  const auto found = goroutines_.find(id);
  if (found == goroutines_.end())
    return goroutine_text(id) + " is neither created nor has a status";
  const g_state& g = found->second;
  if (g.at.generation != generation_)
    return goroutine_text(id) + " has no status in this generation";
  if (g.at.number + 1 != number)
    return "it is number " + std::to_string(number) + " of " + goroutine_text(id) +
           ", after number " + std::to_string(g.at.number);
  return goroutine_text(id) + " is " + std::string(name_of(g.state)) + ", not " +
         std::string(name_of(wanted));
}

}  // namespace gander::tool
