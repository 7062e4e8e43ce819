// SPDX-License-Identifier: Apache-2.0
#include "gc/bad_pointer.h"

#include <unistd.h>

#include <atomic>

#include "base/check.h"
#include "base/godebug.h"
#include "base/print.h"
#include "base/relaxed.h"
#include "gc/types.h"
#include "heap/arena.h"

namespace gander::gc {
namespace {

// Several markers may find one at once: the report may tell of one what the lines above it say of
// another.
// Relaxed: whoever writes the report was asked to by who stored them, behind the store.
relaxed<std::uintptr_t> found_word{0};
relaxed<std::uintptr_t> found_field{0};

void tell_place(text_writer& out, std::uintptr_t word) noexcept {
  const heap::span* const s = heap::span_of(word);
  out.text("runtime: pointer ").hex(word);
  if (s == nullptr)
    out.text(" to pages of the collected heap that are free\n");
  else
    out.text(" to where no object is, among those of ").dec(s->object_bytes).text(" bytes\n");
}

void tell_field(text_writer& out, std::uintptr_t field) noexcept {
  const heap::object o = heap::find_object(field);
  if (o.in == nullptr) return;
  const type_record& type = types::at(o.in->type_of(o.index));
  out.text("runtime: found in object at ").hex(o.begin()).text(" + ").hex(field - o.begin());
  out.text(" (").text(type.name).text(", ").dec(o.in->object_bytes).text(" bytes)\n");
}

}  // namespace

void found_bad_pointer(std::uintptr_t word, std::uintptr_t field) noexcept {
  if (!godebug.invalidptr) return;
  std::atomic_thread_fence(std::memory_order_acquire);  // pairs with span::take()
  if (heap::find_object(word).in != nullptr) return;
  if (heap::find_object(word - 1).in != nullptr) return;  // the end of an object
  found_field = field;
  found_word = word;
  char buffer[512];
  {
    text_writer out(buffer, STDERR_FILENO);
    tell_place(out, word);
    tell_field(out, field);
  }
  throw_(
      "found bad pointer in the collected heap (was it kept in memory that the collector does not "
      "look at?)");
}

bad_pointer last_bad_pointer() noexcept { return {found_word, found_field}; }

}  // namespace gander::gc
