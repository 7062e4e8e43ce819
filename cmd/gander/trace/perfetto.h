// SPDX-License-Identifier: Apache-2.0
//
// A trace for ui.perfetto.dev and chrome://tracing: a row for each P, with what ran on it; one for
// each goroutine, with its states, and arrows from who made it runnable; regions, tasks,
// collections, stops of the world, and counters. Written as it is read: what is kept is what is
// open.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <unordered_map>
#include <vector>

#include "trace/chrome_events.h"
#include "trace/names.h"
#include "trace/reader.h"

namespace gander::tool {

class perfetto : public trace_consumer {
 public:
  explicit perfetto(std::FILE* out);

  void generation_begins(const generation& tables) override;
  void take(const event& e, const generation& tables) override;
  void gap() override { close_all(); }
  void end() override { close_all(); }

 private:
  struct inside {  // a region or an assist
    std::string name;
    std::uint64_t task = 0;
    std::int64_t since_ns = 0;
  };
  struct goroutine {
    std::string name = {};
    goroutine_state state = goroutine_state::none;
    std::int64_t since_ns = 0;
    std::string label = {};  // of the state
    std::string where = {};
    std::uint64_t made_by = no_goroutine;  // who made it runnable, when, and how
    std::int64_t made_ns = 0;
    std::string_view made_how = {};
    std::vector<inside> insides = {};
    bool has_regions = false;
    std::string stop = {};  // of the world
    std::int64_t stop_since_ns = -1;
  };
  struct proc {
    std::uint64_t goroutine = no_goroutine;  // that runs on it
    std::int64_t since_ns = 0;
    std::int64_t syscall_since_ns = -1;
    std::int64_t sweep_since_ns = -1;
    bool named = false;
    bool sweeps = false;
  };

  void changes(const event& e, const generation& tables);
  void on_proc(const event& e, const goroutine& g);
  void proc_changes(const event& e);
  void close_state(std::uint64_t id, goroutine& g);
  void close_proc(std::uint64_t id, proc& p);
  void close_insides(std::uint64_t id, goroutine& g, std::size_t down_to);
  void close_goroutine(std::uint64_t id, goroutine& g);
  void leave(std::uint64_t id, goroutine& g, std::uint64_t task, std::string_view name);
  void close_all();
  void region(const event& e, const generation& tables);
  void tasks(const event& e, const generation& tables);
  void sweep(const event& e);
  void global(const event& e, const generation& tables);
  const std::string& where(std::uint64_t stack, const generation& tables);
  goroutine* current(const event& e);

  chrome_events out_;
  names names_;
  std::unordered_map<std::uint64_t, goroutine> goroutines_;
  std::unordered_map<std::uint64_t, proc> procs_;
  std::unordered_map<std::uint64_t, std::string> tasks_;
  std::unordered_map<std::uint64_t, std::string> where_;  // by stack, of this generation
  std::int64_t begin_ns_ = -1;
  std::int64_t now_ns_ = 0;  // since then
  std::int64_t marking_since_ns_ = -1;
  std::uint64_t stopper_ = no_goroutine;  // who has stopped the world
};

}  // namespace gander::tool
