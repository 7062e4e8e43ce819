// SPDX-License-Identifier: Apache-2.0
#include "crash/stack_scan.h"

#include "crash/symbolizer.h"
#include "unwind/memory_reader.h"
#include "unwind/unwinder.h"

namespace gander::crash {
namespace {

constexpr std::uintptr_t most_bytes = 8 * 1024;
constexpr unsigned most_lines = 32;

void print_word(text_writer& out, std::uintptr_t word) noexcept {
  const logical_frame& f = symbolize(word, true).front();
  out.text("runtime:   ").hex(word).text(" ").text(f.function).text(" at ").text(f.file);
  out.character(':').dec(f.line).text("\n");
}

}  // namespace

void print_stack_scan(text_writer& out, std::uint64_t goid, std::uintptr_t from,
                      std::uintptr_t end) noexcept {
  unwind::memory_reader reader;
  unsigned lines = 0;
  out.text("\nruntime: goroutine ").dec(goid).text(" cannot be walked above sp=").hex(from);
  constexpr std::uintptr_t word_mask = ~(sizeof(void*) - 1);
  for (std::uintptr_t at = from & word_mask; at - from < most_bytes || at < from;
       at += sizeof(void*)) {
    std::uintptr_t word = 0;
    if ((end != 0 && at >= end) || !reader.load(at, word)) break;
    if (!unwind::is_return_address(word, reader)) continue;
    if (lines == 0) out.text("; what may be return addresses there:\n");
    if (++lines > most_lines) break;
    print_word(out, word);
  }
  if (lines == 0) out.text("\n");
}

}  // namespace gander::crash
