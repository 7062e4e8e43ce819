// SPDX-License-Identifier: Apache-2.0
#include "trace/chrome_events.h"

namespace gander::tool {

chrome_events::chrome_events(std::FILE* out) : out_(out) {
  out_.begin_object().member("displayTimeUnit", "ns").key("traceEvents").begin_array();
}

chrome_events::~chrome_events() { out_.line().end_array().end_object().line(); }

json_writer& chrome_events::event(char phase, const track& row, std::string_view name) {
  out_.line().begin_object().member("ph", std::string_view(&phase, 1));
  return out_.member("pid", row.process).member("tid", row.thread).member("name", name);
}

void chrome_events::write(const details& more) {
  if (!more.empty()) {
    out_.key("args").begin_object();
    for (const auto& [name, text] : more) out_.member(name, text);
    out_.end_object();
  }
  out_.end_object();
}

void chrome_events::name_process(std::uint64_t process, std::string_view name) {
  event('M', {process, 0}, "process_name");
  out_.key("args").begin_object().member("name", name).end_object().end_object();
  event('M', {process, 0}, "process_sort_index");
  out_.key("args").begin_object().member("sort_index", process).end_object().end_object();
}

void chrome_events::name_track(const track& row, std::string_view name) {
  event('M', row, "thread_name");
  out_.key("args").begin_object().member("name", name).end_object().end_object();
}

void chrome_events::slice(const track& row, std::int64_t begin_ns, std::int64_t end_ns,
                          std::string_view name, const details& more) {
  event('X', row, name).key("ts").microseconds(begin_ns);
  out_.key("dur").microseconds(end_ns - begin_ns);
  write(more);
}

void chrome_events::instant(const track& row, std::int64_t ns, std::string_view name,
                            const details& more) {
  event('i', row, name).member("s", "t").key("ts").microseconds(ns);
  write(more);
}

void chrome_events::flow(const track& from, std::int64_t from_ns, const track& to,
                         std::int64_t to_ns, std::string_view name) {
  const std::uint64_t id = ++flows_;
  event('s', from, name).member("cat", "flow").member("id", id).key("ts").microseconds(from_ns);
  out_.end_object();
  event('f', to, name).member("cat", "flow").member("id", id).member("bp", "e");
  out_.key("ts").microseconds(to_ns).end_object();
}

void chrome_events::task(char phase, std::uint64_t process, std::uint64_t id, std::int64_t ns,
                         std::string_view name, const details& more) {
  event(phase, {process, 0}, name).member("cat", "task").member("id", id);
  out_.key("ts").microseconds(ns);
  write(more);
}

void chrome_events::counter(std::uint64_t process, std::int64_t ns, std::string_view name,
                            std::string_view series, std::uint64_t value) {
  event('C', {process, 0}, name).key("ts").microseconds(ns);
  out_.key("args").begin_object().member(series, value).end_object().end_object();
}

}  // namespace gander::tool
