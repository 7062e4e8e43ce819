// SPDX-License-Identifier: Apache-2.0
#include "crash/waits_for.h"

#include <string_view>

#include "crash/place_printer.h"
#include "crash/wait_cycle.h"
#include "crash/wait_objects.h"
#include "crash/waits_text.h"
#include "sched/wait_reason.h"

namespace gander::crash {
namespace {

using internal::chan_core;
using internal::chan_event;
using internal::chan_owner;
using internal::select_entry;
using internal::select_wait;

constexpr std::size_t most_cases = 16;

struct waiting {
  text_writer& out;
  const g_record& record;
  lists_seen& lists;
  unwind::memory_reader reader;

  text_writer& begin() noexcept {
    return out.text("runtime: goroutine ").dec(record.goid.load()).text(" ");
  }
};

// `waits for WHAT 0x…`, and whether there is more to be said of it.
template <typename T>
bool begin_object(waiting& w, const copied<T>& object, const waiters& others,
                  std::string_view what) noexcept {
  w.begin().text("waits for ").text(what).text(" ").hex(object.address());
  if (object.ok() && !others.broken) return true;
  w.out.text(", whose memory is damaged\n");
  return false;
}

waiters waiters_in(waiting& w, const internal::wait_list& list, std::uintptr_t object) noexcept {
  if (list.head == nullptr) return {};
  if (const waiters* const known = w.lists.find(list.head, object)) return *known;
  const waiters found = read_waiters(w.reader, list, object);
  w.lists.add(list.head, object, found);
  return found;
}

template <typename T>
waiters waiters_for(waiting& w, const copied<T>& object) noexcept {
  if (!object.ok()) return {};
  return waiters_in(w, inside::waiters_of(object.get()), object.address());
}

void tell_mutex(waiting& w, const void* at) noexcept {
  const copied<mutex> m(w.reader, at);
  const waiters others = waiters_for(w, m);
  if (!begin_object(w, m, others, "mutex")) return;
  const internal::holder& holder = inside::holder_of(m.get());
  const bool locked = inside::locked(m.get());
  w.out.text(locked ? " held" : ", free by now");
  print_holder(w.out, holder, locked ? "" : ", held last", w.record);
  print_waiting(w.out, others);
}

void tell_shared_mutex(waiting& w, const void* at, bool writes) noexcept {
  const copied<shared_mutex> m(w.reader, at);
  const waiters writers = waiters_for(w, m);
  if (!begin_object(w, m, writers, "shared_mutex")) return;
  if (inside::locked(m.get())) {
    w.out.text(" held");
    print_holder(w.out, inside::holder_of(m.get()), " for writing", w.record);
  } else {
    const std::uint32_t readers = inside::readers(m.get());
    if (readers != 0)
      w.out.text(" held by ").dec(readers).text(readers == 1 ? " reader" : " readers");
    else
      w.out.text(", free by now");
  }
  if (!writes && writers.count != 0)
    w.out.text(", behind goroutine ").dec(writers.goids[0]).text(", which waits to write");
  print_waiting(w.out, writers, writes ? "wait" : "wait to write");
}

void tell_semaphore(waiting& w, const void* at) noexcept {
  const copied<semaphore> s(w.reader, at);
  const waiters others = waiters_for(w, s);
  if (!begin_object(w, s, others, "semaphore")) return;
  print_waiting(w.out, others);
}

void tell_condition(waiting& w, const void* at) noexcept {
  const copied<internal::cond_state> c(w.reader, at);
  const waiters others = waiters_for(w, c);
  if (!begin_object(w, c, others, "condition variable")) return;
  print_waiting(w.out, others);
}

void tell_wait_group(waiting& w, const void* at) noexcept {
  const copied<wait_group> g(w.reader, at);
  const waiters others = waiters_for(w, g);
  if (!begin_object(w, g, others, "wait group")) return;
  w.out.text(", ").signed_dec(inside::missing(g.get())).text(" missing");
  print_at(w.out, ", made at ", inside::made(g.get()));
  print_at(w.out, ", changed last at ", inside::changed(g.get()));
  print_waiting(w.out, others);
}

void tell_latch(waiting& w, const void* at) noexcept {
  const copied<latch> l(w.reader, at);
  const waiters others = waiters_for(w, l);
  if (!begin_object(w, l, others, "latch")) return;
  w.out.text(", ").signed_dec(inside::missing(l.get())).text(" missing");
  print_waiting(w.out, others);
}

void tell_barrier(waiting& w, const void* at) noexcept {
  const copied<internal::barrier_state> b(w.reader, at);
  const waiters others = waiters_for(w, b);
  if (!begin_object(w, b, others, "barrier")) return;
  w.out.text(", ").signed_dec(inside::missing(b.get())).text(" missing");
  print_waiting(w.out, others);
}

void tell_join(waiting& w, const void* at) noexcept {
  const copied<internal::event> e(w.reader, at);
  const waiters others = waiters_for(w, e);
  if (!e.ok() || others.broken) {
    begin_object(w, e, others, "a goroutine by");
    return;
  }
  const remembered whose = who_was(inside::whose(e.get()));
  w.begin().text("waits for the end of ");
  if (whose.goid == 0)
    w.out.text("a goroutine that has not begun");
  else
    w.out.text("goroutine ").dec(whose.goid);
  w.out.text("\n");
}

std::string_view owner_words(chan_owner owner) noexcept {
  switch (owner) {
    case chan_owner::timer:
      return ", of a timer";
    case chan_owner::ticker:
      return ", of a ticker";
    case chan_owner::context:
      return ", of a context";
    default:
      return ",";
  }
}

std::string_view event_words(chan_event event) noexcept {
  switch (event) {
    case chan_event::closed:
      return ", closed";
    case chan_event::fired:
      return ", which has fired";
    case chan_event::stopped:
      return ", stopped";
    case chan_event::reset:
      return ", reset";
    case chan_event::dropped:
      return ", ended";
    default:
      return "";
  }
}

void print_history(text_writer& out, const chan_core& c) noexcept {
  out.text(owner_words(c.owner.load()));
  print_at(out, " made at ", c.made.load());
  const chan_event event = c.event.load();
  if (event == chan_event::none) return;
  out.text(event_words(event));
  print_doer(out, c.changed.who.load(), c.changed.place.load());
}

void tell_channel(waiting& w, const void* at, bool sends) noexcept {
  const copied<chan_core> c(w.reader, at);
  waiters receivers, senders;
  if (c.ok()) {
    receivers = waiters_in(w, c.get().receivers, c.address());
    senders = waiters_in(w, c.get().senders, c.address());
  }
  w.begin().text(sends ? "waits to send to channel " : "waits to receive from channel ");
  w.out.hex(c.address());
  if (!c.ok() || receivers.broken || senders.broken) {
    w.out.text(", whose memory is damaged\n");
    return;
  }
  w.out.text(", len ").dec(c.get().count.load()).text(", cap ").dec(c.get().capacity);
  print_count(w.out.text(", "), receivers, "receiver");
  print_count(w.out.text(", "), senders, "sender");
  print_history(w.out, c.get());
  w.out.text("\n");
}

// REQUIRES: w.record waits.
void tell_select(waiting& w, const void* at) noexcept {
  select_wait all;
  const auto address = reinterpret_cast<std::uintptr_t>(at);
  if (w.reader.copy(&all, address, sizeof all) != sizeof all) return;
  for (std::size_t i = 0; i < all.count; ++i) {
    if (i == most_cases) {
      w.begin().text("waits for ").dec(all.count - i).text(" more channels\n");
      return;
    }
    alignas(select_entry) unsigned char bytes[sizeof(select_entry)];
    const auto entry_at = reinterpret_cast<std::uintptr_t>(all.entries + i);
    if (w.reader.copy(bytes, entry_at, sizeof bytes) != sizeof bytes) return;
    const auto& entry = *reinterpret_cast<const select_entry*>(bytes);
    if (entry.core != nullptr) tell_channel(w, entry.core, entry.is_send);
  }
}

void tell(waiting& w, wait_reason reason, const void* object) noexcept {
  switch (reason) {
    case wait_reason::mutex_lock:
      return tell_mutex(w, object);
    case wait_reason::rwmutex_lock:
      return tell_shared_mutex(w, object, true);
    case wait_reason::rwmutex_rlock:
      return tell_shared_mutex(w, object, false);
    case wait_reason::semacquire:
      return tell_semaphore(w, object);
    case wait_reason::cond_wait:
      return tell_condition(w, object);
    case wait_reason::wait_group_wait:
      return tell_wait_group(w, object);
    case wait_reason::latch_wait:
      return tell_latch(w, object);
    case wait_reason::barrier_wait:
      return tell_barrier(w, object);
    case wait_reason::join:
      return tell_join(w, object);
    case wait_reason::chan_receive:
      return tell_channel(w, object, false);
    case wait_reason::chan_send:
      return tell_channel(w, object, true);
    case wait_reason::select:
      return tell_select(w, object);
    default:
      return;
  }
}

}  // namespace

void print_waits_for(text_writer& out, const g_record& record, lists_seen& lists) noexcept {
  const void* const object = record.waits_for.load();
  if (object == nullptr) return;
  out.text("\n");
  waiting w{out, record, lists, {}};
  tell(w, record.reason.load(), object);
  print_cycle(out, record);
}

void print_past(text_writer& out, const internal::past& past) noexcept {
  if (past.what == nullptr || (past.place == 0 && past.made == 0)) return;
  out.text("runtime: ").text(past.what).text(" ");
  out.hex(reinterpret_cast<std::uintptr_t>(past.object));
  if (past.place != 0) {
    out.text(" was ").text(past.happened);
    print_doer(out, past.who, past.place);
  }
  if (past.made != 0) print_at(out, past.place != 0 ? ", made at " : " was made at ", past.made);
  out.text("\n");
}

}  // namespace gander::crash
