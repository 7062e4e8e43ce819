// SPDX-License-Identifier: Apache-2.0
#include <gander/debug.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <new>
#include <string_view>

#include "collector/leaks.h"
#include "crash/freeze.h"
#include "crash/live_report.h"
#include "crash/module_table.h"
#include "crash/report.h"
#include "crash/symbolizer.h"
#include "crash/traceback_level.h"
#include "os/os.h"
#include "sched/sched.h"

namespace gander::debug {
namespace {

// Address space for a text of unknown length, of which only what is written costs memory.
class text_space {
 public:
  static constexpr std::size_t size = std::size_t{64} << 20;

  text_space() : memory_(static_cast<char*>(os::reserve(size))) {
    if (memory_ == nullptr) throw std::bad_alloc();
  }
  ~text_space() { os::release(memory_, size); }
  text_space(const text_space&) = delete;
  text_space& operator=(const text_space&) = delete;

  std::span<char> bytes() const noexcept { return {memory_, size}; }

 private:
  char* memory_;
};

// Programs that keep their own crash handlers have not started these. [signal]
void need_reports() noexcept {
  crash::start_symbolizer();
  crash::install_freeze_handler();
}

// Not in a handler: as any call of the runtime, it makes the thread known, and is fatal after fork.
void enter_for_report() noexcept {
  const runtime_scope scope;
  static const bool loaded = (crash::load_modules(), true);
  static_cast<void>(loaded);
  need_reports();
}

}  // namespace

// gander:may-allocate: the caller asked for a std::string; this is before and after the border.
std::string stack(bool all) {
  enter_for_report();
  const text_space space;
  text_writer out(space.bytes());
  crash::write_stacks(out, all ? crash::live_stacks::all : crash::live_stacks::own);
  return std::string(out.view());  // gander:may-allocate: as above
}

// gander:may-allocate: as above.
std::vector<leaked_goroutine> goroutine_leaks() {
  enter_for_report();
  collector::leaks::find();
  const text_space space;
  text_writer out(space.bytes());
  crash::write_stacks(out, crash::live_stacks::leaked);
  std::vector<leaked_goroutine> all;  // gander:may-allocate: as above
  constexpr std::string_view header = "goroutine ";
  for (std::string_view rest = out.view(); rest.starts_with(header);) {
    const std::size_t next = rest.find("\n\ngoroutine ");
    const std::string_view stack = rest.substr(0, next != rest.npos ? next + 1 : next);
    std::uint64_t id = 0;
    std::from_chars(stack.data() + header.size(), stack.data() + stack.size(), id);
    all.push_back({id, std::string(stack)});  // gander:may-allocate: as above
    rest.remove_prefix(std::min(stack.size() + 1, rest.size()));
  }
  return all;
}

void print_stack() noexcept {
  enter_for_report();
  char buffer[4096];
  text_writer out(buffer, STDERR_FILENO);
  crash::write_stacks(out, crash::live_stacks::own);
}

// [signal]
bool write_report(int fd) noexcept {
  if (sched.forked) return false;
  const int saved_errno = errno;
  need_reports();
  char buffer[4096];
  text_writer out(buffer, fd);
  const bool told = crash::write_stacks(out, crash::live_stacks::by_level);
  out.flush();
  errno = saved_errno;
  return told && !out.failed();
}

void set_traceback(std::string_view level) noexcept {
  crash::set_traceback(crash::parse_traceback(level));
}

// Its own goroutine's word, and that of its thread's signal handlers: no border, no lock.
bool set_panic_on_fault(bool enabled) noexcept {
  const M* const m = current_m();
  G* const g = m != nullptr ? static_cast<G*>(m->curg) : nullptr;
  if (g == nullptr || g->foreign) return false;
  const bool before = g->panics_on_fault;
  g->panics_on_fault = enabled;
  // What follows may fault, and the handler must see it.
  std::atomic_signal_fence(std::memory_order_seq_cst);
  return before;
}

void set_crash_output(int fd) noexcept { crash::set_copy_fd(fd); }

}  // namespace gander::debug
