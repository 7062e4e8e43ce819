// SPDX-License-Identifier: Apache-2.0
//
// See frame_printer.h. A stack that is too long is walked three times (print, count, print) and not
// remembered: walking costs 30 ns a frame, and memory of unknown size there is none.
#include "crash/frame_printer.h"

namespace gander::crash {
namespace {

struct physical_frame {
  std::uintptr_t pc = 0;
  bool is_return_address = true;
  std::uintptr_t fp = 0;  // CFA; 0: unknown
  std::uintptr_t sp = 0;
  bool of_signal = false;  // where handlers return to: code of the system's, without a name
};

// Both sources: next() gives the next frame outwards, false at the end; a copy goes on by itself.
class walk_source {
 public:
  walk_source(const unwind::unwinder& walk, walk_end* end) noexcept : walk_(walk), end_(end) {}

  bool next(physical_frame& f) noexcept {
    if (ended_) return false;
    f = {walk_.current().pc(), walk_.pc_is_return_address(), 0, walk_.current().sp(), false};
    ended_ = !walk_.step();
    if (!ended_) {
      f.fp = walk_.cfa();
      f.of_signal = !walk_.pc_is_return_address();
    } else if (end_ != nullptr) {
      *end_ = {walk_.why(), walk_.current().sp()};
    }
    return true;
  }

 private:
  unwind::unwinder walk_;
  walk_end* end_;
  bool ended_ = false;
};

class list_source {
 public:
  explicit list_source(std::span<const std::uintptr_t> pcs) noexcept : pcs_(pcs) {}

  bool next(physical_frame& f) noexcept {
    if (pcs_.empty()) return false;
    f = {.pc = pcs_.front()};
    pcs_ = pcs_.subspan(1);
    return true;
  }

 private:
  std::span<const std::uintptr_t> pcs_;
};

// Calls visit(logical, physical) for the frames that the style shows, until it returns false.
template <typename Source, typename Visit>
void for_each_shown(Source source, bool runtime_functions, Visit&& visit) {
  physical_frame physical;
  while (source.next(physical)) {
    auto frames = symbolize(physical.pc, physical.is_return_address);
    // Under the name that libc's own debuggers' helpers know it by.
    logical_frame of_signal;
    if (physical.of_signal && frames.back().function == "?") {
      of_signal = frames.back();
      of_signal.function = "__restore_rt";
      of_signal.hidden = true;
      frames = {&of_signal, 1};
    }
    for (const logical_frame& f : frames)
      if ((runtime_functions || !f.hidden) && !visit(f, physical)) return;
  }
}

// All three or none, as Go has them: of a recorded frame only the pc is known.
void print_registers(text_writer& out, const physical_frame& f) noexcept {
  if (f.sp == 0) return;
  out.text(" fp=").hex(f.fp).text(" sp=").hex(f.sp).text(" pc=").hex(f.pc);
}

void print_one(text_writer& out, const logical_frame& frame, const physical_frame& f,
               bool registers, std::string_view after_name,
               std::string_view callable = {}) noexcept {
  // A lambda that was inlined into the goroutine's entry: its type is named there.
  if (frame.inlined && frame.function == "operator()" && !callable.empty())
    out.text(callable).text("::");
  out.text(frame.function).text(after_name).text("\n\t").text(frame.file).character(':');
  out.dec(frame.line);
  if (!frame.inlined) {
    std::uintptr_t from = frame.entry;
    if (from == 0 && frame.in != nullptr) from = frame.in->load_bias;
    if (f.pc > from) out.text(" +").hex(f.pc - from);
    if (registers) print_registers(out, f);
  }
  out.character('\n');
}

template <typename Source>
std::size_t print_source(text_writer& out, const Source& source, const frame_style& style) {
  auto print_range = [&](std::size_t skip, std::size_t count) {
    std::size_t seen = 0;
    std::size_t printed = 0;
    if (count == 0) return printed;
    for_each_shown(source, style.runtime_functions,
                   [&](const logical_frame& logical, const physical_frame& physical) {
                     if (seen++ < skip) return true;
                     print_one(out, logical, physical, style.registers, "(...)", logical.callable);
                     return ++printed < count;
                   });
    return printed;
  };
  std::size_t printed = print_range(0, style.inner);
  if (printed < style.inner) return printed;
  std::size_t all = 0;
  for_each_shown(source, style.runtime_functions, [&](auto&, auto&) { return ++all, true; });
  std::size_t rest = all - printed;
  std::size_t elided = rest > style.outer ? rest - style.outer : 0;
  if (elided > 0) out.text("...").dec(elided).text(" frames elided...\n");
  return printed + print_range(printed + elided, style.outer);
}

template <typename Source>
std::size_t print_something(text_writer& out, const Source& source, frame_style style) {
  std::size_t printed = print_source(out, source, style);
  if (printed > 0 || style.runtime_functions) return printed;
  style.runtime_functions = true;
  return print_source(out, source, style);
}

}  // namespace

std::size_t print_frames(text_writer& out, unwind::unwinder walk, const frame_style& style,
                         walk_end* end) noexcept {
  return print_something(out, walk_source(walk, end), style);
}

std::size_t print_frames(text_writer& out, std::span<const std::uintptr_t> return_addresses,
                         const frame_style& style) noexcept {
  return print_something(out, list_source(return_addresses), style);
}

void print_frame(text_writer& out, const logical_frame& frame, std::uintptr_t pc,
                 std::string_view after_name, std::string_view callable) noexcept {
  print_one(out, frame, {.pc = pc}, false, after_name, callable);
}

}  // namespace gander::crash
