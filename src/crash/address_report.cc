// SPDX-License-Identifier: Apache-2.0
#include "crash/address_report.h"

#include <algorithm>
#include <cstring>
#include <span>

#include "crash/heap_address.h"
#include "crash/report_stack.h"
#include "os/os.h"
#include "os/task.h"
#include "sched/g_table.h"
#include "sched/sched.h"
#include "stack/stack.h"
#include "unwind/memory_reader.h"

namespace gander::crash {
namespace {

constexpr std::uintptr_t null_page = 4096;

const char* words_for(fault_access access) noexcept {
  switch (access) {
    case fault_access::read:
      return "read from ";
    case fault_access::write:
      return "write to ";
    case fault_access::execute:
      return "execution at ";
    case fault_access::unknown:
      break;
  }
  return "access to ";
}

bool within(std::uintptr_t address, std::uintptr_t low, std::uintptr_t high) noexcept {
  return address - low < high - low && low <= high;
}

void print_goroutine_of(text_writer& out, const g_record& record) noexcept {
  const std::uint64_t goid = record.goid.load();
  if (record.status.load(std::memory_order_relaxed) == g_status::dead)
    out.text("a goroutine that has ended");
  else
    out.text("goroutine ").dec(goid);
}

// A stack is told by the G at its end, which may be damaged: what it says is used if it holds
// itself.
bool print_goroutine_stack(text_writer& out, std::uintptr_t address) noexcept {
  unwind::memory_reader reader;
  const std::uint32_t count = g_table::size();
  for (std::uint32_t i = 0; i < count; ++i) {
    const g_record& record = g_table::records()[i];
    const auto at = reinterpret_cast<std::uintptr_t>(record.g.load());
    if (at == 0 || record.foreign.load() || address >= at + sizeof(G)) continue;
    std::uintptr_t guard_low = 0;
    std::uintptr_t stack_low = 0;
    if (reader.copy(&guard_low, at + offsetof(G, guard_low), sizeof guard_low) !=
            sizeof guard_low ||
        reader.copy(&stack_low, at + offsetof(G, stack_low), sizeof stack_low) != sizeof stack_low)
      continue;
    if (guard_low >= stack_low || stack_low >= at || address < guard_low) continue;
    if (address < stack_low)
      out.text("the guard below the stack of ");
    else if (record.status.load(std::memory_order_relaxed) == g_status::dead)
      out.text("the freed stack of ");
    else
      out.text("the stack of ");
    print_goroutine_of(out, record);
    out.text(", ").hex(address >= stack_low ? at - address : stack_low - address);
    out.text(address >= stack_low ? " bytes from its top" : " bytes below its end");
    return true;
  }
  return false;
}

bool print_thread_stack(text_writer& out, std::uintptr_t address) noexcept {
  if (on_report_stack(address)) {
    out.text("a stack of the crash report");
    return true;
  }
  for (const M* m = sched.all_ms; m != nullptr; m = m->all_next) {
    const auto low = reinterpret_cast<std::uintptr_t>(m->signal_stack);
    if (low == 0 || !within(address, low - os::page_size(), low + m->signal_stack_size)) continue;
    out.text(address < low ? "the guard below the signal stack of m=" : "the signal stack of m=");
    out.dec(m->id);
    return true;
  }
  return false;
}

// A mapping, with its name: in the kernel's list that is gone with the line.
struct kept_mapping {
  os::mapping m;
  char name[128] = {};

  void keep(const os::mapping& from) noexcept {
    m = from;
    // The end of a long path says more than its beginning.
    const std::size_t size = std::min(from.name.size(), sizeof name);
    std::memcpy(name, from.name.data() + from.name.size() - size, size);
    m.name = {name, size};
  }
  bool exists() const noexcept { return m.end != 0; }
};

void print_mapping(text_writer& out, const os::mapping& m) noexcept {
  out.hex(m.begin).text("-").hex(m.end).text(" ");
  out.character(m.readable ? 'r' : '-').character(m.writable ? 'w' : '-');
  out.character(m.executable ? 'x' : '-').text(" ");
  out.text(m.name.empty() ? std::string_view("anonymous") : m.name);
}

const char* kind_of(const os::mapping& m) noexcept {
  if (m.name.starts_with('/')) {
    if (m.executable) return "text of ";
    if (m.writable) return "data of ";
    return m.readable ? "read-only data of " : "no access, in ";
  }
  if (m.name == "[heap]") return "heap: ";
  if (m.name.starts_with("[stack")) return "stack of the main thread: ";
  if (m.executable) return "code made at run time: ";
  if (m.writable) return "data: ";
  return m.readable ? "read-only memory: " : "no access allowed (a guard, or not yet in use): ";
}

void print_mapped(text_writer& out, std::uintptr_t address) noexcept {
  kept_mapping below;
  kept_mapping here;
  kept_mapping above;
  const bool known = os::for_each_mapping([&](const os::mapping& m) {
    if (m.end <= address)
      below.keep(m);
    else if (m.begin <= address)
      here.keep(m);
    else
      above.keep(m);
    return m.end <= address;
  });
  if (!known) {
    out.text("of unknown kind: the mappings cannot be read");
  } else if (here.exists()) {
    print_mapping(out.text(kind_of(here.m)), here.m);
  } else {
    out.text("unmapped");
    if (below.exists()) {
      out.text(", ").hex(address - below.m.end).text(" bytes above ");
      print_mapping(out, below.m);
    }
    if (above.exists()) {
      out.text(", ").hex(above.m.begin - address).text(" bytes below ");
      print_mapping(out, above.m);
    }
  }
}

// The halves of the address space that exist: the upper bits all equal the last that is used.
constexpr bool is_possible(std::uint64_t address) noexcept {
  if constexpr (sizeof(void*) < 8) return true;
  constexpr unsigned used_bits = 57;  // with five levels of page tables
  const auto upper = static_cast<std::int64_t>(address) >> (used_bits - 1);
  return upper == 0 || upper == -1;
}

// Near what GODEBUG=clobberfree=1 fills freed objects of the collected heap with.
bool is_clobbered(std::uintptr_t value) noexcept {
  constexpr auto pattern = static_cast<std::uintptr_t>(0xdbdbdbdbdbdbdbdb);
  constexpr std::uintptr_t largest_field = 4096;
  return value - pattern < largest_field;
}

}  // namespace

void print_what_is_at(text_writer& out, std::uintptr_t address) noexcept {
  if (address < null_page)
    out.hex(address).text(" bytes into the null page");
  else if (!print_goroutine_stack(out, address) && !print_thread_stack(out, address) &&
           !print_heap_address(out, address))
    print_mapped(out, address);
}

void print_address(text_writer& out, std::uintptr_t address, fault_access access) noexcept {
  out.text("runtime: ").text(words_for(access)).hex(address).text(": ");
  print_what_is_at(out, address);
  out.text("\n");
}

// A thread's stack ends at a guard, the main thread's at nothing yet mapped: its mapping is the
// first one above that can be written.
overflown_stack find_overflown_stack(std::uintptr_t address, std::uintptr_t sp) noexcept {
  constexpr std::uintptr_t one_frame = 256 * 1024;
  constexpr std::uintptr_t red_zone = 4096;
  if (address > sp ? address - sp > red_zone : sp - address > one_frame) return {};
  overflown_stack found;
  os::for_each_mapping([&](const os::mapping& m) {
    if (m.end <= address) return true;
    if (m.begin <= address && m.readable) return false;  // there is memory
    if (!m.writable) return m.begin < address + one_frame;
    if (m.begin - std::min(sp, m.begin) <= one_frame && sp < m.end) found = {m.begin, m.end};
    return false;
  });
  return found;
}

void print_impossible_registers(text_writer& out, const register_dump& registers) noexcept {
  out.text("runtime: access to an address that cannot exist, which the processor does not tell\n");
  for (const named_register& r : registers)
    if (!is_possible(r.value))
      out.text("runtime: ")
          .text(r.name)
          .text(" holds ")
          .hex(r.value)
          .text(is_clobbered(r.value) ? ", which is what clobberfree puts into freed objects\n"
                                      : ", which is no address\n");
}

}  // namespace gander::crash
