// SPDX-License-Identifier: Apache-2.0
#include "crash/place_printer.h"

#include <string_view>

#include "crash/runtime_frames.h"
#include "crash/symbolizer.h"

namespace gander::crash {
namespace {

// Also by names that could not be demangled: of closures in closures.
bool is_library(const logical_frame& f) noexcept {
  for (const std::string_view scope :
       {"std::", "__gnu_cxx::", "gander::", "_ZSt", "_ZNSt", "_ZN6gander"})
    if (f.function.starts_with(scope)) return true;
  return f.inlined && is_bare_name(f.function) && is_library_file(f.file);
}

void print(text_writer& out, const logical_frame& f, std::string_view callable,
           std::uintptr_t place) noexcept {
  if (f.line == 0) {
    const std::uintptr_t from = f.in != nullptr ? f.in->load_bias : 0;
    out.text(f.file).text("+").hex(place - from);
  } else {
    out.text(f.file).text(":").dec(f.line);
  }
  out.text(" (");
  // As in a frame: a lambda that was inlined into the goroutine's entry.
  const bool bare = f.inlined && f.function == "operator()" && !callable.empty();
  if (bare) out.text(callable).text("::");
  out.text(f.function).text(")");
}

// What stands before each; how many there were.
struct frame_list {
  unsigned most = 1;
  std::string_view first = "";
  std::string_view next = "";
  unsigned count = 0;
};

// Appends those that are not the library's, from innermost on.
void print_user_frames(text_writer& out, std::uintptr_t place, frame_list& list) noexcept {
  const auto frames = symbolize(place, true);
  const std::string_view callable = callable_of_entry(frames.back().function);
  for (const logical_frame& f : frames) {
    if (list.count == list.most) return;
    if (is_library(f)) continue;
    print(out.text(list.count++ == 0 ? list.first : list.next), f, callable, place);
  }
}

// False when all there is the library's.
bool print_user_frame(text_writer& out, std::uintptr_t place) noexcept {
  frame_list one;
  print_user_frames(out, place, one);
  if (one.count != 0) return true;
  const std::string_view callable = callable_of_entry(symbolize(place, true).back().function);
  if (callable.empty()) return false;
  // The end of a goroutine: what the library did for its function there.
  out.text("the end of ").text(callable);
  return true;
}

// With all that was inlined into it; not so functions of headers, of which each frame is looked at:
// they may have the user's code in them, as std::invoke() does.
bool is_ours(std::uintptr_t pc) noexcept {
  const logical_frame& physical = symbolize(pc, true).back();
  return physical.callable.empty() && (physical.hidden || is_library(physical)) &&
         !is_library_file(physical.file);
}

void print_any_frame(text_writer& out, std::uintptr_t place) noexcept {
  print(out, symbolize(place, true).back(), {}, place);
}

}  // namespace

void print_place(text_writer& out, std::uintptr_t place) noexcept {
  if (!print_user_frame(out, place)) print_any_frame(out, place);
}

void print_place(text_writer& out, std::span<const std::uintptr_t> pcs) noexcept {
  for (const std::uintptr_t pc : pcs)
    if (!is_ours(pc) && print_user_frame(out, pc)) return;
  if (!pcs.empty()) print_any_frame(out, pcs.back());
}

void print_places(text_writer& out, std::span<const std::uintptr_t> pcs, unsigned most) noexcept {
  frame_list list{.most = most, .first = " at ", .next = ", called from "};
  for (const std::uintptr_t pc : pcs)
    if (!is_ours(pc)) print_user_frames(out, pc, list);
  if (list.count == 0 && !pcs.empty()) print_any_frame(out.text(list.first), pcs.back());
}

void print_place(text_writer& out, const internal::holder& locked) noexcept {
  const std::uintptr_t place = locked.place.load();
  if (print_user_frame(out, place)) return;
  for (const std::uintptr_t caller : {locked.outer.load(), locked.outermost.load()})
    if (caller != 0 && print_user_frame(out, caller)) return;
  print_any_frame(out, place);
}

}  // namespace gander::crash
