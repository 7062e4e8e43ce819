// SPDX-License-Identifier: Apache-2.0
//
// Built without sanitizers, as scan.cc.
#include "collector/checkmark.h"

#include <unistd.h>

#include <array>
#include <new>

#include "base/check.h"
#include "base/godebug.h"
#include "base/print.h"
#include "crash/address_report.h"
#include "gc/roots.h"
#include "gc/types.h"
#include "heap/page_heap.h"
#include "os/os.h"

namespace gander::collector {
namespace {

using marks = std::array<std::uint64_t, heap::span::words>;

// The marks of all spans, in the order in which for_each_span() comes to them.
class saved_marks {
 public:
  saved_marks() noexcept {
    heap::page_heap::for_each_span([this](heap::span&) { ++count_; });
    all_ = static_cast<marks*>(os::reserve((count_ + 1) * sizeof(marks)));
    check(all_ != nullptr, "no memory to check marks with");
  }
  ~saved_marks() { os::release(all_, (count_ + 1) * sizeof(marks)); }
  saved_marks(const saved_marks&) = delete;
  saved_marks& operator=(const saved_marks&) = delete;

  template <typename Visit>
  void for_each(Visit&& visit) noexcept {
    std::size_t i = 0;
    heap::page_heap::for_each_span([&](heap::span& s) { visit(s, all_[i++]); });
  }

 private:
  marks* all_ = nullptr;
  std::size_t count_ = 0;
};

void print_object(text_writer& out, const heap::object& o) noexcept {
  out.text("object ").hex(o.begin()).text(" of ").text(gc::types::at(o.in->type_of(o.index)).name);
  out.text(" (").dec(o.in->object_bytes).text(" bytes)");
}

// Where a pointer to it stands in another object.
void print_referrer(text_writer& out, const heap::object& lost) noexcept {
  heap::page_heap::for_each_span([&](heap::span& s) {
    if (s.has == heap::pointers::none) return;
    for (std::uint32_t i = 0; i < s.objects; ++i) {
      if (!s.is_allocated(i)) continue;
      const heap::object from{&s, i};
      for (std::size_t at = 0; at + sizeof(std::uintptr_t) <= s.object_bytes;
           at += sizeof(std::uintptr_t)) {
        const auto word = *reinterpret_cast<const std::uintptr_t*>(from.begin() + at);
        if (word - lost.begin() >= lost.in->object_bytes) continue;
        out.text("\n\tat +").dec(at).text(" of ");
        print_object(out, from);
        out.text(s.is_marked(i) ? ", marked" : ", not marked");
      }
    }
  });
}

// The barrier of 2015 has had everything looked at again just now; the hybrid one has not.
void look_at_roots(gc::marker& to, const data_segments& globals) noexcept {
  scanned count;
  if (godebug.gcbarrier_dijkstra)
    scan_roots(to, globals, parked::now, count);
  else
    scan_certain_roots(to, count);
}

// Where one stands outside of the heap.
void print_roots(text_writer& out, const heap::object& lost,
                 const data_segments& globals) noexcept {
  struct search {
    text_writer& out;
    const heap::object& lost;
    void look_at(std::uintptr_t address) noexcept {
      const auto word = *reinterpret_cast<const std::uintptr_t*>(address);
      if (word - lost.begin() >= lost.in->object_bytes) return;
      crash::print_what_is_at(out.text("\n\tat ").hex(address).text(": "), address);
    }
  } within{out, lost};
  static constinit gc::work_pool pool;
  gc::marker finder(pool);
  finder.tell_of_ranges(
      [](void* to, std::uintptr_t begin, std::uintptr_t end) {
        begin = (begin + sizeof(std::uintptr_t) - 1) & ~(sizeof(std::uintptr_t) - 1);
        for (; begin + sizeof(std::uintptr_t) <= end; begin += sizeof(std::uintptr_t))
          static_cast<search*>(to)->look_at(begin);
      },
      &within);
  look_at_roots(finder, globals);
  const auto is_it = [&](std::uintptr_t word) {
    return word - lost.begin() < lost.in->object_bytes;
  };
  gc::roots::for_each([&](std::uintptr_t word) {
    if (is_it(word)) out.text("\n\tin a gc::root");
  });
  for_each_stored([&](std::uintptr_t word) {
    if (is_it(word)) out.text("\n\tin what was stored while marking was under way");
  });
}

[[noreturn]] void report(const heap::object& lost, const data_segments& globals) noexcept {
  char buffer[1024];
  text_writer out(buffer, STDERR_FILENO);
  out.text("gander: checkmark found an unmarked ");
  print_object(out, lost);
  out.text("; pointers to it stand");
  print_referrer(out, lost);
  print_roots(out, lost, globals);
  out.text("\n").flush();
  throw_("checkmark found an unmarked object");
}

}  // namespace

void check_marks(const data_segments& globals) noexcept {
  saved_marks before;
  before.for_each([](heap::span& s, marks& saved) {
    for (std::size_t i = 0; i < saved.size(); ++i) saved[i] = s.exchange_marks(i, 0);
  });
  static constinit gc::work_pool pool;
  {
    gc::marker again(pool);
    look_at_roots(again, globals);
    again.drain();
  }
  before.for_each([&](heap::span& s, marks& saved) {
    for (std::size_t i = 0; i < saved.size(); ++i) {
      const std::uint64_t lost = s.exchange_marks(i, saved[i]) & ~saved[i];
      if (lost != 0)
        report({&s, static_cast<std::uint32_t>(i * 64) +
                        static_cast<std::uint32_t>(std::countr_zero(lost))},
               globals);
    }
  });
  gc::shade::give_back(gc::shade::take_full(gc::shade::told::to_be_checked));
}

}  // namespace gander::collector
