// SPDX-License-Identifier: Apache-2.0
//
// The rows of the timeline that are asked for, in a window:
//
//     {"labels": [TEXT...], "goroutines": [[ID, LABEL]...],
//      "rows": [{"row": NAME, "cell_ns": N, "slices": [SLICE...]}...]}
//
// A slice is [begin, end, kind, what], where what is the number of a goroutine above for a P, and
// that of a label otherwise; or, of several that are too short to be seen, [begin, end, 0, count,
// runnable, running, syscall, waiting]: how many and how long of each kind. Arrays and no objects:
// there are thousands.
#include <algorithm>
#include <limits>

#include "view/answer.h"
#include "view/api.h"
#include "view/level_of_detail.h"

namespace gander::tool {
namespace {

constexpr auto longest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

// Numbers from 0 on, in the order of first use.
class numbering {
 public:
  std::uint64_t operator()(std::uint32_t of) {
    const auto [found, added] = numbers_.try_emplace(of, used_.size());
    if (added) used_.push_back(of);
    return found->second;
  }
  const std::vector<std::uint32_t>& used() const { return used_; }

 private:
  std::unordered_map<std::uint32_t, std::uint64_t> numbers_;
  std::vector<std::uint32_t> used_;
};

// One of the rows that a page can show.
struct wanted {
  enum class sort : std::uint8_t { stops, marking, proc, goroutine } of = sort::stops;
  std::uint32_t number = 0;
  std::string name = {};
};

std::vector<wanted> parse_rows(const std::string& text, const trace_index& of) {
  std::vector<wanted> result;
  std::string_view rest(text);
  while (!rest.empty()) {
    const std::string_view name = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), name.size() + 1));
    wanted w{.name = std::string(name)};
    std::uint64_t id = 0;
    if (name == "marking") {
      w.of = wanted::sort::marking;
    } else if (name != "stops") {
      const bool proc = name.starts_with('p'), goroutine = name.starts_with('g');
      if ((!proc && !goroutine) || !parse_number(name.substr(1), id))
        throw refusal{400, "parameter rows: stops, marking, pID and gID are wanted"};
      w.of = proc ? wanted::sort::proc : wanted::sort::goroutine;
      w.number = proc ? of.proc(id) : of.goroutine(id);
      if (w.number == nobody) throw refusal{404, "there is no row " + cut(name)};
    }
    if (result.size() == api::most_rows)
      throw refusal{400, "parameter rows: no more than " + std::to_string(api::most_rows)};
    result.push_back(std::move(w));
  }
  if (result.empty()) throw refusal{400, "there is no parameter rows"};
  return result;
}

void write_slice(json_writer& out, const row& of, const slice& s) {
  out.begin_array().value(s.begin_ns).value(s.end_ns);
  if (!s.merged) {
    out.value(std::uint64_t{of.kind(s.first)});
    return;
  }
  out.value(std::uint64_t{0});
  for (const std::int64_t each : of.times(s.first, s.last)) out.value(each);
}

}  // namespace

response api::timeline(const request& r) const {
  const std::uint64_t from = number_parameter(r, "from", 0, longest - 1);
  const std::uint64_t to = number_parameter(r, "to", from + 1, longest);
  const std::uint64_t width = number_parameter(r, "width", 1, 10000);
  const std::vector<wanted> rows = parse_rows(text_parameter(r, "rows"), of_);
  const window in{static_cast<std::int64_t>(from), static_cast<std::int64_t>(to)};
  const std::size_t most = most_slices / rows.size();
  numbering goroutines, labels;
  return json_answer([&](json_writer& out) {
    const auto write = [&](const wanted& w, const row& shown, auto what) {
      const detail found = level_of_detail(shown, in, width, most);
      out.begin_object().member("row", w.name).member("cell_ns", found.cell_ns);
      out.key("slices").begin_array();
      for (const slice& s : found.slices) {
        write_slice(out, shown, s);
        if (!s.merged) out.value(what(s.first));
        out.end_array();
      }
      out.end_array().end_object();
    };
    out.begin_object().key("rows").begin_array();
    for (const wanted& w : rows) {
      if (w.of == wanted::sort::goroutine) {
        const history& all = of_.moments();
        write(w, goroutine_row(all, w.number),
              [&](std::size_t i) { return labels(all.change(w.number, i).name); });
      } else if (w.of == wanted::sort::proc) {
        const plain_row& shown = of_.procs()[w.number].row;
        write(w, shown, [&](std::size_t i) { return goroutines(shown.what(i)); });
      } else {
        const plain_row& shown = w.of == wanted::sort::stops ? of_.stops() : of_.marking();
        write(w, shown, [&](std::size_t i) { return labels(shown.what(i)); });
      }
    }
    out.end_array().key("goroutines").begin_array();
    for (const std::uint32_t g : goroutines.used()) {
      const goroutine_entry& entry = of_.goroutines()[g];
      out.begin_array().value(std::to_string(entry.id)).value(labels(entry.function)).end_array();
    }
    out.end_array().key("labels").begin_array();
    for (const std::uint32_t label : labels.used()) out.value(cut(of_.name(label)));
    out.end_array().end_object();
  });
}

}  // namespace gander::tool
