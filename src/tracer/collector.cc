// SPDX-License-Identifier: Apache-2.0
#include "tracer/collector.h"

#include <gander/internal/event.h>

#include <algorithm>
#include <array>
#include <span>

#include "base/godebug.h"
#include "base/relaxed.h"
#include "crash/module_table.h"
#include "crash/symbolizer.h"
#include "crash/trace_hooks.h"
#include "sched/sched.h"
#include "sched/tracing.h"
#include "trace/clock.h"
#include "tracer/cpu_samples.h"
#include "tracer/crash_trace.h"
#include "tracer/look_back.h"
#include "tracer/tables.h"

namespace gander::tracer {
namespace {

constexpr std::size_t pool_bytes =
    sizeof(void*) == 8 ? std::size_t{256} << 20 : std::size_t{32} << 20;
constexpr std::size_t early_end_bytes = pool_bytes / 8;  // of one generation

// --- requests
enum class wish : std::uint8_t { start, stop, start_recorder, stop_recorder, advance };

struct request {
  wish what;
  const start_request* to = nullptr;
  const recorder::limits* limits = nullptr;
  outcome result = outcome::good;
  output::trace_number sealed = 0;  // stop: what there was to stop
  internal::event done{};
  request* next = nullptr;
};

struct {
  lock guard;
  request* first = nullptr;  // under guard, as the next two
  G* asleep = nullptr;       // the collector's, while it waits
  bool tick = false;         // a generation is to end
} inbox;

void wake_collector() noexcept {  // under inbox.guard
  G* const g = inbox.asleep;
  inbox.asleep = nullptr;
  if (g != nullptr) ready(g);
}

// --- the collector's own
trace::writer silent_writer;
clock_reading generation_began;
std::uint32_t next_number = 1;
recorder::limits recorder_limits;

// How long a generation lasts, and how much may be in it; sysmon reads them. With a recorder alone
// it lasts longer: each begins with the status of every goroutine, and with a stop. But the
// recorder drops whole ones, and so each is a quarter of what it shall keep, at most.
relaxed<std::int64_t> generation_ns{0};
relaxed<std::size_t> generation_bytes{0};

void set_generation_size() noexcept {
  const std::int64_t period_ns = godebug.traceadvanceperiod_ns;
  generation_ns = period_ns;
  generation_bytes = early_end_bytes;
  if (output::is_open() || !recorder::on()) return;
  constexpr std::size_t least_bytes = std::size_t{1} << 20;
  generation_ns = std::clamp(recorder_limits.min_age_ns / 4, period_ns, 4 * period_ns);
  generation_bytes = std::clamp(recorder_limits.max_bytes / 4, least_bytes, early_end_bytes);
}

clock_reading read_clocks() noexcept {
  const std::int64_t unix_ns = os::unix_now_ns();
  constexpr std::int64_t second_ns = 1'000'000'000;
  return {trace::now_ticks(), static_cast<std::uint64_t>(os::now_ns()),
          static_cast<std::uint64_t>(unix_ns / second_ns),
          static_cast<std::uint32_t>(unix_ns % second_ns)};
}

// No M runs, and none can begin to without sched.guard, which is held.
bool nothing_runs() noexcept {
  if (sched.active) return false;
  for (std::uint32_t id = 0; id < sched.procs; ++id) {
    const p_status status = sched.all_ps[id]->status;
    if (status != p_status::stopped && status != p_status::idle) return false;
  }
  return true;
}

// Runs f when nobody writes events, and nobody can begin to.
template <typename F>
void while_nobody_writes(F f) noexcept {
  for (;;) {
    if (stop_the_world()) {
      {
        lock_scope held(sched.guard);
        f();
      }
      start_the_world(sched.procs);
      return;
    }
    {
      lock_scope held(sched.guard);
      if (nothing_runs()) return f();
    }
    constexpr std::int64_t a_run_begins_or_ends_ns = 100'000;
    os::sleep_ns(a_run_begins_or_ends_ns);
  }
}

void begin_trace() noexcept {
  while_nobody_writes([] {
    trace::events_lost.store(false, std::memory_order_relaxed);
    tracing::begin(next_number++);
    generation_began = read_clocks();
  });
}

// What it takes in the pool, which is what there is only so much of.
std::size_t memory_of(const trace::batch* b) noexcept {
  std::size_t bytes = 0;
  for (; b != nullptr; b = b->next) bytes += trace::pool::bytes_of_class[b->size_class];
  return bytes;
}

// Puts tables into batches of the pool.
class pooled_tables final : public table_sink {
 public:
  std::span<std::uint8_t> room() noexcept override {
    next_ = trace::pool::take(nullptr, trace::no_thread, trace::pool::size_classes - 1);
    if (next_ == nullptr) return {};
    return {next_->payload(), next_->capacity_bytes};
  }
  bool take(std::size_t bytes) noexcept override {
    next_->used_bytes = static_cast<std::uint32_t>(bytes);
    next_->time_ticks = 1;  // readers do not look at it
    next_->next = list_;
    list_ = next_;
    next_ = nullptr;
    return true;
  }
  trace::batch* list() noexcept {
    if (next_ != nullptr) trace::pool::give_back(next_);
    return list_;
  }

 private:
  trace::batch* next_ = nullptr;  // being written
  trace::batch* list_ = nullptr;
};

// The tables of a generation as batches; nullptr when there is no memory, which tears it.
trace::batch* tables_of(std::uint32_t number) noexcept {
  pooled_tables to;
  const bool good = write_tables(number, to);
  trace::batch* const list = to.list();
  if (good) return list;
  trace::pool::give_back(list);
  return nullptr;
}

// The present generation ends; another one begins, or none.
void end_generation(bool last) noexcept {
  const std::uint32_t number = trace::current_generation;
  tracing::tell_the_silent(silent_writer);
  trace::batch* batches = nullptr;
  const clock_reading began = generation_began;
  bool torn = false;
  while_nobody_writes([&] {
    const tracing::ended_generation ended =
        last ? tracing::end(silent_writer) : tracing::next_generation(silent_writer);
    batches = ended.batches;
    torn = ended.torn;
    generation_began = read_clocks();
  });
  if (!last) next_number = number + 2;
  trace::batch* const samples = cpu_samples::take(number);  // before the tables: it brings stacks
  generation* g = torn ? nullptr : new_generation();
  trace::batch* const tables = g != nullptr ? tables_of(number) : nullptr;
  if (tables == nullptr) {
    trace::pool::give_back(batches);
    trace::pool::give_back(samples);
    if (g != nullptr) let_go(*g);
    output::add(nullptr);
    recorder::add(nullptr);
    return;
  }
  trace::batch** tail = &batches;
  while (*tail != nullptr) tail = &(*tail)->next;
  *tail = samples;
  while (*tail != nullptr) tail = &(*tail)->next;
  *tail = tables;
  g->number = number;
  g->batches = batches;
  g->bytes = memory_of(batches);
  g->begin = began;
  g->end = generation_began;
  output::add(g);
  recorder::add(g);
  let_go(*g);
}

// Tracing is on for as long as somebody wants its generations. Each user begins and ends with a
// generation of its own.
void begin_or_advance() noexcept {
  if (tracing::on())
    end_generation(/*last=*/false);
  else
    begin_trace();
}

outcome serve_start(const start_request& to) noexcept {
  if (output::is_open()) return outcome::already_on;
  // One that is already on must not see the rest of the present generation.
  if (tracing::on()) end_generation(/*last=*/false);
  if (to.cpu_samples_per_second > 0 && !cpu_samples::begin(to.cpu_samples_per_second))
    return outcome::no_signal;
  if (!output::open(to.to, to.version, to.most_queued_bytes)) {
    cpu_samples::end();
    return outcome::no_thread;
  }
  if (!tracing::on()) begin_trace();
  return outcome::good;
}

output::trace_number serve_stop() noexcept {
  if (!output::is_open()) return output::seal();  // of one that is being stopped already
  cpu_samples::end();
  end_generation(/*last=*/!recorder::on());
  return output::seal();
}

void serve(request& r) noexcept {
  switch (r.what) {
    case wish::start:
      r.result = serve_start(*r.to);
      break;
    case wish::stop:
      r.sealed = serve_stop();
      break;
    case wish::start_recorder:
      if (recorder::on()) {
        r.result = outcome::already_on;
        break;
      }
      begin_or_advance();
      recorder_limits = *r.limits;
      recorder::begin(recorder_limits);
      break;
    case wish::stop_recorder:
      if (!recorder::on()) break;
      recorder::end();
      if (!output::is_open()) end_generation(/*last=*/true);
      break;
    case wish::advance:
      if (tracing::on()) end_generation(/*last=*/false);
      break;
  }
  set_generation_size();
  r.done.set();  // r is gone
}

void collector(void*) {
  current_or_attach();
  for (;;) {
    switching_scope scope;
    inbox.guard.acquire();
    request* const r = inbox.first;
    const bool tick = inbox.tick;
    if (r != nullptr) {
      inbox.first = r->next;
    } else if (tick) {
      inbox.tick = false;
    } else {
      inbox.asleep = current_m()->curg;
      park(inbox.guard, wait_reason::trace_reader);
      continue;
    }
    inbox.guard.release();
    if (r != nullptr)
      serve(*r);
    else if (tracing::on())
      end_generation(/*last=*/false);
  }
}

// sysmon's: it is awake while the program does something.
void on_sysmon_round(std::int64_t now_ns) noexcept {
  cpu_samples::look_for_threads(now_ns);
  static std::int64_t last_ns = 0;
  static std::uint32_t last_number = 0;  // a generation that nobody here has seen begin
  if (const std::uint32_t number = trace::current_generation; number != last_number) {
    last_number = number;
    last_ns = now_ns;
  }
  if (now_ns - last_ns < generation_ns && trace::pool::full_bytes() < generation_bytes &&
      !trace::tables().stacks.nearly_full() && !trace::tables().strings.nearly_full())
    return;
  last_ns = now_ns;  // not again before the collector has come to it
  lock_scope held(inbox.guard);
  inbox.tick = true;
  wake_collector();
}

void send(request& r) noexcept {
  {
    lock_scope held(inbox.guard);
    request** tail = &inbox.first;
    while (*tail != nullptr) tail = &(*tail)->next;
    *tail = &r;
    wake_collector();
  }
  r.done.wait();
}

std::atomic<bool> prepared{false};
bool is_prepared() noexcept { return prepared.load(); }

outcome prepare() noexcept {
  ensure_runtime();
  crash::load_modules();
  crash::start_symbolizer();
  static lock guard;
  lock_scope held(guard);
  if (is_prepared()) return outcome::good;
  trace::start_clock();
  if (!trace::pool::open(pool_bytes) || !trace::open_tables()) return outcome::no_memory;
  set_generation_size();
  tracing::set_sysmon_round(on_sysmon_round);
  prepare_to_look_back();
  static constexpr crash::trace_hooks hooks{look_back, tell_last_events, save_crash_trace};
  crash::the_trace_hooks.store(&hooks);
  constexpr std::size_t stack_size = 512 * 1024;  // the symbolizer wants half of it
  // Not one of sched.helper_threads: for the deadlock rule it is a foreign thread, which is hope as
  // long as it does not wait.
  if (!os::start_thread(collector, nullptr, stack_size, "gander-trace")) return outcome::no_thread;
  prepared.store(true);
  return outcome::good;
}

}  // namespace

outcome start(const start_request& to) noexcept {
  if (const outcome o = prepare(); o != outcome::good) return o;
  request r{.what = wish::start, .to = &to};
  send(r);
  return r.result;
}

output_result stop() noexcept {
  request r{.what = wish::stop};
  if (!is_prepared()) return {};
  send(r);
  return r.sealed != 0 ? output::wait_for(r.sealed) : output_result{};
}

outcome start_recorder(const recorder::limits& limits) noexcept {
  if (const outcome o = prepare(); o != outcome::good) return o;
  recorder::limits possible = limits;
  possible.max_bytes = std::min(possible.max_bytes, pool_bytes / 2);
  request r{.what = wish::start_recorder, .limits = &possible};
  send(r);
  return r.result;
}

void stop_recorder() noexcept {
  if (!recorder::on()) return;
  request r{.what = wish::stop_recorder};
  send(r);
}

output_result write_recorder(const sink& to, format version) noexcept {
  output_result result;
  if (!recorder::on()) return result;
  request r{.what = wish::advance};
  send(r);
  std::array<generation*, recorder::most_generations> generations;
  const std::size_t count = recorder::snapshot(generations);
  bool good = true;
  const auto put = [&](const std::uint8_t* bytes, std::size_t size) {
    if (good) result.error = to.write(to.self, bytes, size);
    good = result.error == 0;
    if (good) result.bytes += size;
  };
  std::uint8_t header[file_header_bytes];
  put_file_header(version, header);
  if (count != 0) put(header, sizeof header);
  for (std::size_t i = 0; i < count; ++i) {
    pieces all(*generations[i], version);
    for (auto p = all.next(); p.size != 0 && good; p = all.next()) put(p.bytes, p.size);
    ++(good ? result.generations : result.dropped);
    let_go(*generations[i]);
  }
  return result;
}

}  // namespace gander::tracer
