// SPDX-License-Identifier: Apache-2.0
//
// One generation of a trace: about a second of all threads, with the tables that its events refer
// to. It knows nothing of other generations. Reading it checks all that can be checked without
// ordering its events: that each can be decoded, that each string and each stack is there, and that
// no thread's time runs backwards.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "trace/event_type.h"
#include "trace/wire.h"

namespace gander::tool {

struct frame {
  std::uint64_t pc = 0;
  std::uint64_t function = 0;  // strings
  std::uint64_t file = 0;
  std::uint64_t line = 0;
};

struct cpu_sample {
  std::uint64_t offset = 0;
  std::uint64_t time = 0;  // in units of the clock
  std::uint64_t thread = no_thread;
  std::uint64_t proc = no_proc;
  std::uint64_t goroutine = no_goroutine;
  std::uint64_t stack = 0;
};

struct wall_clock {
  std::uint64_t time = 0;  // in units of the clock
  std::uint64_t monotonic_ns = 0;
  std::uint64_t unix_s = 0;
  std::uint64_t unix_ns = 0;
};

struct thread_batches {
  std::uint64_t thread = 0;
  std::vector<batch> batches = {};
};

class generation {
 public:
  std::uint64_t number = 0;
  std::uint64_t offset = 0;  // of its first batch
  std::uint64_t frequency = 0;
  std::optional<wall_clock> snapshot;
  std::vector<cpu_sample> samples;  // by time
  std::vector<thread_batches> threads;
  std::uint64_t events = 0;  // in the threads' batches

  // Saturates at 292 years.
  std::int64_t to_ns(std::uint64_t time) const;

  bool has_string(std::uint64_t id) const { return id == 0 || strings_.contains(id); }
  bool has_stack(std::uint64_t id) const { return id == 0 || stacks_.contains(id); }
  std::string_view string(std::uint64_t id) const;          // empty when there is none
  const std::vector<frame>& stack(std::uint64_t id) const;  // the innermost frame first

 private:
  friend class generation_reader;
  struct stack_entry {
    std::uint64_t offset = 0;
    std::vector<frame> frames = {};
  };

  std::unordered_map<std::uint64_t, std::string> strings_;
  std::unordered_map<std::uint64_t, stack_entry> stacks_;
};

// Puts one together from its batches.
class generation_reader {
 public:
  generation_reader(unsigned minor, bool strictly) : minor_(minor) {
    problems_.strictly = strictly;
  }

  void add(batch&& b);  // throws format_error
  bool empty() const { return result_.number == 0; }
  std::uint64_t number() const { return result_.number; }

  // When all its batches have been added, and never again: false when it cannot be used.
  bool finish(generation& result);

  const problem_log& problems() const { return problems_; }
  // It names what its tables do not have, and these are the last that is written: it was cut off.
  bool lacks_tables() const { return !has_strings_ && misses_; }

 private:
  void add_strings(const batch& b);
  void add_stacks(const batch& b);
  void add_samples(const batch& b);
  void add_sync(const batch& b);
  void set_frequency(std::uint64_t frequency, std::uint64_t offset);
  void broken(std::uint64_t offset, const std::string& what);
  void strict(std::uint64_t offset, const std::string& what);
  void misses(std::uint64_t offset, const std::string& who, const char* what, std::uint64_t id);
  void check_stacks();
  void check_samples();
  void check_events();
  void check_batch(const batch& b, std::uint64_t& last);
  void check_event(const event_spec& spec, byte_cursor& at, std::uint64_t offset);

  unsigned minor_;
  problem_log problems_;
  bool has_strings_ = false;
  bool misses_ = false;  // a string or a stack
  generation result_;
  std::unordered_map<std::uint64_t, std::size_t> threads_;  // where in result_.threads
  std::unordered_map<std::uint64_t, frame> frames_;         // by pc: Go's readers keep one of each
};

}  // namespace gander::tool
