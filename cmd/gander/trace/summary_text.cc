// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "trace/summary_output.h"
#include "trace/table.h"
#include "trace/text.h"

namespace gander::tool {
namespace {

std::string counted(std::uint64_t count, const std::string& what) {
  return grouped(count) + " " + what + (count == 1 ? "" : "s");
}

std::string function_name(const summary& of, std::uint32_t number) {
  return number == 0 ? "(unknown)" : printable(of.name(number));
}

// "main.work (server.cc:41)"
std::string site_name(const summary& of, const call_site& site) {
  if (site.function == 0 && site.file == 0) return "(unknown)";
  const std::string& path = of.name(site.file);
  const std::size_t slash = path.rfind('/');
  return function_name(of, site.function) + " (" +
         printable(slash == std::string::npos ? path : path.substr(slash + 1)) + ":" +
         std::to_string(site.line) + ")";
}

std::string reason_name(const summary& of, std::uint32_t reason) {
  return of.name(reason).empty() ? "no reason given" : printable(of.name(reason));
}

// "chan receive 1.2s, sleep 3ms": the three that took longest.
std::string reasons(const summary& of, const state_times& times) {
  auto all = times.by_reason;
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  std::string result;
  for (std::size_t i = 0; i < all.size() && i < 3; ++i)
    result += (i == 0 ? "" : ", ") + reason_name(of, all[i].first) + " " + duration(all[i].second);
  return all.size() > 3 ? result + ", ..." : result;
}

std::string head(const summary& of, const trace_totals& totals) {
  std::string text =
      "Trace of Go 1." + std::to_string(totals.minor) + "'s format: " + duration(of.duration_ns()) +
      ", " + counted(totals.events, "event") + ", " + counted(totals.generations, "generation") +
      ", " + byte_count(totals.bytes) + "\n" + counted(totals.goroutines, "goroutine") + ", " +
      counted(of.threads(), "thread") + ", " + counted(of.procs(), "P");
  if (of.gomaxprocs() != 0) text += ", GOMAXPROCS " + std::to_string(of.gomaxprocs());
  if (of.most_heap() != 0) text += ", at most " + byte_count(of.most_heap()) + " of heap";
  if (of.samples() != 0) text += ", " + counted(of.samples(), "CPU sample");
  return text + "\n";
}

std::vector<std::string> time_cells(const state_times& t) {
  return {duration(t.running_ns), duration(t.runnable_ns), duration(t.blocked_ns),
          duration(t.syscall_ns)};
}

std::string goroutines(const summary& of) {
  const std::vector<goroutine_group> groups = of.groups();
  if (groups.empty()) return "";
  table t(">>>>><<");
  t.add({"count", "running", "runnable", "blocked", "syscall", "function", "blocked on"});
  for (const goroutine_group& group : groups) {
    std::vector<std::string> row = time_cells(group.times);
    row.insert(row.begin(), grouped(group.count));
    row.push_back(function_name(of, group.entry));
    row.push_back(reasons(of, group.times));
    t.add(row);
  }
  return "\nGoroutines, by the function that they began with\n" + t.text();
}

std::string each_goroutine(const summary& of) {
  if (of.goroutines().empty()) return "";
  table t(">>>>><<");
  t.add({"goroutine", "running", "runnable", "blocked", "syscall", "function", "blocked on"});
  for (const goroutine_line& line : of.goroutines()) {
    std::vector<std::string> row = time_cells(line.times);
    row.insert(row.begin(), std::to_string(line.id));
    row.push_back(function_name(of, line.entry));
    row.push_back(reasons(of, line.times));
    t.add(row);
  }
  return "\nEach goroutine\n" + t.text();
}

std::string latency(const summary& of) {
  const histogram& h = of.latency();
  if (h.count() == 0) return "";
  table t(">>>>>");
  t.add({"starts", "p50", "p90", "p99", "longest"});
  t.add({grouped(h.count()), duration(h.percentile(0.5)), duration(h.percentile(0.9)),
         duration(h.percentile(0.99)), duration(h.most())});
  return "\nScheduling latency: from runnable to running\n" + t.text();
}

std::string places(const summary& of) {
  table t(">>><<");
  t.add({"total", "count", "longest", "why", "where"});
  const std::vector<blocking_place> all = of.places();
  for (std::size_t i = 0; i < all.size() && i < of.top(); ++i)
    t.add({duration(all[i].time.total_ns), grouped(all[i].time.count),
           duration(all[i].time.most_ns), reason_name(of, all[i].reason),
           site_name(of, all[i].site)});
  return all.empty() ? "" : "\nWhere goroutines block\n" + t.text();
}

std::string stops(const summary& of) {
  table t(">>><");
  t.add({"total", "count", "longest", "kind"});
  for (const auto& [kind, time] : of.stops())
    t.add({duration(time.total_ns), grouped(time.count), duration(time.most_ns),
           reason_name(of, kind)});
  std::string text = of.stops().empty() ? "" : "\nThe world was stopped\n" + t.text();
  if (of.marking().count != 0)
    text += "\nGarbage collections: " + grouped(of.marking().count) + ", marking for " +
            duration(of.marking().total_ns) + ", at most " + duration(of.marking().most_ns) + "\n";
  return text;
}

std::string waits(const summary& of) {
  if (of.waits().empty()) return "";
  table t(">>><<<");
  t.add({"length", "begin", "goroutine", "function", "why", "where"});
  for (const long_wait& w : of.waits()) {
    std::string where = site_name(of, w.site);
    if (w.woken_by != no_goroutine) where += ", woken by goroutine " + std::to_string(w.woken_by);
    if (w.to_the_end) where += ", still waiting";
    t.add({duration(w.ns), w.from_the_start ? "before" : "+" + duration(w.since_ns - of.begin_ns()),
           std::to_string(w.goroutine), function_name(of, w.entry), reason_name(of, w.reason),
           where});
  }
  return "\nThe longest waits\n" + t.text();
}

}  // namespace

std::string summary_text(const summary& of, const trace_totals& totals) {
  return head(of, totals) + goroutines(of) + latency(of) + places(of) + stops(of) + waits(of) +
         each_goroutine(of);
}

}  // namespace gander::tool
