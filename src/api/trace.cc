// SPDX-License-Identifier: Apache-2.0
#include <gander/trace.h>

#include <atomic>
#include <cerrno>
#include <ostream>

#include "sched/sched.h"
#include "sched/tracing.h"
#include "tracer/collector.h"
#include "tracer/fd_sink.h"
#include "tracer/reading.h"

namespace gander::trace {
namespace {

int write_to_stream(void* self, const std::uint8_t* bytes, std::size_t size) {
  auto& stream = *static_cast<std::ostream*>(self);
  try {
    stream.write(reinterpret_cast<const char*>(bytes), static_cast<std::streamsize>(size));
    return stream.good() ? 0 : EIO;
  } catch (...) {  // it throws where it was told to; or its buffer does
    return EIO;
  }
}

tracer::sink sink_of(std::ostream& out) noexcept {
  return {.write = write_to_stream, .self = &out, .is_users_code = true};
}

tracer::format format_of(format f) noexcept {
  return f == format::go_1_26 ? tracer::format::go_1_26 : tracer::format::go_1_23;
}

std::error_code error_of(tracer::outcome o) {
  switch (o) {
    case tracer::outcome::good:
      return {};
    case tracer::outcome::already_on:
      return std::make_error_code(std::errc::device_or_resource_busy);
    case tracer::outcome::no_memory:
      return std::make_error_code(std::errc::not_enough_memory);
    case tracer::outcome::no_descriptor:
      return std::make_error_code(std::errc::too_many_files_open);
    case tracer::outcome::no_thread:
    case tracer::outcome::no_signal:
      break;
  }
  return std::make_error_code(std::errc::resource_unavailable_try_again);
}

template <typename Start>
std::error_code begin(const tracer::sink& to, const options& options, Start start) {
  if (options.cpu_samples_per_second < 0 || options.cpu_samples_per_second > 1000)
    return std::make_error_code(std::errc::invalid_argument);
  return error_of(start({to, format_of(options.version), options.max_buffered_bytes,
                         options.cpu_samples_per_second}));
}

result result_of(const tracer::output_result& r) {
  result out{r.generations, r.bytes, r.dropped, {}};
  if (r.error != 0) out.error = std::error_code(r.error, std::generic_category());
  return out;
}

// Lets the calling goroutine tell something, if anything is traced at all.
template <typename F>
void tell(F f) noexcept {
  if (!tracing::on()) return;
  const switching_scope scope;
  M* const m = current_m();
  // Asked again inside, where it holds. The pseudo-goroutine of a plain thread has no P.
  if (tracing::on() && m->p != nullptr) f(m);
}

std::atomic<std::uint64_t> last_task{0};

}  // namespace

std::error_code start(int fd, const options& options) {
  return begin(tracer::fd_sink(fd), options, tracer::start);
}
std::error_code start(std::ostream& out, const options& options) {
  return begin(sink_of(out), options, tracer::start);
}
std::error_code start_for_reading(const options& options) {
  return begin({}, options, tracer::reading::start);
}

std::size_t read(std::span<std::byte> to) { return tracer::reading::read(to.data(), to.size()); }

result stop() { return result_of(tracer::stop()); }

bool enabled() noexcept { return tracing::on(); }

flight_recorder::~flight_recorder() { stop(); }

std::error_code flight_recorder::start() {
  if (started_) return std::make_error_code(std::errc::device_or_resource_busy);
  const tracer::outcome o = tracer::start_recorder({options_.min_age.count(), options_.max_bytes});
  started_ = o == tracer::outcome::good;
  return error_of(o);
}

void flight_recorder::stop() noexcept {
  if (started_) tracer::stop_recorder();
  started_ = false;
}

result flight_recorder::write_to(int fd, format version) const {
  if (!started_) return {};
  return result_of(tracer::write_recorder(tracer::fd_sink(fd), format_of(version)));
}

result flight_recorder::write_to(std::ostream& out, format version) const {
  if (!started_) return {};
  return result_of(tracer::write_recorder(sink_of(out), format_of(version)));
}

task::task(std::string_view name) noexcept : id_(last_task.fetch_add(1) + 1) {
  tell([&](M* m) { tracing::task_begins(m, id_, 0, name); });
}

task::task(std::string_view name, const task& parent) noexcept : id_(last_task.fetch_add(1) + 1) {
  tell([&](M* m) { tracing::task_begins(m, id_, parent.id_, name); });
}

task::~task() {
  tell([&](M* m) { tracing::task_ends(m, id_); });
}

region::region(std::string_view name) noexcept : name_(name), task_(0) {
  tell([&](M* m) { tracing::region_begins(m, task_, name_); });
}

region::region(std::string_view name, const task& of) noexcept : name_(name), task_(of.id()) {
  tell([&](M* m) { tracing::region_begins(m, task_, name_); });
}

region::~region() {
  tell([&](M* m) { tracing::region_ends(m, task_, name_); });
}

void log(std::string_view category, std::string_view message) noexcept {
  tell([&](M* m) { tracing::log(m, 0, category, message); });
}

void log(const task& of, std::string_view category, std::string_view message) noexcept {
  tell([&](M* m) { tracing::log(m, of.id(), category, message); });
}

}  // namespace gander::trace
