// SPDX-License-Identifier: Apache-2.0
//
// Where a path leads, and what is told of the whole trace. The timeline is in api_timeline.cc, what
// is told of goroutines in api_goroutines.cc.
#include "view/api.h"

#include <algorithm>

#include "view/answer.h"

namespace gander::tool {

api::api(const trace_index& of, std::string file, const trace_totals& totals,
         const problem_log& problems)
    : of_(of), file_(std::move(file)), totals_(totals), problems_(problems) {
  for (std::uint32_t p = 0; p < of.procs().size(); ++p) procs_.push_back(p);
  std::sort(procs_.begin(), procs_.end(), [&of](std::uint32_t a, std::uint32_t b) {
    return of.procs()[a].id < of.procs()[b].id;
  });
  std::unordered_map<std::uint32_t, function_total> functions;
  for (const goroutine_entry& g : of.goroutines()) {
    function_total& f = functions[g.function];
    ++f.count;
    for (std::size_t i = 0; i < row_kinds; ++i) f.times[i] += g.times[i];
  }
  functions_.assign(functions.begin(), functions.end());
  std::sort(functions_.begin(), functions_.end(), [&of](const auto& a, const auto& b) {
    constexpr auto running = static_cast<std::size_t>(goroutine_state::running);
    if (a.second.times[running] != b.second.times[running])
      return a.second.times[running] > b.second.times[running];
    return of.name(a.first) < of.name(b.first);
  });
}

response api::answer(const request& r) const {
  const std::string_view path(r.path);
  const auto below = [&path](std::string_view prefix, std::string_view& rest) {
    if (!path.starts_with(prefix)) return false;
    rest = path.substr(prefix.size());
    return true;
  };
  std::string_view rest;
  if (path == "/api/summary") return summary();
  if (path == "/api/timeline") return timeline(r);
  if (path == "/api/goroutines") return goroutines(r);
  std::uint64_t number = 0;
  if (below("/api/goroutine/", rest)) {
    constexpr std::string_view history = "/history";
    const bool whole = !rest.ends_with(history);
    if (!whole) rest.remove_suffix(history.size());
    if (!parse_number(rest, number)) throw refusal{400, "a goroutine's id is a number"};
    const std::uint32_t g = of_.goroutine(number);
    if (g == nobody) throw refusal{404, "there is no goroutine " + std::string(rest)};
    return whole ? goroutine(g) : moments(g, r);
  }
  if (below("/api/stack/", rest)) {
    if (!parse_number(rest, number)) throw refusal{400, "a stack's number is a number"};
    return stack(number);
  }
  throw refusal{404, "there is nothing at " + cut(path)};
}

void api::write_times(json_writer& out, const kind_times& times) const {
  const auto of = [&times](goroutine_state state) {
    return times[static_cast<std::size_t>(state)];
  };
  out.member("running_ns", of(goroutine_state::running));
  out.member("runnable_ns", of(goroutine_state::runnable));
  out.member("syscall_ns", of(goroutine_state::syscall));
  out.member("blocked_ns", of(goroutine_state::waiting));
}

response api::summary() const {
  return json_answer([this](json_writer& out) {
    out.begin_object().member("file", cut(file_));
    out.member("format", "Go 1." + std::to_string(totals_.minor));
    out.member("bytes", totals_.bytes).member("events", totals_.events);
    out.member("generations", totals_.generations).member("duration_ns", of_.duration_ns());
    out.member("goroutine_count", std::uint64_t{of_.goroutines().size()});
    out.member("stop_count", std::uint64_t(of_.stops().times(0, of_.stops().size())[0]));
    out.member("mark_count", std::uint64_t(of_.marking().times(0, of_.marking().size())[0]));
    out.member("proc_count", std::uint64_t{procs_.size()}).key("procs").begin_array();
    for (std::size_t i = 0; i < procs_.size() && i < most_procs; ++i)
      out.value(std::to_string(of_.procs()[procs_[i]].id));
    out.end_array().member("problem_count", problems_.count()).key("problems").begin_array();
    for (const problem& p : problems_.kept())
      out.begin_object().member("offset", p.offset).member("what", cut(p.what)).end_object();
    out.end_array().member("function_count", std::uint64_t{functions_.size()});
    out.key("functions").begin_array();
    for (std::size_t i = 0; i < functions_.size() && i < most_functions; ++i) {
      const auto& [function, total] = functions_[i];
      out.begin_object().member("function", cut(of_.name(function))).member("count", total.count);
      write_times(out, total.times);
      out.end_object();
    }
    out.end_array().end_object();
  });
}

void api::write_frame(json_writer& out, const call_site& f) const {
  out.begin_object().member("function", cut(of_.name(f.function)));
  out.member("file", cut(of_.name(f.file))).member("line", f.line).end_object();
}

void api::write_frames(json_writer& out, std::uint32_t stack) const {
  const std::vector<std::uint32_t>& frames = of_.stacks().frames(stack);
  out.begin_array();
  for (std::size_t i = 0; i < frames.size() && i < most_frames; ++i)
    write_frame(out, of_.stacks().frame(frames[i]));
  out.end_array();
}

response api::stack(std::uint64_t number) const {
  if (number == 0 || number >= of_.stacks().size())
    throw refusal{404, "there is no stack " + std::to_string(number)};
  return json_answer([&](json_writer& out) {
    out.begin_object().key("frames");
    write_frames(out, static_cast<std::uint32_t>(number));
    out.end_object();
  });
}

}  // namespace gander::tool
