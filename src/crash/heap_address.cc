// SPDX-License-Identifier: Apache-2.0
#include "crash/heap_address.h"

#include <string_view>

#include "crash/place_printer.h"
#include "gc/bad_pointer.h"
#include "gc/types.h"
#include "heap/arena.h"
#include "heap/sites.h"

namespace gander::crash {
namespace {

void print_object(text_writer& out, const heap::span& s, std::uint32_t index,
                  std::uintptr_t address, std::string_view what, std::uint16_t type) noexcept {
  const std::uintptr_t begin = s.base + index * s.object_bytes;
  out.text("the collected heap, ").hex(address - begin).text(" bytes into ").text(what);
  if (const std::string_view name = gc::types::at(type).name; type != 0 && !name.empty())
    out.text(" of ").text(name);
  out.text(" (").dec(s.object_bytes).text(" bytes at ").hex(begin).text(")");
}

void print_site(text_writer& out, const heap::sites::site& site) noexcept {
  constexpr unsigned most_places = 4;
  out.text(", allocated");
  if (site.goid != 0) out.text(" by goroutine ").dec(site.goid);
  print_places(out, site.frames(), most_places);
}

// An object that is gone.
struct former_object {
  const heap::span* in = nullptr;  // nullptr: there is none there
  std::uint32_t index = 0;
  std::uint32_t freed_in = 0;  // 0: nothing is known of it
  bool has_site = false;
  heap::sites::site site;
};

former_object find_former_object(std::uintptr_t address) noexcept {
  former_object found;
  if (heap::find_object(address).in != nullptr) return found;
  const heap::span* s = heap::span_of(address);
  if (s == nullptr) s = heap::former_span_of(address);
  if (s == nullptr) return found;
  found.in = s;
  found.index = heap::index_in(*s, address);
  if (found.index >= s->objects) return found;
  found.has_site = heap::sites::find(*s, found.index, false, found.site);
  found.freed_in = found.has_site ? found.site.freed_in : s->freed_when(found.index);
  return found;
}

void print_former_object(text_writer& out, const former_object& o,
                         std::uintptr_t address) noexcept {
  print_object(out, *o.in, o.index, address, "a freed object", o.in->freed_type_of(o.index));
  out.text(", freed in collection ").dec(o.freed_in);
  if (o.has_site) print_site(out, o.site);
}

}  // namespace

bool print_heap_address(text_writer& out, std::uintptr_t address) noexcept {
  if (heap::arenas::of(address) == nullptr) return false;
  if (const heap::object o = heap::find_object(address); o.in != nullptr) {
    print_object(out, *o.in, o.index, address, "an object", o.in->type_of(o.index));
    heap::sites::site site;
    if (heap::sites::find(*o.in, o.index, true, site)) print_site(out, site);
    return true;
  }
  const former_object former = find_former_object(address);
  if (former.freed_in != 0)
    print_former_object(out, former, address);
  else if (former.in != nullptr && heap::span_of(address) == former.in)
    out.text("the collected heap, free memory for objects of ")
        .dec(former.in->object_bytes)
        .text(" bytes");
  else
    out.text("the collected heap, memory not in use");
  return true;
}

void print_freed_in_registers(text_writer& out, const register_dump& registers,
                              std::uintptr_t told) noexcept {
  for (const named_register& r : registers) {
    if (r.value == told || !heap::arenas::may_hold(r.value)) continue;
    const former_object former = find_former_object(r.value);
    if (former.freed_in == 0) continue;
    out.text("runtime: ").text(r.name).text(" holds ").hex(r.value).text(": ");
    print_former_object(out, former, r.value);
    out.text("\n");
  }
}

void print_bad_pointer(text_writer& out) noexcept {
  const gc::bad_pointer bad = gc::last_bad_pointer();
  if (bad.word == 0) return;
  for (const std::uintptr_t address : {bad.word, bad.field}) {
    out.text("runtime: ").hex(address).text(": ");
    if (!print_heap_address(out, address)) out.text("none of the collected heap's");
    out.text("\n");
  }
}

}  // namespace gander::crash
