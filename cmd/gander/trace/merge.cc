// SPDX-License-Identifier: Apache-2.0
#include "trace/merge.h"

#include <algorithm>

namespace gander::tool {

std::size_t merger::hash::operator()(const scheduler::condition& c) const {
  const std::uint64_t mixed =
      (c.id * 4 + c.what) * 0x9e3779b97f4a7c15U + c.sequence * 0xc2b2ae3d27d4eb4fU;
  return static_cast<std::size_t>(mixed ^ (mixed >> 29));
}

bool merger::cursor::advance() {
  while (at.done()) {
    if (next_batch == batches->size()) return false;
    const batch& b = (*batches)[next_batch++];
    at = b.cursor();
    event.time = b.time;
  }
  event.offset = at.offset();
  const std::uint8_t type = at.byte();
  const event_spec& spec = *timed_event(type);  // looked at when the generation was read
  event.type = static_cast<event_type>(type);
  event.time += at.number();
  event.arguments = {};
  for (std::size_t i = 0; i < spec.count; ++i) event.arguments[i] = at.number();
  return true;
}

merger::merger(const generation& tables, scheduler& rules) : rules_(rules) {
  cursors_.reserve(tables.threads.size());
  for (const thread_batches& t : tables.threads) {
    cursors_.push_back({t.thread, &t.batches});
    if (cursors_.back().advance()) push(cursors_.size() - 1);
  }
}

// Of two at the same time the one that stands first in the file.
bool merger::later::operator()(std::size_t a, std::size_t b) const {
  const raw_event &x = cursors[a].event, &y = cursors[b].event;
  return x.time != y.time ? x.time > y.time : x.offset > y.offset;
}

void merger::push(std::size_t index) {
  ready_.push_back(index);
  std::push_heap(ready_.begin(), ready_.end(), later{cursors_});
}

bool merger::soonest(std::uint64_t& time) const {
  if (ready_.empty()) return false;
  time = cursors_[ready_.front()].event.time;
  return true;
}

// One of those that wait for the same number: it is for one event alone, so that of two the other
// one will never happen. (All of them again and again would be the square of their number.)
void merger::wake() {
  if (waiting_count_ == 0) return;
  for (const scheduler::condition& changed : rules_.changed()) {
    const auto found = waiting_.find(changed);
    if (found == waiting_.end()) continue;
    push(found->second.back());
    found->second.pop_back();
    --waiting_count_;
    if (found->second.empty()) waiting_.erase(found);
  }
}

bool merger::next(std::vector<event>& out) {
  while (!ready_.empty()) {
    std::pop_heap(ready_.begin(), ready_.end(), later{cursors_});
    const std::size_t index = ready_.back();
    ready_.pop_back();
    cursor& c = cursors_[index];
    if (!rules_.apply(c.event, c.thread, out)) {
      waiting_[rules_.waits_for()].push_back(index);
      ++waiting_count_;
      continue;
    }
    wake();
    if (c.advance()) push(index);
    return true;
  }
  if (waiting_count_ != 0) stuck();
  return false;
}

// Whoever waits for the longest time is told of, and how many with it.
void merger::stuck() {
  const cursor* first = nullptr;
  for (const auto& [condition, cursors] : waiting_) {
    for (const std::size_t index : cursors) {
      const cursor& c = cursors_[index];
      if (first == nullptr || c.event.time < first->event.time ||
          (c.event.time == first->event.time && c.event.offset < first->event.offset))
        first = &c;
    }
  }
  std::vector<event> none;
  rules_.apply(first->event, first->thread, none);
  std::string why = rules_.explain(first->event, first->thread);
  if (waiting_count_ > 1)
    why += "; " + std::to_string(waiting_count_ - 1) + " more M" +
           (waiting_count_ > 2 ? "s wait" : " waits") + " for what never comes";
  throw order_error(first->event.offset, why);
}

}  // namespace gander::tool
