// SPDX-License-Identifier: Apache-2.0
#include "trace/generation.h"

#include <algorithm>
#include <limits>

namespace gander::tool {
namespace {

constexpr std::uint64_t longest_string = 1024, deepest_stack = 128;

std::string text(std::uint64_t number) { return std::to_string(number); }

bool is(std::uint8_t byte, event_type type) { return byte == static_cast<std::uint8_t>(type); }

// The byte in front of each entry of a table.
void expect(byte_cursor& at, event_type type) {
  const std::uint64_t offset = at.offset();
  const std::uint8_t byte = at.byte();
  if (!is(byte, type))
    throw format_error(offset, "a " + std::string(name_of(type)) + " was expected, not a byte " +
                                   text(byte) + " (" +
                                   std::string(name_of(static_cast<event_type>(byte))) + ")");
}

}  // namespace

std::int64_t generation::to_ns(std::uint64_t time) const {
  constexpr std::uint64_t second = 1'000'000'000;
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  const std::uint64_t seconds = time / frequency, rest = time % frequency;
  if (seconds >= most / second) return static_cast<std::int64_t>(most);
  // In whole numbers as long as they do not overflow, so that nothing is rounded.
  const std::uint64_t ns =
      frequency <= 10 * second
          ? rest * second / frequency
          : static_cast<std::uint64_t>(static_cast<double>(rest) / static_cast<double>(frequency) *
                                       static_cast<double>(second));
  return static_cast<std::int64_t>(seconds * second + ns);
}

std::string_view generation::string(std::uint64_t id) const {
  const auto found = strings_.find(id);
  return found == strings_.end() ? std::string_view{} : std::string_view(found->second);
}

const std::vector<frame>& generation::stack(std::uint64_t id) const {
  static const std::vector<frame> none;
  const auto found = stacks_.find(id);
  return found == stacks_.end() ? none : found->second.frames;
}

void generation_reader::broken(std::uint64_t offset, const std::string& what) {
  problems_.broken(offset, "generation " + text(result_.number) + ": " + what);
}

void generation_reader::strict(std::uint64_t offset, const std::string& what) {
  problems_.strict(offset, "generation " + text(result_.number) + ": " + what);
}

// `what` is "string" or "stack".
void generation_reader::misses(std::uint64_t offset, const std::string& who, const char* what,
                               std::uint64_t id) {
  misses_ = true;
  broken(offset, who + " names " + what + " " + text(id) + ", which is not there");
}

void generation_reader::add(batch&& b) {
  if (result_.number == 0) {
    result_.number = b.generation;
    result_.offset = b.offset;
  }
  if (b.experimental) return;
  if (is(b.kind(), event_type::strings)) return add_strings(b);
  if (is(b.kind(), event_type::stacks)) return add_stacks(b);
  if (is(b.kind(), event_type::cpu_samples)) return add_samples(b);
  if (is(b.kind(), minor_ >= 25 ? event_type::sync : event_type::frequency)) return add_sync(b);
  if (b.payload.empty()) return;
  const auto [place, added] = threads_.emplace(b.thread, result_.threads.size());
  if (added) result_.threads.push_back({b.thread});
  result_.threads[place->second].batches.push_back(std::move(b));
}

void generation_reader::add_strings(const batch& b) {
  byte_cursor at = b.cursor();
  expect(at, event_type::strings);
  has_strings_ = true;
  while (!at.done()) {
    const std::uint64_t offset = at.offset();
    expect(at, event_type::string);
    const std::uint64_t id = at.number(), length = at.number();
    if (length > longest_string)
      throw format_error(offset, "a string of " + text(length) + " bytes: 1024 are the most");
    const std::span<const std::uint8_t> bytes = at.bytes(static_cast<std::size_t>(length));
    if (id == 0) {
      strict(offset, "a string with the id 0, which stands for the empty one");
      continue;
    }
    if (!result_.strings_.emplace(id, std::string(bytes.begin(), bytes.end())).second)
      broken(offset, "two strings with the id " + text(id));
  }
}

void generation_reader::add_stacks(const batch& b) {
  byte_cursor at = b.cursor();
  expect(at, event_type::stacks);
  while (!at.done()) {
    const std::uint64_t offset = at.offset();
    expect(at, event_type::stack);
    const std::uint64_t id = at.number(), depth = at.number();
    if (depth > deepest_stack)
      throw format_error(offset, "a stack of " + text(depth) + " frames: 128 are the most");
    generation::stack_entry entry{offset};
    for (std::uint64_t i = 0; i < depth; ++i) {
      frame f;
      f.pc = at.number();
      f.function = at.number();
      f.file = at.number();
      f.line = at.number();
      entry.frames.push_back(f);
    }
    if (id == 0) {
      strict(offset, "a stack with the id 0, which stands for none");
      continue;
    }
    if (!result_.stacks_.emplace(id, std::move(entry)).second)
      broken(offset, "two stacks with the id " + text(id));
  }
}

void generation_reader::add_samples(const batch& b) {
  byte_cursor at = b.cursor();
  expect(at, event_type::cpu_samples);
  while (!at.done()) {
    cpu_sample sample;
    sample.offset = at.offset();
    expect(at, event_type::cpu_sample);
    sample.time = at.number();
    sample.thread = at.number();
    sample.proc = at.number();
    sample.goroutine = at.number();
    if (sample.goroutine == 0) sample.goroutine = no_goroutine;
    sample.stack = at.number();
    result_.samples.push_back(sample);
  }
}

void generation_reader::set_frequency(std::uint64_t frequency, std::uint64_t offset) {
  if (frequency == 0) throw format_error(offset, "a clock that never ticks: frequency 0");
  if (result_.frequency != 0) {
    broken(offset, "two frequencies of its clock");
    return;
  }
  result_.frequency = frequency;
}

void generation_reader::add_sync(const batch& b) {
  byte_cursor at = b.cursor();
  if (minor_ >= 25) at.byte();
  while (!at.done()) {
    const std::uint64_t offset = at.offset();
    const std::uint8_t type = at.byte();
    if (is(type, event_type::frequency)) {
      set_frequency(at.number(), offset);
    } else if (is(type, event_type::clock_snapshot) && minor_ >= 25) {
      wall_clock clock;
      clock.time = b.time + at.number();
      clock.monotonic_ns = at.number();
      clock.unix_s = at.number();
      clock.unix_ns = at.number();
      if (result_.snapshot) broken(offset, "two snapshots of its clock");
      result_.snapshot = clock;
    } else {
      throw format_error(offset, "a byte " + text(type) + " (" +
                                     std::string(name_of(static_cast<event_type>(type))) +
                                     ") does not belong into a batch of the clock");
    }
  }
}

bool generation_reader::finish(generation& result) {
  if (result_.frequency == 0) {
    broken(result_.offset, "it does not say the frequency of its clock");
    return false;
  }
  if (minor_ >= 25 && !result_.snapshot) broken(result_.offset, "it has no snapshot of its clock");
  check_stacks();
  check_samples();
  check_events();
  result = std::move(result_);
  return true;
}

void generation_reader::check_stacks() {
  // In the order of the file, so that messages do not hang on the order of a hash table.
  std::vector<std::pair<std::uint64_t, const generation::stack_entry*>> all;
  for (const auto& [id, entry] : result_.stacks_) all.emplace_back(id, &entry);
  std::sort(all.begin(), all.end(),
            [](const auto& a, const auto& b) { return a.second->offset < b.second->offset; });
  for (const auto& [id, entry] : all) {
    for (const frame& f : entry->frames) {
      for (const std::uint64_t name : {f.function, f.file}) {
        if (!result_.has_string(name)) misses(entry->offset, "stack " + text(id), "string", name);
      }
      const auto [known, added] = frames_.emplace(f.pc, f);
      const frame& k = known->second;
      if (!added && (k.function != f.function || k.file != f.file || k.line != f.line))
        strict(entry->offset, "stack " + text(id) + " has " + text(f.pc) + " as the pc of " +
                                  std::string(result_.string(f.function)) + ":" + text(f.line) +
                                  ", an earlier one as that of " +
                                  std::string(result_.string(k.function)) + ":" + text(k.line) +
                                  ", and Go shows the first one for both");
    }
  }
}

void generation_reader::check_samples() {
  for (const cpu_sample& sample : result_.samples) {
    if (!result_.has_stack(sample.stack)) misses(sample.offset, "CPUSample", "stack", sample.stack);
  }
  std::stable_sort(result_.samples.begin(), result_.samples.end(),
                   [](const cpu_sample& a, const cpu_sample& b) { return a.time < b.time; });
}

void generation_reader::check_events() {
  for (const thread_batches& t : result_.threads) {
    std::uint64_t last = 0;
    for (const batch& b : t.batches) check_batch(b, last);
  }
}

void generation_reader::check_batch(const batch& b, std::uint64_t& last) {
  if (b.time < last)
    strict(b.offset, "the batch begins before the last event of its M: at " + text(b.time) +
                         ", that was at " + text(last));
  byte_cursor at = b.cursor();
  std::uint64_t time = b.time;
  for (bool first = true; !at.done(); first = false) {
    const std::uint64_t offset = at.offset();
    const std::uint8_t type = at.byte();
    const event_spec* const spec = timed_event(type);
    if (spec == nullptr)
      throw format_error(offset, "a byte " + text(type) + " (" +
                                     std::string(name_of(static_cast<event_type>(type))) +
                                     ") where an event of an M was expected");
    if (spec->since > minor_)
      broken(offset, std::string(spec->name) + " in a trace of Go 1." + text(minor_) +
                         ": there since Go 1." + text(spec->since));
    const std::uint64_t step = at.number();
    if (step > std::numeric_limits<std::uint64_t>::max() - time)
      throw format_error(offset, "the time of " + std::string(spec->name) + " overflows");
    if (step == 0 && !first)
      strict(offset, std::string(spec->name) + " at the same time as the event before it");
    time += step;
    check_event(*spec, at, offset);
    ++result_.events;
  }
  last = time;
}

void generation_reader::check_event(const event_spec& spec, byte_cursor& at, std::uint64_t offset) {
  for (std::size_t i = 0; i < spec.count; ++i) {
    const std::uint64_t value = at.number();
    const argument_kind kind = spec.arguments[i].kind;
    if (kind == argument_kind::string && !result_.has_string(value))
      misses(offset, std::string(spec.name), "string", value);
    if (kind == argument_kind::stack && !result_.has_stack(value))
      misses(offset, std::string(spec.name), "stack", value);
  }
}

}  // namespace gander::tool
