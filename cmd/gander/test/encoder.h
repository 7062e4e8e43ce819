// SPDX-License-Identifier: Apache-2.0
//
// Writes traces byte by byte, right ones and wrong ones, and reads them back.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "trace/reader.h"

namespace gander::tool::testing {

using bytes = std::vector<std::uint8_t>;

void put_number(bytes& to, std::uint64_t number);
inline void put(bytes& to, event_type type) { to.push_back(static_cast<std::uint8_t>(type)); }

// One event: what stands behind the step in time.
struct written {
  event_type type;
  std::vector<std::uint64_t> arguments = {};
  std::uint64_t step = 1;
};

struct written_frame {
  std::uint64_t pc, function, file, line;
};

class encoder {
 public:
  explicit encoder(unsigned minor = 23);

  encoder& raw(std::initializer_list<int> some);
  encoder& batch(std::uint64_t generation, std::uint64_t thread, std::uint64_t time,
                 const bytes& payload);
  encoder& events(std::uint64_t generation, std::uint64_t thread, std::uint64_t time,
                  const std::vector<written>& all);
  encoder& sync(std::uint64_t generation, std::uint64_t frequency = 15625000);
  encoder& strings(std::uint64_t generation,
                   const std::vector<std::pair<std::uint64_t, std::string>>& all);
  encoder& stacks(std::uint64_t generation,
                  const std::vector<std::pair<std::uint64_t, std::vector<written_frame>>>& all);
  // time, thread, proc, goroutine, stack
  encoder& samples(std::uint64_t generation, const std::vector<std::vector<std::uint64_t>>& all);
  encoder& end(std::uint64_t generation);  // the marker, if this version has one

  const bytes& data() const { return data_; }
  // Where the last call of batch() or events() began; and where its events lie.
  std::size_t batch_at() const { return batch_at_; }
  std::size_t event_at(std::size_t index) const { return event_at_.at(index); }

 private:
  unsigned minor_;
  bytes data_;
  std::size_t batch_at_ = 0;
  std::vector<std::size_t> event_at_;
};

// A trace of two generations with every kind of event in it, and no fault.
bytes full_trace(unsigned minor);

// What came of reading one.
struct outcome {
  trace_totals totals;
  problem_log problems;
  std::vector<event> events;
  std::vector<std::uint64_t> generations;
  std::vector<std::uint64_t> generations_at;  // where they begin in the file
  std::size_t gaps = 0;
  std::string refused;  // "OFFSET: why", when it is no trace

  // "OFFSET: what" of each problem, one a line.
  std::string told() const;
};

outcome read_bytes(const bytes& data, bool strictly = true);

}  // namespace gander::tool::testing
