// SPDX-License-Identifier: Apache-2.0
#include "crash/waits_text.h"

#include <algorithm>

#include "crash/place_printer.h"
#include "sched/who.h"

namespace gander::crash {
namespace {

void print_numbers(text_writer& out, const waiters& all) noexcept {
  const unsigned named = std::min(all.count, waiters::most_named);
  for (unsigned i = 0; i < named; ++i) out.text(i == 0 ? "" : ", ").dec(all.goids[i]);
  if (all.count > named) out.text(", ...");
}

void print_size(text_writer& out, const waiters& all) noexcept {
  if (all.more) out.text("more than ");
  out.dec(all.count);
}

}  // namespace

void print_at(text_writer& out, std::string_view words, std::uintptr_t place) noexcept {
  if (place == 0) return;
  out.text(words);
  print_place(out, place);
}

void print_doer(text_writer& out, std::uint64_t who, std::uintptr_t place) noexcept {
  if (const remembered by = who_was(who); by.goid != 0) out.text(" by goroutine ").dec(by.goid);
  print_at(out, " at ", place);
}

void print_holder(text_writer& out, const internal::holder& holder, std::string_view how,
                  const g_record& self) noexcept {
  const remembered by = who_was(holder.who.load());
  if (holder.place.load() == 0) return;
  out.text(how);
  if (by.goid == 0)
    out.text(" by a thread without a goroutine");
  else
    out.text(" by goroutine ").dec(by.goid);
  if (by.record == &self)
    out.text(" itself");
  else if (by.goid != 0 && by.record == nullptr)
    out.text(", which has ended");
  out.text(", locked at ");
  print_place(out, holder);
}

void print_count(text_writer& out, const waiters& all, std::string_view one) noexcept {
  print_size(out, all);
  out.text(" ").text(one).text(all.count == 1 ? "" : "s");
  if (all.count == 0) return;
  out.text(" (");
  print_numbers(out, all);
  out.text(")");
}

void print_waiting(text_writer& out, const waiters& all, std::string_view verb) noexcept {
  if (all.count > 1) {
    print_size(out.text("; "), all);
    out.text(" ").text(verb).text(": goroutines ");
    print_numbers(out, all);
  }
  out.text("\n");
}

}  // namespace gander::crash
