// SPDX-License-Identifier: Apache-2.0
#include "random_trace.h"

#include <algorithm>
#include <map>
#include <random>

namespace gander::tool::testing {
namespace {

using e = event_type;

constexpr std::size_t batch_events = 3000;  // a batch has 64 KiB
constexpr std::uint64_t nobody = 0;
constexpr std::uint64_t running = 2, waiting = 4, runnable = 1;

class program {
 public:
  explicit program(const random_program& of) : of_(of), random_(of.seed), threads_(of.threads) {
    goroutines_[1] = {running, 0};
    threads_[0].goroutine = 1;
  }

  bytes trace() {
    encoder out(26);
    bytes result = out.data();
    for (std::size_t number = 1; number <= of_.generations; ++number) {
      encoder part(26);
      generation(number, part);
      result.insert(result.end(), part.data().begin() + 16, part.data().end());
    }
    return result;
  }

 private:
  struct goroutine {
    std::uint64_t state = nobody;
    std::uint64_t sequence = 0;
  };
  struct thread {
    std::uint64_t goroutine = nobody;
    std::uint64_t sequence = 0;  // of its P
    bool in_call = false;
    std::uint64_t begin = 0, last = 0;  // of its batch
    std::vector<written> events = {};
  };

  std::size_t below(std::size_t count) { return random_() % count; }

  void add(std::size_t t, e type, std::vector<std::uint64_t> arguments = {}) {
    thread& m = threads_[t];
    now_ += below(20) == 0 ? 1 + below(100000) : 1 + below(40);
    if (m.events.empty()) m.begin = m.last = now_ - 1;
    m.events.push_back({type, std::move(arguments), now_ - m.last});
    m.last = now_;
  }
  void flush(std::uint64_t number, std::size_t t, encoder& out) {
    thread& m = threads_[t];
    if (!m.events.empty()) out.events(number, 100 + t, m.begin, m.events);
    m.events.clear();
  }

  // The status of everything, and then the numbers begin anew.
  void generation(std::uint64_t number, encoder& out) {
    for (std::size_t t = 0; t < threads_.size(); ++t) {
      threads_[t].sequence = 0;
      add(t, e::proc_status, {t, std::uint64_t{threads_[t].in_call ? 3U : 1U}});
      if (threads_[t].goroutine != nobody)
        add(t, e::go_status,
            {threads_[t].goroutine, 100 + t, std::uint64_t{threads_[t].in_call ? 3U : 2U}});
    }
    for (auto& [id, g] : goroutines_) {
      g.sequence = 0;
      if (g.state == running) continue;
      add(0, e::go_status, {id, no_thread, g.state});
    }
    for (std::size_t i = 0; i < of_.events / of_.generations; ++i) {
      const std::size_t t = below(threads_.size());
      step(t);
      if (threads_[t].events.size() >= batch_events) flush(number, t, out);
    }
    for (std::size_t t = 0; t < threads_.size(); ++t) flush(number, t, out);
    out.sync(number)
        .stacks(
            number,
            {{1, {{16, 3, 4, 11}, {17, 5, 4, 22}}}, {2, {{18, 6, 4, 33}}}, {3, {{19, 7, 4, 44}}}})
        .strings(number, {{1, "chan receive"},
                          {2, "sleep"},
                          {3, "work"},
                          {4, "/src/work.cc"},
                          {5, "main.main"},
                          {6, "main.worker"},
                          {7, "main.reader"},
                          {8, "preempted"}})
        .end(number);
  }

  std::uint64_t any(std::uint64_t state) {
    std::vector<std::uint64_t> found;
    for (const auto& [id, g] : goroutines_)
      if (g.state == state) found.push_back(id);
    return found.empty() ? nobody : found[below(found.size())];
  }

  void step(std::size_t t) {
    thread& m = threads_[t];
    if (m.in_call) {
      add(t, e::go_syscall_end);
      m.in_call = false;
    } else if (m.goroutine == nobody) {
      start(t);
    } else {
      act(t);
    }
  }
  void start(std::size_t t) {
    const std::uint64_t id = any(runnable);
    if (id == nobody) return wake(t);
    goroutine& g = goroutines_[id];
    g.state = running;
    add(t, e::go_start, {id, ++g.sequence});
    threads_[t].goroutine = id;
  }
  void wake(std::size_t t) {
    const std::uint64_t id = any(waiting);
    if (id == nobody) return;
    goroutine& g = goroutines_[id];
    g.state = runnable;
    add(t, e::go_unblock, {id, ++g.sequence, threads_[t].goroutine == nobody ? 0U : 1U});
  }
  void leave(std::size_t t, std::uint64_t state) {
    goroutines_[threads_[t].goroutine].state = state;
    threads_[t].goroutine = nobody;
  }
  void act(std::size_t t) {
    thread& m = threads_[t];
    switch (below(8)) {
      case 0:
        if (goroutines_.size() >= of_.goroutines) break;
        goroutines_[++last_] = {runnable, 0};
        return add(t, e::go_create, {last_, 2 + below(2), 1});
      case 1:
      case 2:
        add(t, e::go_block, {1 + below(2), 1 + below(3)});
        return leave(t, waiting);
      case 3:
        add(t, e::go_stop, {8, 1 + below(3)});
        return leave(t, runnable);
      case 4:
        m.in_call = true;
        return add(t, e::go_syscall_begin, {++m.sequence, 3});
      case 5:
        if (m.goroutine == 1 || below(4) != 0) break;
        add(t, e::go_destroy);
        goroutines_.erase(m.goroutine);
        m.goroutine = nobody;
        return;
      default:
        break;
    }
    wake(t);
  }

  random_program of_;
  std::mt19937 random_;
  std::vector<thread> threads_;
  std::map<std::uint64_t, goroutine> goroutines_;
  std::uint64_t last_ = 1;
  std::uint64_t now_ = 1000;
};

}  // namespace

bytes random_trace(const random_program& of) { return program(of).trace(); }

}  // namespace gander::tool::testing
