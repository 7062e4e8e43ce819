// SPDX-License-Identifier: Apache-2.0
#include "trace/reader.h"

#include <cstring>
#include <limits>
#include <optional>
#include <string>

#include "trace/merge.h"

namespace gander::tool {
namespace {

class reading {
 public:
  reading(input& in, problem_log& problems, trace_consumer& to)
      : wire_(in), problems_(problems), to_(to), rules_(problems) {
    totals_.minor = wire_.minor();
    to_.begin(wire_.minor());
  }

  trace_totals run() {
    try {
      while (step()) continue;
    } catch (const batch_error& error) {
      cut_off(error);
    }
    if (wire_.error() != 0)
      problems_.broken(wire_.offset(),
                       std::string("it cannot be read on: ") + std::strerror(wire_.error()));
    to_.end();
    totals_.bytes = wire_.offset();
    return totals_;
  }

 private:
  bool step() {
    batch b;
    switch (wire_.next(b)) {
      case wire_reader::item::batch:
        add(std::move(b));
        return true;
      case wire_reader::item::end_of_generation:
        if (!building_ && dropped_ == 0)
          problems_.strict(wire_.offset() - 1, "the end of a generation that has no batch");
        close();
        return true;
      case wire_reader::item::end:
        break;
    }
    if (building_ && wire_.marks_generations())
      drop(wire_.offset(), left_out(building_->number()) + "it has no end");
    close(true);
    if (last_ == 0 && problems_.count() == 0)
      problems_.broken(wire_.offset(), "there is no generation in it");
    return false;
  }

  void add(batch&& b) {
    const std::uint64_t current = building_ ? building_->number() : dropped_;
    if (current != 0 && b.generation != current) {
      if (building_ && wire_.marks_generations())
        drop(b.offset, left_out(current) + "it has no end before generation " +
                           std::to_string(b.generation) + " begins");
      else
        close();
    }
    if (dropped_ == b.generation) return;
    if (!building_ && !starts(b)) return;
    try {
      building_->add(std::move(b));
    } catch (const format_error& error) {
      drop(error.offset, left_out(building_->number()) + error.what());
    }
  }

  // Generations follow each other; from Go 1.26 on some may be missing.
  bool starts(const batch& b) {
    if (last_ != 0 && b.generation <= last_) {
      dropped_ = b.generation;
      lost_ = true;
      problems_.broken(b.offset, "generation " + std::to_string(b.generation) +
                                     " after generation " + std::to_string(last_) +
                                     ": it is left out");
      return false;
    }
    if (last_ != 0 && b.generation != last_ + 1) {
      const std::string what = "generation " + std::to_string(b.generation) + " after generation " +
                               std::to_string(last_);
      if (wire_.marks_generations())
        problems_.strict(b.offset, what);
      else
        problems_.broken(b.offset, what);
      lost_ = true;
    }
    building_.emplace(wire_.minor(), problems_.strictly);
    return true;
  }

  void drop(std::uint64_t offset, const std::string& what) {
    problems_.broken(offset, what);
    dropped_ = building_ ? building_->number() : dropped_;
    last_ = dropped_;
    building_.reset();
    lost_ = true;
  }

  // The file ends within a batch, or what comes is none. Where generations have no end of their
  // own, the last one may still be whole, unless that batch is known to belong to it.
  void cut_off(const batch_error& error) {
    if (building_ && (wire_.marks_generations() || error.generation == building_->number()))
      return drop(error.offset, left_out(building_->number()) + error.what());
    close(error.generation == 0);
    problems_.broken(error.offset, error.what());
  }

  // The generation at hand has all its batches, or it is the last one in the file: then,
  // `doubtful`, nothing says so.
  void close(bool doubtful = false) {
    dropped_ = 0;
    if (!building_) return;
    last_ = building_->number();
    generation tables;
    bool usable = false;
    try {
      usable = building_->finish(tables);
    } catch (const format_error& error) {
      problems_.broken(error.offset, left_out(last_) + error.what());
    }
    if (usable && doubtful && building_->lacks_tables()) {
      problems_.broken(wire_.offset(), left_out(last_) + "its tables are missing");
      usable = false;
    } else {
      problems_.append(building_->problems());
    }
    building_.reset();
    if (usable)
      hand_on(tables);
    else
      lost_ = true;
  }

  static std::string left_out(std::uint64_t generation) {
    return "generation " + std::to_string(generation) + " is left out: ";
  }

  void hand_on(const generation& tables) {
    if (lost_) {
      rules_.reset();
      to_.gap();
      lost_ = false;
    }
    ++totals_.generations;
    to_.generation_begins(tables);
    rules_.begin(tables);
    merger merged(tables, rules_);
    auto sample = tables.samples.begin();
    std::vector<event> events;
    try {
      for (;;) {
        std::uint64_t soonest = 0;
        const bool more = merged.soonest(soonest);
        if (sample != tables.samples.end() && (!more || sample->time < soonest)) {
          hand_on(*sample++, tables);
          continue;
        }
        events.clear();
        if (!merged.next(events)) break;
        for (event& e : events) hand_on(e, tables);
      }
      rules_.end();
    } catch (const order_error& error) {
      problems_.broken(error.offset, error.what());
      lost_ = true;
    }
    to_.generation_ends(tables);
  }

  void hand_on(const cpu_sample& sample, const generation& tables) {
    event e;
    e.type = event_type::cpu_sample;
    e.offset = sample.offset;
    e.time_ns = tables.to_ns(sample.time);
    e.thread = sample.thread;
    e.proc = sample.proc;
    e.goroutine = sample.goroutine;
    e.arguments[0] = sample.stack;
    if (e.time_ns <= time_ns_) e.time_ns = next_time();
    count_and_take(e, tables);
  }

  void hand_on(event& e, const generation& tables) {
    if (e.time_ns <= time_ns_) {
      if (!e.derived && e.time_ns < time_ns_) {
        ++totals_.against_time;
        totals_.against_time_ns = std::max(totals_.against_time_ns, time_ns_ - e.time_ns);
      }
      e.time_ns = next_time();
    }
    count_and_take(e, tables);
  }

  // Nothing shall happen at the same time, or before what it follows.
  std::int64_t next_time() const {
    return time_ns_ == std::numeric_limits<std::int64_t>::max() ? time_ns_ : time_ns_ + 1;
  }

  void count_and_take(const event& e, const generation& tables) {
    time_ns_ = e.time_ns;
    if (!e.derived) {
      ++totals_.events;
      ++totals_.by_type[static_cast<std::uint8_t>(e.type)];
    }
    if (e.g.any() && e.g.from == goroutine_state::none) ++totals_.goroutines;
    to_.take(e, tables);
  }

  wire_reader wire_;
  problem_log& problems_;
  trace_consumer& to_;
  scheduler rules_;
  std::optional<generation_reader> building_;
  std::uint64_t dropped_ = 0;  // the generation at hand, when it is left out
  std::uint64_t last_ = 0;     // the one before it
  bool lost_ = false;          // something is missing before what comes next
  std::int64_t time_ns_ = -1;
  trace_totals totals_;
};

}  // namespace

trace_totals read_trace(input& in, problem_log& problems, trace_consumer& to) {
  return reading(in, problems, to).run();
}

}  // namespace gander::tool
