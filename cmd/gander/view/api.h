// SPDX-License-Identifier: Apache-2.0
//
// The questions that the page asks, answered in JSON (docs/design/trace_http.md lists them). Each
// answer is bounded, whatever the trace: by the number of its parts and by the length of names.
// Nothing is changed by being asked, so it may be asked by several threads.
//
// Ids of goroutines and Ps are texts in JSON: they have 64 bits, and JavaScript's numbers 53.
#pragma once

#include <string>

#include "trace/json_writer.h"
#include "view/http.h"
#include "view/trace_index.h"

namespace gander::tool {

class api {
 public:
  // The most that an answer has of each.
  static constexpr std::size_t most_slices = 6000, most_rows = 100, most_procs = 1000,
                               most_goroutines = 200, most_moments = 500, most_functions = 100,
                               most_frames = 1000;

  // References are kept.
  api(const trace_index& of, std::string file, const trace_totals& totals,
      const problem_log& problems);

  // Of a path below /api/. Throws a refusal.
  response answer(const request& r) const;

 private:
  struct function_total {
    std::uint64_t count = 0;
    kind_times times = {};
  };

  response summary() const;
  response timeline(const request& r) const;
  response goroutines(const request& r) const;
  response goroutine(std::uint32_t g) const;
  response moments(std::uint32_t g, const request& r) const;
  response stack(std::uint64_t number) const;

  void write_times(json_writer& out, const kind_times& times) const;
  void write_frame(json_writer& out, const call_site& f) const;
  void write_frames(json_writer& out, std::uint32_t stack) const;
  void write_goroutine(json_writer& out, std::uint32_t g) const;
  void write_reasons(json_writer& out, std::uint32_t g) const;
  void write_moment(json_writer& out, std::uint32_t g, std::size_t i) const;
  std::vector<std::uint32_t> matching(const std::string& search) const;

  const trace_index& of_;
  std::string file_;
  const trace_totals& totals_;
  const problem_log& problems_;
  std::vector<std::uint32_t> procs_;  // by their ids
  std::vector<std::pair<std::uint32_t, function_total>> functions_;
};

}  // namespace gander::tool
