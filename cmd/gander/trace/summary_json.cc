// SPDX-License-Identifier: Apache-2.0
#include "trace/json_writer.h"
#include "trace/summary_output.h"

namespace gander::tool {
namespace {

void times(json_writer& out, const summary& of, const state_times& t) {
  out.member("running_ns", t.running_ns).member("runnable_ns", t.runnable_ns);
  out.member("syscall_ns", t.syscall_ns).member("blocked_ns", t.blocked_ns);
  out.key("blocked_by_reason_ns").begin_object();
  for (const auto& [reason, ns] : t.by_reason) out.member(of.name(reason), ns);
  out.end_object();
}

void time(json_writer& out, const counted_time& t) {
  out.member("count", t.count).member("total_ns", t.total_ns).member("longest_ns", t.most_ns);
}

void site(json_writer& out, const summary& of, const call_site& s) {
  out.member("function", of.name(s.function)).member("file", of.name(s.file));
  out.member("line", s.line);
}

void head(json_writer& out, const summary& of, const trace_totals& totals) {
  out.member("format", "go 1." + std::to_string(totals.minor));
  out.member("bytes", totals.bytes).member("duration_ns", of.duration_ns());
  out.member("begin_ns", of.begin_ns()).member("generations", totals.generations);
  out.member("goroutines", totals.goroutines);
  out.member("threads", std::uint64_t{of.threads()}).member("procs", std::uint64_t{of.procs()});
  out.member("gomaxprocs", of.gomaxprocs()).member("most_heap_bytes", of.most_heap());
  out.member("events", totals.events).line();
  out.key("events_by_type").begin_object();
  for (std::size_t i = 0; i < totals.by_type.size(); ++i)
    if (totals.by_type[i] != 0) out.member(name_of(static_cast<event_type>(i)), totals.by_type[i]);
  out.end_object().line();
}

void groups(json_writer& out, const summary& of) {
  out.key("goroutines_by_function").begin_array();
  for (const goroutine_group& group : of.groups()) {
    out.line().begin_object().member("function", of.name(group.entry));
    out.member("count", group.count);
    times(out, of, group.times);
    out.end_object();
  }
  out.end_array().line();
}

void latency(json_writer& out, const histogram& h) {
  out.key("scheduling_latency").begin_object().member("count", h.count());
  out.member("p50_ns", h.percentile(0.5)).member("p90_ns", h.percentile(0.9));
  out.member("p99_ns", h.percentile(0.99)).member("longest_ns", h.most()).end_object().line();
}

void places(json_writer& out, const summary& of) {
  const std::vector<blocking_place> all = of.places();
  out.key("blocking").begin_array();
  for (std::size_t i = 0; i < all.size() && i < of.top(); ++i) {
    out.line().begin_object().member("reason", of.name(all[i].reason));
    site(out, of, all[i].site);
    time(out, all[i].time);
    out.end_object();
  }
  out.end_array().line();
}

void stops(json_writer& out, const summary& of) {
  out.key("stop_the_world").begin_array();
  for (const auto& [kind, t] : of.stops()) {
    out.line().begin_object().member("kind", of.name(kind));
    time(out, t);
    out.end_object();
  }
  out.end_array().line().key("marking").begin_object();
  time(out, of.marking());
  out.end_object().line();
}

void waits(json_writer& out, const summary& of) {
  out.key("longest_waits").begin_array();
  for (const long_wait& w : of.waits()) {
    out.line().begin_object().member("goroutine", w.goroutine);
    out.member("entry", of.name(w.entry)).member("reason", of.name(w.reason));
    site(out, of, w.site);
    out.member("since_ns", w.since_ns).member("length_ns", w.ns);
    out.member("from_the_start", w.from_the_start).member("to_the_end", w.to_the_end);
    if (w.woken_by != no_goroutine) out.member("woken_by", w.woken_by);
    out.end_object();
  }
  out.end_array().line();
}

void each_goroutine(json_writer& out, const summary& of) {
  if (of.goroutines().empty()) return;
  out.key("each_goroutine").begin_array();
  for (const goroutine_line& line : of.goroutines()) {
    out.line().begin_object().member("goroutine", line.id);
    out.member("function", of.name(line.entry));
    times(out, of, line.times);
    out.end_object();
  }
  out.end_array().line();
}

void problems(json_writer& out, const problem_log& log) {
  out.member("problem_count", log.count()).key("problems").begin_array();
  for (const problem& p : log.kept()) {
    out.line().begin_object().member("offset", p.offset).member("what", p.what);
    out.end_object();
  }
  out.end_array();
}

}  // namespace

void write_summary_json(const summary& of, const trace_totals& totals, const problem_log& log,
                        std::FILE* to) {
  json_writer out(to);
  out.begin_object();
  head(out, of, totals);
  groups(out, of);
  latency(out, of.latency());
  places(out, of);
  stops(out, of);
  waits(out, of);
  each_goroutine(out, of);
  problems(out, log);
  out.end_object().line();
}

}  // namespace gander::tool
