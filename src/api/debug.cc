// SPDX-License-Identifier: Apache-2.0
#include <gander/debug.h>
#include <unistd.h>

#include <new>

#include "crash/freeze.h"
#include "crash/live_report.h"
#include "crash/report.h"
#include "crash/symbolizer.h"
#include "crash/traceback_level.h"
#include "os/os.h"

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

// Programs that keep their own crash handlers have not started these.
void need_reports() noexcept {
  static const bool started = crash::start_symbolizer();
  static_cast<void>(started);
  crash::install_freeze_handler();
}

}  // namespace

// gander:may-allocate: the caller asked for a std::string; this is before and after the border.
std::string stack(bool all) {
  need_reports();
  const text_space space;
  text_writer out(space.bytes());
  crash::write_stacks(out, all);
  return std::string(out.view());  // gander:may-allocate: as above
}

void print_stack() noexcept {
  need_reports();
  char buffer[4096];
  text_writer out(buffer, STDERR_FILENO);
  crash::write_stacks(out, false);
}

bool write_report(int fd) noexcept {
  need_reports();
  char buffer[4096];
  text_writer out(buffer, fd);
  crash::write_stacks(out, true);
  out.flush();
  return !out.failed();
}

void set_traceback(std::string_view level) noexcept {
  crash::set_traceback(crash::parse_traceback(level));
}

void set_crash_output(int fd) noexcept { crash::set_copy_fd(fd); }

}  // namespace gander::debug
