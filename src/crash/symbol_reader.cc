// SPDX-License-Identifier: Apache-2.0
//
// One libbacktrace state per module: its file alone is read, not those of all modules as with one
// state for the process, and a fault in it costs its names alone. libbacktrace asks for the loaded
// modules by a call that report_libraries.cmake has renamed to ours; we answer with the one in
// question.
#include "crash/symbol_reader.h"

#include <link.h>

#include "crash/libbacktrace.h"
#include "crash/recoverable.h"

namespace gander::crash {
namespace {

struct reader_state {
  gander_backtrace_state* state = nullptr;
  bool broken = false;
};

// All protected by the symbolizer's lock.
constinit std::array<reader_state, module_capacity> readers{};
constinit const module* being_read = nullptr;

void ignore_error(void*, const char*, int) {}

int take_line(void* data, std::uintptr_t, const char* file, int line, const char* function) {
  auto& out = *static_cast<raw_symbols*>(data);
  if (file == nullptr && function == nullptr) return 0;
  // When full, the last place is overwritten: the physical function matters most.
  if (out.count < out.capacity) ++out.count;
  out.frames[out.count - 1] = {function, file, line};
  return 0;
}

void take_symbol(void* data, std::uintptr_t, const char* name, std::uintptr_t value,
                 std::uintptr_t) {
  auto& out = *static_cast<raw_symbols*>(data);
  out.symbol = name;
  out.symbol_value = value;
}

}  // namespace

bool read_symbols(const module& m, std::uintptr_t pc, raw_symbols& out) noexcept {
  reader_state& reader = readers[m.index];
  if (m.file[0] == 0 || reader.broken) return false;
  being_read = &m;
  int signal = recoverable([&] {
    // Not threaded: the symbolizer's lock is held.
    if (reader.state == nullptr)
      reader.state = gander_backtrace_create_state(m.file, 0, ignore_error, nullptr);
    if (reader.state == nullptr) return;
    gander_backtrace_pcinfo(reader.state, pc, take_line, ignore_error, &out);
    gander_backtrace_syminfo(reader.state, pc, take_symbol, ignore_error, &out);
  });
  being_read = nullptr;
  if (signal != 0) {
    reader.broken = true;
    out = raw_symbols{};  // half of an answer may be wrong
  }
  return signal == 0;
}

void abandon_symbol_readers() noexcept {
  readers = {};
  being_read = nullptr;
}

}  // namespace gander::crash

int gander_report_iterate_phdr(int (*each)(dl_phdr_info*, std::size_t, void*), void* data) {
  if (gander::crash::being_read == nullptr) return 0;
  dl_phdr_info info{};
  info.dlpi_addr = gander::crash::being_read->load_bias;
  info.dlpi_name = "";  // "the file that the state was created for"
  return each(&info, sizeof info, data);
}
