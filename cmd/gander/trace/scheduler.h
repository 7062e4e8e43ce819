// SPDX-License-Identifier: Apache-2.0
//
// The rules of the scheduler that a trace tells of. It follows the state of each G, P and M, and
// says of an event whether it may happen now. An event that may come too early, by its sequence
// number, waits; whoever merges the threads tries it again when what it waits for has changed. An
// event that cannot have happened whatever comes first is an order_error: no state is known after
// it.
//
// Goroutine:  none -> runnable -> running -> (runnable | waiting | syscall | none)
//             waiting -> runnable, syscall -> (running | runnable | none)
// P:          none -> idle <-> running <-> syscall -> (idle | abandoned), abandoned -> idle
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "trace/event.h"

namespace gander::tool {

struct order_error : format_error {
  using format_error::format_error;
};

class scheduler {
 public:
  // What an event may wait for: that this one's sequence number is one before its own, in a state
  // that allows it. Of a thread: that it loses its P.
  struct condition {
    enum kind : std::uint8_t { goroutine, proc, thread, collector } what;
    std::uint64_t id;
    std::uint64_t sequence;
    bool operator==(const condition&) const = default;
  };

  explicit scheduler(problem_log& problems) : problems_(problems) {}

  void begin(const generation& next);  // stays where it is until end()
  void end();
  void reset();  // nothing is known any more

  // True: it has happened, and `out` has it at its end, perhaps with derived ones. False: it waits
  // for waits_for(). Throws order_error.
  bool apply(const raw_event& raw, std::uint64_t thread, std::vector<event>& out);
  const condition& waits_for() const { return wait_; }
  // What the last call changed: whoever waits for one of these may try again.
  const std::vector<condition>& changed() const { return changed_; }

  // Why an event waits.
  std::string explain(const raw_event& raw, std::uint64_t thread) const;

 private:
  struct sequence {
    std::uint64_t generation = 0;
    std::uint64_t number = 0;
  };
  struct region {
    std::uint64_t task;
    std::string name;
  };
  struct g_state {
    goroutine_state state = goroutine_state::none;
    sequence at = {};
    std::uint64_t thread = no_thread;  // that it is bound to
    bool assists = false;
    bool stops_world = false;
    std::vector<region> regions = {};
  };
  struct p_state {
    proc_state state = proc_state::none;
    sequence at = {};
    std::uint64_t thread = no_thread;
    bool sweeps = false;
  };
  struct m_state {
    std::uint64_t goroutine = no_goroutine;
    std::uint64_t proc = no_proc;
  };
  enum class gc : std::uint8_t { unknown, off, on };

  // The event at hand.
  struct now {
    const raw_event& raw;
    std::uint64_t thread;
    m_state* bound;  // nullptr: no thread
    std::vector<event>& out;
    std::uint64_t arg(std::size_t i) const { return raw.arguments[i]; }
    std::uint64_t proc() const { return bound != nullptr ? bound->proc : no_proc; }
    std::uint64_t goroutine() const { return bound != nullptr ? bound->goroutine : no_goroutine; }
  };
  enum class need { must, must_not, may };

  bool dispatch(now& n);
  bool proc_status(now& n);
  bool proc_start(now& n);
  bool proc_stop(now& n);
  bool proc_steal(now& n);
  bool go_status(now& n);
  void status_in_syscall(now& n, std::uint64_t id, bool known, event& e);
  bool go_create(now& n, goroutine_state state);
  bool go_create_syscall(now& n);
  bool go_start(now& n);
  bool go_unblock(now& n);
  bool go_leaves(now& n, goroutine_state state);
  bool go_switch(now& n);
  bool syscall_begin(now& n);
  bool syscall_end(now& n);
  bool syscall_end_blocked(now& n);
  bool go_destroy_syscall(now& n);
  bool gc_active(now& n);
  bool gc_begin(now& n);
  bool gc_end(now& n);
  bool range(now& n);
  bool task(now& n);
  bool region_begin(now& n);
  bool region_end(now& n);
  bool plain(now& n, need p, need g);

  event& emit(now& n);
  // Throws unless the thread has, or has not, what the event needs.
  void require(const now& n, need p, need g) const;
  g_state& current(now& n, goroutine_state state);
  [[noreturn]] void impossible(const now& n, const std::string& why) const;
  void broken(const now& n, const std::string& what);
  void strict(const now& n, const std::string& what);
  std::string place(const raw_event& raw, std::uint64_t thread) const;
  std::string missing(const raw_event& raw, std::uint64_t thread, need p, need g) const;

  bool follows(const sequence& at, std::uint64_t number) const {
    return at.generation == generation_ && at.number + 1 == number;
  }
  bool wait(condition::kind what, std::uint64_t id, std::uint64_t number) {
    wait_ = {what, id, number};
    return false;
  }
  void bind_goroutine(now& n, std::uint64_t id);
  void bind_proc(now& n, std::uint64_t id);
  void touched(std::uint64_t id, const g_state& g) {
    changed_.push_back({condition::goroutine, id, g.at.number + 1});
  }
  void touched(std::uint64_t id, const p_state& p) {
    changed_.push_back({condition::proc, id, p.at.number + 1});
  }
  std::string explain_goroutine(std::uint64_t id, std::uint64_t number,
                                goroutine_state wanted) const;
  std::string explain_proc(std::uint64_t id, std::uint64_t number, bool steal) const;

  problem_log& problems_;
  const generation* tables_ = nullptr;
  std::uint64_t generation_ = 0;
  bool first_ = true;  // generation: what exists is not known yet
  std::unordered_map<std::uint64_t, g_state> goroutines_;
  std::unordered_map<std::uint64_t, p_state> procs_;
  std::unordered_map<std::uint64_t, m_state> threads_;
  std::unordered_set<std::uint64_t> tasks_;
  gc gc_ = gc::unknown;
  std::uint64_t gc_sequence_ = 0;
  condition wait_ = {};
  std::vector<condition> changed_;
};

}  // namespace gander::tool
