// SPDX-License-Identifier: Apache-2.0
//
// A whole trace in memory, for who looks at any part of it at any time: what ran on each P, what
// stopped the world, when the collector marked, and each goroutine with its history. Filled by
// read_trace; from then on nothing of it changes, so any number of threads may ask.
//
// Times count from the first event. Goroutines and Ps have numbers, in the order in which they
// appear; what they are called in the trace is their id.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "trace/names.h"
#include "trace/reader.h"
#include "view/history.h"
#include "view/stack_table.h"

namespace gander::tool {

struct goroutine_entry {
  std::uint64_t id = 0;
  std::uint32_t function = 0;  // that it began with; 0: not known
  std::uint32_t creator = nobody;
  std::uint32_t creation_stack = 0;  // of its creator
  std::int64_t begin_ns = 0;
  std::int64_t end_ns = 0;
  bool from_the_start = false;  // it was there before the trace
  bool to_the_end = true;
  kind_times times = {};
};

struct proc_row {
  std::uint64_t id = 0;
  plain_row row = {};  // what: goroutines
};

class trace_index : public trace_consumer {
 public:
  void generation_begins(const generation& tables) override;
  void take(const event& e, const generation& tables) override;
  void gap() override;
  void end() override;

  std::int64_t duration_ns() const { return end_ns_; }
  const std::vector<goroutine_entry>& goroutines() const { return goroutines_; }
  const std::vector<proc_row>& procs() const { return procs_; }
  const plain_row& stops() const { return stops_; }      // what: names
  const plain_row& marking() const { return marking_; }  // what: 0
  const history& moments() const { return history_; }
  const stack_table& stacks() const { return stacks_; }
  const std::string& name(std::uint32_t number) const { return names_[number]; }
  std::size_t names_count() const { return names_.size(); }
  std::uint32_t goroutine(std::uint64_t id) const;  // its number, or `nobody`
  std::uint32_t proc(std::uint64_t id) const;

 private:
  // What is under way, of a goroutine.
  struct under_way {
    goroutine_state state = goroutine_state::none;
    std::uint32_t proc = nobody;  // whose row shows it
    bool seen = false;            // any state
  };

  std::uint32_t number_of(std::uint64_t id);
  std::uint32_t proc_number_of(std::uint64_t id);
  void changes(const event& e, const generation& tables);
  moment change_of(const event& e, const generation& tables);
  void learn(std::uint32_t g, const event& e, const generation& tables);
  void on_proc(std::uint32_t g, const event& e, std::int64_t since_ns);
  void off_proc(std::uint32_t p, std::int64_t time_ns);
  void acts(const event& e, const generation& tables);
  void whole_world(const event& e, const generation& tables);
  std::uint32_t text(const event& e, std::size_t argument, const generation& tables);

  names names_;
  stack_table stacks_;
  std::vector<goroutine_entry> goroutines_;
  std::vector<proc_row> procs_;
  plain_row stops_, marking_;
  history history_;
  std::unordered_map<std::uint64_t, std::uint32_t> numbers_, proc_numbers_;

  // While it is filled.
  std::vector<under_way> now_;          // by the goroutine's number
  std::vector<std::uint32_t> running_;  // by the P's: whose goroutine its row shows
  std::int64_t begin_ns_ = -1;
  std::int64_t end_ns_ = 0;
  std::int64_t known_since_ns_ = -1;  // 0, or the begin of what follows the last gap
  std::uint64_t stopper_ = no_goroutine;
};

}  // namespace gander::tool
