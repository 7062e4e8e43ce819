// SPDX-License-Identifier: Apache-2.0
#include "crash/stack_groups.h"

#include <algorithm>

#include "crash/goroutine_report.h"
#include "os/os.h"
#include "unwind/memory_reader.h"
#include "unwind/unwinder.h"

namespace gander::crash {
namespace {

// Of the record with the same index. Links are index + 1; 0: none.
struct member {
  std::uint64_t hash = 0;  // of its stack; 0: it stands for itself
  std::uint32_t next = 0;  // in its group
  std::uint32_t last = 0;  // of the first of a group: the end of the list
  bool grouped = false;    // it is not the first
};

constexpr std::size_t slot_count = 2 * group_capacity;  // of a table by hash: firsts of groups

member* members = nullptr;
std::uint32_t* slots = nullptr;

std::size_t index_of(const g_record& record) noexcept {
  return static_cast<std::size_t>(&record - g_table::records());
}

bool is_known(const g_record& record) noexcept {
  return members != nullptr && index_of(record) < group_capacity;
}

// FNV-1a, by words.
void mix(std::uint64_t& hash, std::uint64_t value) noexcept {
  hash = (hash ^ value) * 0x100000001b3ULL;
  hash ^= hash >> 29;
}

std::uint64_t hash_of(const g_record& record) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  mix(hash, static_cast<std::uint64_t>(record.reason.load()));
  mix(hash, record.creator_pc.load());
  unwind::memory_reader reader;
  unwind::unwinder walk(parked_registers(record), reader);
  do mix(hash, walk.current().pc());
  while (walk.step());
  return hash != 0 ? hash : 1;
}

void add(std::uint32_t index, std::uint64_t hash) noexcept {
  members[index] = {.hash = hash};
  for (std::size_t slot = hash % slot_count;; slot = (slot + 1) % slot_count) {
    if (slots[slot] == 0) {
      slots[slot] = index + 1;
      members[index].last = index + 1;
      return;
    }
    member& first = members[slots[slot] - 1];
    if (first.hash != hash) continue;
    members[first.last - 1].next = index + 1;
    first.last = index + 1;
    members[index].grouped = true;
    return;
  }
}

}  // namespace

bool prepare_groups() noexcept {
  if (members != nullptr) return true;
  constexpr std::size_t members_size = group_capacity * sizeof(member);
  auto* const memory =
      static_cast<char*>(os::reserve(members_size + slot_count * sizeof(std::uint32_t)));
  if (memory == nullptr) return false;
  slots = reinterpret_cast<std::uint32_t*>(memory + members_size);
  members = reinterpret_cast<member*>(memory);
  return true;
}

void find_groups(const g_record* except) noexcept {
  if (members == nullptr) return;
  const std::size_t count = std::min<std::size_t>(g_table::size(), group_capacity);
  std::fill_n(slots, slot_count, 0);
  std::fill_n(members, count, member());
  for_each_reported(except, [&](const g_record& record) {
    if (is_known(record) && is_parked(record))
      add(static_cast<std::uint32_t>(index_of(record)), hash_of(record));
  });
}

bool is_grouped(const g_record& record) noexcept {
  return is_known(record) && members[index_of(record)].grouped;
}

void print_group(text_writer& out, const g_record& record) noexcept {
  if (!is_known(record) || members[index_of(record)].next == 0) return;
  const std::uint32_t first = members[index_of(record)].next;
  std::uint64_t count = 0;
  for (std::uint32_t i = first; i != 0; i = members[i - 1].next) ++count;
  out.text("\nruntime: ")
      .dec(count)
      .text(count == 1 ? " more goroutine has" : " more goroutines have");
  out.text(" the stack of goroutine ").dec(record.goid.load()).character(':');
  const auto goid = [](std::uint32_t i) { return g_table::records()[i - 1].goid.load(); };
  constexpr unsigned ranges_a_line = 100;  // Go's tools give up at lines of 64 KiB
  unsigned ranges = 0;
  for (std::uint32_t i = first; i != 0;) {
    const std::uint64_t low = goid(i);
    std::uint64_t high = low;
    for (i = members[i - 1].next; i != 0 && goid(i) == high + 1; i = members[i - 1].next) ++high;
    if (ranges != 0) out.text(ranges % ranges_a_line == 0 ? ",\nruntime:" : ",");
    ++ranges;
    out.character(' ').dec(low);
    if (high != low) out.character('-').dec(high);
  }
  out.text("\n");
}

}  // namespace gander::crash
