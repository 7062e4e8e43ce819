// SPDX-License-Identifier: Apache-2.0
#include "encoder.h"

namespace gander::tool::testing {

void put_number(bytes& to, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) to.push_back(static_cast<std::uint8_t>(number | 0x80));
  to.push_back(static_cast<std::uint8_t>(number));
}

encoder::encoder(unsigned minor) : minor_(minor) {
  std::string header = "go 1." + std::to_string(minor) + " trace";
  header.resize(16, '\0');
  data_.assign(header.begin(), header.end());
}

encoder& encoder::raw(std::initializer_list<int> some) {
  for (const int byte : some) data_.push_back(static_cast<std::uint8_t>(byte));
  return *this;
}

encoder& encoder::batch(std::uint64_t generation, std::uint64_t thread, std::uint64_t time,
                        const bytes& payload) {
  batch_at_ = data_.size();
  put(data_, event_type::event_batch);
  put_number(data_, generation);
  put_number(data_, thread);
  put_number(data_, time);
  put_number(data_, payload.size());
  for (std::size_t& at : event_at_) at += data_.size();
  data_.insert(data_.end(), payload.begin(), payload.end());
  return *this;
}

encoder& encoder::events(std::uint64_t generation, std::uint64_t thread, std::uint64_t time,
                         const std::vector<written>& all) {
  bytes payload;
  event_at_.clear();
  for (const written& w : all) {
    event_at_.push_back(payload.size());
    put(payload, w.type);
    put_number(payload, w.step);
    for (const std::uint64_t argument : w.arguments) put_number(payload, argument);
  }
  return batch(generation, thread, time, payload);
}

encoder& encoder::sync(std::uint64_t generation, std::uint64_t frequency) {
  bytes payload;
  if (minor_ >= 25) put(payload, event_type::sync);
  put(payload, event_type::frequency);
  put_number(payload, frequency);
  if (minor_ >= 25) {
    put(payload, event_type::clock_snapshot);
    for (const std::uint64_t number : {1U, 64U, 1700000000U, 5U}) put_number(payload, number);
  }
  event_at_.clear();
  return batch(generation, no_thread, 1, payload);
}

encoder& encoder::strings(std::uint64_t generation,
                          const std::vector<std::pair<std::uint64_t, std::string>>& all) {
  bytes payload;
  put(payload, event_type::strings);
  event_at_.clear();
  for (const auto& [id, text] : all) {
    event_at_.push_back(payload.size());
    put(payload, event_type::string);
    put_number(payload, id);
    put_number(payload, text.size());
    payload.insert(payload.end(), text.begin(), text.end());
  }
  return batch(generation, no_thread, 1, payload);
}

encoder& encoder::stacks(
    std::uint64_t generation,
    const std::vector<std::pair<std::uint64_t, std::vector<written_frame>>>& all) {
  bytes payload;
  put(payload, event_type::stacks);
  event_at_.clear();
  for (const auto& [id, frames] : all) {
    event_at_.push_back(payload.size());
    put(payload, event_type::stack);
    put_number(payload, id);
    put_number(payload, frames.size());
    for (const written_frame& f : frames)
      for (const std::uint64_t number : {f.pc, f.function, f.file, f.line})
        put_number(payload, number);
  }
  return batch(generation, no_thread, 1, payload);
}

encoder& encoder::samples(std::uint64_t generation,
                          const std::vector<std::vector<std::uint64_t>>& all) {
  bytes payload;
  put(payload, event_type::cpu_samples);
  event_at_.clear();
  for (const std::vector<std::uint64_t>& sample : all) {
    event_at_.push_back(payload.size());
    put(payload, event_type::cpu_sample);
    for (const std::uint64_t number : sample) put_number(payload, number);
  }
  return batch(generation, no_thread, 1, payload);
}

encoder& encoder::end(std::uint64_t) {
  if (minor_ >= 26) put(data_, event_type::end_of_generation);
  return *this;
}

namespace {

class collector : public trace_consumer {
 public:
  explicit collector(outcome& to) : to_(to) {}
  void generation_begins(const generation& tables) override {
    to_.generations.push_back(tables.number);
    to_.generations_at.push_back(tables.offset);
  }
  void take(const event& e, const generation& tables) override {
    to_.events.push_back(e);
    // So that all of it is looked at.
    text_ += describe(e, tables).size() + describe_stacks(e, tables).size();
  }
  void gap() override { ++to_.gaps; }

 private:
  outcome& to_;
  std::size_t text_ = 0;
};

}  // namespace

std::string outcome::told() const {
  std::string text;
  for (const problem& p : problems.kept()) text += std::to_string(p.offset) + ": " + p.what + "\n";
  return text;
}

outcome read_bytes(const bytes& data, bool strictly) {
  outcome result;
  result.problems.strictly = strictly;
  input in{std::span(data)};
  collector consumer(result);
  try {
    result.totals = read_trace(in, result.problems, consumer);
  } catch (const format_error& error) {
    result.refused = std::to_string(error.offset) + ": " + error.what();
  }
  return result;
}

bytes full_trace(unsigned minor) {
  using e = event_type;
  constexpr std::uint64_t none = no_thread;
  encoder out(minor);
  const bool newer = minor >= 23;
  std::vector<written> first = {{e::proc_status, {0, 1}},
                                {e::go_status, {1, 100, 2}},
                                {e::procs_change, {2, 1}},
                                {e::stw_begin, {3, 1}},
                                {e::proc_status, {1, 2}},
                                {e::heap_goal, {4 << 20}},
                                {e::stw_end},
                                {e::gc_active, {7}},
                                {e::heap_alloc, {1 << 20}},
                                {e::go_create, {7, 2, 1}},
                                {e::go_unblock, {8, 1, 0}},
                                {e::user_task_begin, {5, 0, 6, 1}},
                                {e::user_region_begin, {5, 7, 1}},
                                {e::user_log, {5, 8, 9, 1}},
                                {e::user_region_end, {5, 7, 1}},
                                {e::gc_end, {8}},
                                {e::go_block, {4, 1}},
                                {e::go_start, {7, 1}},
                                {e::go_label, {10}},
                                {e::gc_mark_assist_begin, {2}},
                                {e::gc_mark_assist_end},
                                {e::gc_sweep_begin, {2}},
                                {e::gc_sweep_end, {8192, 4096}},
                                {e::go_stop, {11, 2}},
                                {e::go_start, {8, 2}},
                                {e::go_syscall_begin, {1, 2}},
                                {e::go_syscall_end},
                                {e::go_syscall_begin, {2, 2}},
                                // P 0 is stolen by M 101 here.
                                {e::go_syscall_end_blocked, {}, 100},
                                {e::proc_start, {1, 2}},
                                {e::go_start, {8, 3}},
                                {e::go_destroy},
                                {e::go_start, {7, 2}}};
  if (newer) {
    first.push_back({e::go_create_blocked, {9, 2, 1}});
    first.push_back({e::go_switch, {9, 1}});
    first.push_back({e::go_switch_destroy, {7, 3}});
    for (const e type : {e::span, e::span_alloc}) first.push_back({type, {1, 2, 3}});
    for (const e type : {e::span_free, e::goroutine_stack_free, e::heap_object_free})
      first.push_back({type, {1}});
    for (const e type :
         {e::heap_object, e::heap_object_alloc, e::goroutine_stack, e::goroutine_stack_alloc})
      first.push_back({type, {1, 2}});
  }
  out.sync(1).events(1, none, 900, {{e::go_status, {8, none, 4}}, {e::gc_mark_assist_active, {8}}});
  // The assist of 8 ends with the first thing that it does.
  for (std::size_t i = 0; i < first.size(); ++i) {
    if (first[i].type == e::go_syscall_begin && first[i].arguments[0] == 1) {
      first.insert(first.begin() + static_cast<std::ptrdiff_t>(i), {e::gc_mark_assist_end});
      break;
    }
  }
  out.events(1, 100, 1000, first);
  out.events(1, 101, 1010,
             {{e::proc_start, {1, 1}, 8},
              {e::go_create_syscall, {20}},
              {e::proc_stop},
              {e::proc_steal, {0, 3, 100}, 60},
              {e::go_destroy_syscall}});
  if (newer) out.events(1, none, 1200, {{e::go_status_stack, {30, 102, 3, 2}}});
  out.samples(1, {{1020, 100, 0, 7, 2}, {1005, 101, none, 0, 0}});
  const std::vector<std::pair<std::uint64_t, std::string>> names = {
      {1, "main.main"},    {2, "main.cc"},    {3, "start trace"}, {4, "chan receive"},
      {5, "main.work"},    {6, "a task"},     {7, "a region"},    {8, "key"},
      {9, "a \xff value"}, {10, "GC (idle)"}, {11, "preempted"}};
  const std::vector<std::pair<std::uint64_t, std::vector<written_frame>>> stacks = {
      {1, {{0x401000, 1, 2, 10}}}, {2, {{0x402000, 5, 2, 20}, {0x401000, 1, 2, 10}}}};
  out.stacks(1, stacks).strings(1, names).end(1);

  std::vector<written> second = {{e::proc_status, {1, 1}},
                                 {e::go_status, {7, 100, 2}},
                                 {e::proc_status, {0, 2}},
                                 {e::user_task_end, {5, 1}}};
  out.sync(2).events(2, 100, 2000, second);
  std::vector<written> rest = {{e::go_status, {1, none, 4}}};
  if (newer) rest.push_back({e::go_status_stack, {30, 102, 3, 2}});
  out.events(2, none, 2100, rest).stacks(2, stacks).strings(2, names).end(2);
  return out.data();
}

}  // namespace gander::tool::testing
