// SPDX-License-Identifier: Apache-2.0
//
// The events of the Trace Event Format (JSON), which chrome://tracing and ui.perfetto.dev read.
// Each is written when it is complete; the viewers sort them. Times are nanoseconds since the
// begin.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "trace/json_writer.h"

namespace gander::tool {

// A row of the viewer: a "thread" of a "process".
struct track {
  std::uint64_t process = 0;
  std::uint64_t thread = 0;
};

using details = std::vector<std::pair<std::string_view, std::string>>;

class chrome_events {
 public:
  explicit chrome_events(std::FILE* out);
  ~chrome_events();  // completes the file

  void name_process(std::uint64_t process, std::string_view name);
  void name_track(const track& row, std::string_view name);
  // Slices of a track lie beside or inside of each other.
  void slice(const track& row, std::int64_t begin_ns, std::int64_t end_ns, std::string_view name,
             const details& more = {});
  void instant(const track& row, std::int64_t ns, std::string_view name, const details& more = {});
  // From inside of one slice to the slice that begins there.
  void flow(const track& from, std::int64_t from_ns, const track& to, std::int64_t to_ns,
            std::string_view name);
  // On rows of their own, by id.
  void task(char phase, std::uint64_t process, std::uint64_t id, std::int64_t ns,
            std::string_view name, const details& more = {});
  void counter(std::uint64_t process, std::int64_t ns, std::string_view name,
               std::string_view series, std::uint64_t value);

 private:
  json_writer& event(char phase, const track& row, std::string_view name);
  void write(const details& more);

  json_writer out_;
  std::uint64_t flows_ = 0;
};

}  // namespace gander::tool
