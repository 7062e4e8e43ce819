// SPDX-License-Identifier: Apache-2.0
#include "tracer/crash_trace.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <initializer_list>
#include <iterator>

#include "base/left_out.h"
#include "os/write.h"
#include "sched/tracing.h"
#include "trace/clock.h"
#include "trace/varint.h"
#include "trace/writer.h"
#include "tracer/file_format.h"
#include "tracer/frozen.h"
#include "tracer/recorder.h"
#include "tracer/tables.h"

namespace gander::tracer {
namespace {

char crash_file[4096];
std::uint8_t table_space[trace::max_batch_bytes];  // the reporter's
const left_out of_table_space(table_space);

class file {
 public:
  explicit file(int fd) noexcept : fd_(fd) {}

  void put(const std::uint8_t* bytes, std::size_t size) noexcept {
    while (size != 0 && error_ == 0) {
      const std::ptrdiff_t written = os::write_unseen(fd_, bytes, size);
      if (written == -EINTR) continue;
      if (written <= 0) {
        error_ = written == 0 ? EIO : static_cast<int>(-written);
        return;
      }
      bytes += written;
      size -= static_cast<std::size_t>(written);
    }
  }
  int error() const noexcept { return error_; }

 private:
  int fd_;
  int error_ = 0;
};

class file_tables final : public table_sink {
 public:
  file_tables(file& to, std::uint32_t generation) noexcept : to_(to), generation_(generation) {}

  std::span<std::uint8_t> room() noexcept override { return table_space; }
  bool take(std::size_t bytes) noexcept override {
    if (bytes == 0) return true;
    std::uint8_t head[batch_header_bytes];
    const std::uint8_t* const end =
        put_batch_header(head, generation_, trace::no_thread, time_ticks_, bytes);
    to_.put(head, static_cast<std::size_t>(end - head));
    to_.put(table_space, bytes);
    return to_.error() == 0;
  }

  // Readers look at the times of events, not at those of tables.
  void begin_at(std::uint64_t ticks) noexcept { time_ticks_ = ticks; }

 private:
  file& to_;
  std::uint32_t generation_;
  std::uint64_t time_ticks_ = 1;
};

// The states of goroutines that had no event yet; in batches like those of tables.
void put_silent(file_tables& to) noexcept {
  struct batch {
    file_tables& to;
    std::uint8_t* at = table_space;
  } b{to};
  const auto put = [](void* argument, const tracing::silent_g& g) {
    auto& into = *static_cast<batch*>(argument);
    constexpr std::ptrdiff_t most_bytes = 2 * (2 + 4 * trace::max_varint_bytes);
    if (std::end(table_space) - into.at < most_bytes) {
      into.to.take(static_cast<std::size_t>(into.at - table_space));
      into.at = table_space;
    }
    const auto event = [&](trace::kind k, std::initializer_list<std::uint64_t> numbers) {
      *into.at++ = static_cast<std::uint8_t>(k);
      *into.at++ = 1;  // tick
      for (const std::uint64_t number : numbers) into.at = trace::put_varint(into.at, number);
    };
    event(trace::kind::go_status_stack,
          {g.goid, g.thread, static_cast<std::uint64_t>(g.state), g.stack});
    if (g.assists) event(trace::kind::gc_mark_assist_active, {g.goid});
  };
  to.begin_at(trace::now_ticks());
  tracing::for_each_silent(/*frozen=*/true, put, &b);
  to.take(static_cast<std::size_t>(b.at - table_space));
}

// A generation that was still being written, or given its tables.
void put_incomplete(file& to, std::uint32_t number) noexcept {
  std::uint8_t head[sync_bytes];
  to.put(head, static_cast<std::size_t>(put_sync(head, number, {}, format::go_1_23) - head));
  for_each_frozen_batch(number, [&](const trace::batch& b, std::uint32_t used_bytes) {
    const std::uint8_t* const end =
        put_batch_header(head, number, b.thread, b.time_ticks, used_bytes);
    to.put(head, static_cast<std::size_t>(end - head));
    to.put(b.payload(), used_bytes);
  });
  file_tables tables(to, number);
  if (number == trace::current_generation) put_silent(tables);
  write_tables(number, tables);
}

void put_complete(file& to, const generation& g) noexcept {
  pieces all(g, format::go_1_23);
  for (auto p = all.next(); p.size != 0 && to.error() == 0; p = all.next()) to.put(p.bytes, p.size);
}

}  // namespace

void set_crash_file(const char* path) noexcept {
  std::strncpy(crash_file, path, sizeof crash_file - 1);
}

void save_crash_trace(text_writer& out) noexcept {
  const std::uint32_t now = trace::current_generation;
  if (crash_file[0] == '\0' || now == 0) return;
  const int fd = ::open(crash_file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK, 0644);
  if (fd < 0) {
    out.text("\nruntime: no trace in ").text(crash_file).text(": ").text(strerrorname_np(errno));
    out.text("\n");
    return;
  }
  file to(fd);
  std::uint8_t head[file_header_bytes];
  put_file_header(format::go_1_23, head);
  to.put(head, sizeof head);
  std::uint32_t generations = 0;
  const std::uint32_t last_complete = recorder::for_each_frozen([&](const generation& g) {
    put_complete(to, g);
    ++generations;
  });
  const std::uint32_t first = last_complete != 0 ? last_complete + 1 : first_frozen_generation(now);
  for (std::uint32_t number = first; number <= now; ++number, ++generations)
    put_incomplete(to, number);
  ::close(fd);
  out.text("\nruntime: trace in ").text(crash_file).text(", ").dec(generations);
  out.text(generations == 1 ? " generation" : " generations");
  if (to.error() != 0) out.text(", cut off: ").text(strerrorname_np(to.error()));
  out.text("\n");
}

}  // namespace gander::tracer
