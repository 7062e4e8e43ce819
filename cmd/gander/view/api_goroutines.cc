// SPDX-License-Identifier: Apache-2.0
//
// Lists of goroutines; one of them; and its history.
#include <algorithm>
#include <array>
#include <limits>

#include "view/answer.h"
#include "view/api.h"

namespace gander::tool {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

std::string_view state_name(goroutine_state state) {
  switch (state) {
    case goroutine_state::runnable:
      return "runnable";
    case goroutine_state::running:
      return "running";
    case goroutine_state::syscall:
      return "syscall";
    case goroutine_state::waiting:
      return "blocked";
    case goroutine_state::none:
      break;
  }
  return "none";
}

// What lists are sorted by: the number that stands for each goroutine.
using order = std::int64_t (*)(const goroutine_entry&);

template <goroutine_state state>
std::int64_t time_in(const goroutine_entry& g) {
  return g.times[static_cast<std::size_t>(state)];
}

struct named_order {
  std::string_view name;
  order by;
};

constexpr std::array<named_order, 6> orders = {{
    {"id", [](const goroutine_entry& g) { return static_cast<std::int64_t>(g.id); }},
    {"begin", [](const goroutine_entry& g) { return g.begin_ns; }},
    {"running", time_in<goroutine_state::running>},
    {"runnable", time_in<goroutine_state::runnable>},
    {"syscall", time_in<goroutine_state::syscall>},
    {"blocked", time_in<goroutine_state::waiting>},
}};

order find_order(std::string_view name) {
  std::string known;
  for (const named_order& o : orders) {
    if (o.name == name) return o.by;
    known.append(known.empty() ? "" : ", ").append(o.name);
  }
  throw refusal{400, "parameter sort: one of " + known + " is wanted, or with - in front"};
}

}  // namespace

// By its id when all are digits, perhaps behind a G; otherwise by a part of the function's name.
std::vector<std::uint32_t> api::matching(const std::string& search) const {
  std::vector<std::uint32_t> result;
  const std::string_view digits =
      std::string_view(search).substr(search.starts_with('G') || search.starts_with('g') ? 1 : 0);
  std::uint64_t id = 0;
  if (parse_number(digits, id)) {
    if (const std::uint32_t g = of_.goroutine(id); g != nobody) result.push_back(g);
    return result;
  }
  const std::string part = lower(search);
  std::vector<bool> fits(of_.names_count());
  for (const auto& [function, total] : functions_)
    fits[function] = lower(of_.name(function)).find(part) != std::string::npos;
  for (std::uint32_t g = 0; g < of_.goroutines().size(); ++g)
    if (fits[of_.goroutines()[g].function]) result.push_back(g);
  return result;
}

response api::goroutines(const request& r) const {
  std::string sort = text_parameter(r, "sort", "id");
  const bool largest_first = sort.starts_with('-');
  const order by = find_order(std::string_view(sort).substr(largest_first ? 1 : 0));
  const std::uint64_t limit = number_parameter(r, "limit", 1, most_goroutines, 50);
  std::vector<std::uint32_t> found = matching(text_parameter(r, "search"));
  const std::uint64_t offset = std::min<std::uint64_t>(
      number_parameter(r, "offset", 0, std::numeric_limits<std::uint64_t>::max(), 0), found.size());
  const auto at = [&found](std::uint64_t i) {
    return found.begin() + static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(i, found.size()));
  };
  const auto before = [&](std::uint32_t a, std::uint32_t b) {
    const goroutine_entry &one = of_.goroutines()[a], &other = of_.goroutines()[b];
    const std::int64_t x = by(one), y = by(other);
    if (x != y) return largest_first ? x > y : x < y;
    return one.id < other.id;
  };
  // Only the page that is shown has to be in order.
  std::nth_element(found.begin(), at(offset), found.end(), before);
  std::partial_sort(at(offset), at(offset + limit), found.end(), before);
  return json_answer([&](json_writer& out) {
    out.begin_object().member("total", std::uint64_t{found.size()}).member("offset", offset);
    out.key("goroutines").begin_array();
    for (auto g = at(offset); g != at(offset + limit); ++g) {
      out.begin_object();
      write_goroutine(out, *g);
      out.end_object();
    }
    out.end_array().end_object();
  });
}

void api::write_goroutine(json_writer& out, std::uint32_t g) const {
  const goroutine_entry& entry = of_.goroutines()[g];
  out.member("id", std::to_string(entry.id)).member("function", cut(of_.name(entry.function)));
  out.member("begin_ns", entry.begin_ns).member("end_ns", entry.end_ns);
  out.member("from_the_start", entry.from_the_start).member("to_the_end", entry.to_the_end);
  write_times(out, entry.times);
}

response api::goroutine(std::uint32_t g) const {
  const goroutine_entry& entry = of_.goroutines()[g];
  return json_answer([&](json_writer& out) {
    out.begin_object();
    write_goroutine(out, g);
    if (entry.creator != nobody) {
      out.key("creator").begin_object();
      write_goroutine(out, entry.creator);
      out.end_object();
    }
    out.key("creation_stack");
    write_frames(out, entry.creation_stack);
    write_reasons(out, g);
    out.member("moments", std::uint64_t{of_.moments().end(g) - of_.moments().begin(g)});
    out.end_object();
  });
}

// The ten that it was blocked longest for.
void api::write_reasons(json_writer& out, std::uint32_t g) const {
  const history& all = of_.moments();
  struct reason {
    std::uint32_t name;
    std::uint64_t count = 0;
    std::int64_t ns = 0;
  };
  std::unordered_map<std::uint32_t, reason> by_name;
  for (std::size_t i = 0; i + 1 < all.changes(g); ++i) {
    const moment& m = all.change(g, i);
    if (m.state != goroutine_state::waiting) continue;
    reason& found = by_name.try_emplace(m.name, reason{m.name}).first->second;
    ++found.count;
    found.ns += all.change(g, i + 1).time_ns - m.time_ns;
  }
  std::vector<reason> reasons;
  reasons.reserve(by_name.size());
  for (const auto& [name, of] : by_name) reasons.push_back(of);
  std::sort(reasons.begin(), reasons.end(), [](const reason& a, const reason& b) {
    return a.ns != b.ns ? a.ns > b.ns : a.name < b.name;
  });
  out.key("blocked_by_reason").begin_array();
  for (std::size_t i = 0; i < reasons.size() && i < 10; ++i) {
    out.begin_object().member("reason", cut(of_.name(reasons[i].name)));
    out.member("count", reasons[i].count).member("ns", reasons[i].ns).end_object();
  }
  out.end_array();
}

// From an offset on, or from what was going on at a time.
response api::moments(std::uint32_t g, const request& r) const {
  const history& all = of_.moments();
  const std::uint64_t limit = number_parameter(r, "limit", 1, most_moments, 100);
  const std::size_t begin = all.begin(g), end = all.end(g);
  std::uint64_t offset =
      number_parameter(r, "offset", 0, std::numeric_limits<std::uint64_t>::max(), 0);
  if (r.parameters.contains("at")) {
    const auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max() - 1);
    const auto at = static_cast<std::int64_t>(number_parameter(r, "at", 0, most));
    std::size_t i = all.from(g, at + 1);
    while (i > begin && (i == end || all[i].time_ns > at || !all[i].changes)) --i;
    offset = i - begin;
  }
  offset = std::min<std::uint64_t>(offset, end - begin);
  return json_answer([&](json_writer& out) {
    out.begin_object().member("total", std::uint64_t{end - begin}).member("offset", offset);
    out.key("moments").begin_array();
    const std::size_t first = begin + static_cast<std::size_t>(offset);
    for (std::size_t i = first; i < end && i < first + limit; ++i) write_moment(out, g, i);
    out.end_array().end_object();
  });
}

void api::write_moment(json_writer& out, std::uint32_t g, std::size_t i) const {
  const history& all = of_.moments();
  const moment& m = all[i];
  out.begin_object().member("time_ns", m.time_ns);
  out.member("event", m.type == event_type::none ? std::string_view() : name_of(m.type));
  out.member("state", state_name(m.state)).member("changes", m.changes);
  if (m.changes && m.state != goroutine_state::none) {
    std::size_t next = i + 1;
    while (next < all.end(g) && !all[next].changes) ++next;
    if (next < all.end(g)) out.member("ns", all[next].time_ns - m.time_ns);
  }
  if (m.name != 0) out.member("name", cut(of_.name(m.name)));
  if (m.changes && m.state == goroutine_state::running) {
    if (m.other != nobody) out.member("proc", std::to_string(of_.procs()[m.other].id));
  } else if (m.other != nobody) {
    const goroutine_entry& other = of_.goroutines()[m.other];
    out.member("other", std::to_string(other.id));
    out.member("other_function", cut(of_.name(other.function)));
  }
  if (m.stack != 0) {
    const call_site& site = of_.stacks().site(m.stack);
    out.member("stack", std::uint64_t{m.stack}).key("where");
    write_frame(out, site);
  }
  out.end_object();
}

}  // namespace gander::tool
