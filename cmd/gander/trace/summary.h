// SPDX-License-Identifier: Apache-2.0
//
// What a trace says in numbers: where the time of goroutines went, how long they had to wait for a
// P, where they blocked, what stopped the world. Memory grows with the goroutines that live at once
// and with the places in the code, not with the length of the trace.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "trace/histogram.h"
#include "trace/names.h"
#include "trace/reader.h"

namespace gander::tool {

// How long in which state.
struct state_times {
  std::int64_t running_ns = 0;
  std::int64_t runnable_ns = 0;
  std::int64_t syscall_ns = 0;
  std::int64_t blocked_ns = 0;
  std::vector<std::pair<std::uint32_t, std::int64_t>> by_reason = {};  // of blocked_ns

  void block(std::uint32_t reason, std::int64_t ns);
  void add(const state_times& other);
};

struct counted_time {
  std::uint64_t count = 0;
  std::int64_t total_ns = 0;
  std::int64_t most_ns = 0;
  void add(std::int64_t ns);
};

struct goroutine_group {
  std::uint32_t entry = 0;
  std::uint64_t count = 0;
  state_times times = {};
};

struct goroutine_line {
  std::uint64_t id = 0;
  std::uint32_t entry = 0;
  state_times times = {};
};

struct blocking_place {
  std::uint32_t reason = 0;
  call_site site = {};
  counted_time time = {};
};

struct long_wait {
  std::int64_t ns = 0;
  std::int64_t since_ns = 0;
  std::uint64_t goroutine = 0;
  std::uint32_t entry = 0;
  std::uint32_t reason = 0;
  call_site site = {};
  bool from_the_start = false;  // it had begun before the trace
  bool to_the_end = false;
  std::uint64_t woken_by = no_goroutine;
};

class summary : public trace_consumer {
 public:
  // How many places and waits to keep; and whether to keep each goroutine.
  explicit summary(std::size_t top = 10, bool each = false) : top_(top), each_(each) {}

  void generation_begins(const generation& tables) override;
  void take(const event& e, const generation& tables) override;
  void gap() override;
  void end() override;

  // After the end. The largest first.
  std::vector<goroutine_group> groups() const;
  std::vector<blocking_place> places() const;
  const std::vector<long_wait>& waits() const { return waits_; }
  const std::vector<goroutine_line>& goroutines() const { return lines_; }  // by their ids
  const histogram& latency() const { return latency_; }
  std::vector<std::pair<std::uint32_t, counted_time>> stops() const;  // of the world, by kind
  const counted_time& marking() const { return marking_; }
  std::int64_t begin_ns() const { return begin_ns_; }
  std::int64_t duration_ns() const { return begin_ns_ < 0 ? 0 : end_ns_ - begin_ns_; }
  std::size_t threads() const { return threads_.size(); }
  std::size_t procs() const { return procs_.size(); }
  std::uint64_t gomaxprocs() const { return gomaxprocs_; }  // the last one; 0: not known
  std::uint64_t most_heap() const { return most_heap_; }
  std::uint64_t samples() const { return samples_; }
  const std::string& name(std::uint32_t number) const { return names_[number]; }
  std::size_t top() const { return top_; }

 private:
  struct live {
    std::uint32_t entry = 0;
    goroutine_state state = goroutine_state::none;
    std::int64_t since_ns = 0;
    bool from_the_start = false;  // the state, not the goroutine
    std::uint32_t reason = 0;
    call_site site = {};
    std::uint32_t stop = 0;  // the kind of stop-the-world that it is in
    std::int64_t stop_since_ns = -1;
    state_times times = {};
  };

  void changes(const event& e, const generation& tables);
  void enters(live& g, const event& e, const generation& tables);
  void leaves(std::uint64_t id, live& g, std::int64_t now_ns, const event* e);
  void waited(std::uint64_t id, const live& g, std::int64_t now_ns, const event* e);
  void ended(std::uint64_t id, const live& g);
  void close_all();
  call_site site(std::uint64_t stack, const generation& tables);

  std::size_t top_;
  bool each_;
  names names_;
  std::unordered_map<std::uint64_t, live> live_;
  std::unordered_map<std::uint32_t, goroutine_group> groups_;
  std::map<std::pair<std::uint32_t, std::pair<std::uint32_t, std::uint64_t>>, blocking_place>
      places_;
  std::unordered_map<std::uint64_t, call_site> sites_;  // by stack, of this generation
  std::vector<long_wait> waits_;
  std::vector<goroutine_line> lines_;
  histogram latency_;
  std::map<std::uint32_t, counted_time> stops_;
  counted_time marking_;
  std::int64_t marking_since_ns_ = -1;
  std::int64_t begin_ns_ = -1;
  std::int64_t end_ns_ = -1;
  std::int64_t known_since_ns_ = -1;  // the begin, or that of what follows the last gap
  std::unordered_set<std::uint64_t> threads_, procs_;
  std::uint64_t gomaxprocs_ = 0;
  std::uint64_t most_heap_ = 0;
  std::uint64_t samples_ = 0;
};

}  // namespace gander::tool
