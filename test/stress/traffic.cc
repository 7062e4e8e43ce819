// SPDX-License-Identifier: Apache-2.0
#include "stress/traffic.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "stress/mischief.h"
#include "stress/pipe.h"

namespace gander::stress {
namespace {

using pipes = std::vector<pipe*>;
using layer = std::vector<std::unique_ptr<pipe>>;

// The pipes out of which a worker sends, and which it leaves at its end.
class exits {
 public:
  explicit exits(pipes out) : open_(std::move(out)), joined_(open_) {
    for (pipe* p : joined_) p->join();
  }
  exits(exits&& other) noexcept : open_(std::move(other.open_)), joined_(std::move(other.joined_)) {
    other.joined_.clear();
  }
  exits& operator=(exits&&) = delete;
  ~exits() {
    for (pipe* p : joined_) p->leave();
  }

  // False when all are closed.
  bool send(std::uint64_t id, worker& w) {
    while (!open_.empty()) {
      if (open_.size() > 1 && w.d.one_in(3)) {
        if (send_to_any(id, w)) return true;
      } else {
        const std::size_t at = w.d.below(open_.size());
        if (open_[at]->send(id, w.d)) return true;
      }
      std::erase_if(open_, [](const pipe* p) { return p->closed(); });
    }
    return false;
  }

 private:
  bool send_to_any(std::uint64_t id, worker& w) {
    std::vector<std::unique_ptr<sender>> senders;
    for (const pipe* p : open_) senders.push_back(p->make_sender());
    for (;;) {
      std::vector<select_case> cases;
      for (auto& s : senders) cases.push_back(s->arm(id));
      if (w.d.one_in(3)) cases.push_back(select_case(on_recv(chan<int>())));
      const bool impatient = w.d.one_in(3);
      if (impatient) cases.push_back(select_case(on_default()));
      try {
        const std::size_t chosen = select(std::span<select_case>(cases));
        if (chosen < senders.size()) return true;
        if (!impatient) fail("a nil channel was ready");
        yield();
      } catch (const stumble&) {
      } catch (const panic_error&) {
        return false;
      }
    }
  }

  pipes open_;
  pipes joined_;
};

void deliver(ledger& books, std::uint64_t id, exits* out, worker& w) {
  if (out == nullptr)
    books.delivered(id);
  else if (!out->send(id, w))
    books.returned(id);
}

void drain_one(ledger& books, pipe& from, exits* out, worker& w) {
  while (const std::optional<std::uint64_t> id = from.recv(w.d)) {
    tick();
    deliver(books, *id, out, w);
    if (w.d.one_in(4)) mischief(w);
  }
}

// All at once, by select.
void drain_several(ledger& books, const pipes& from, exits* out, worker& w) {
  std::vector<std::unique_ptr<receiver>> open;
  for (const pipe* p : from) open.push_back(p->make_receiver());
  while (!open.empty()) {
    std::vector<select_case> cases;
    for (auto& r : open) cases.push_back(r->arm());
    if (w.d.one_in(3)) cases.push_back(select_case(on_recv(chan<int>())));
    const bool impatient = w.d.one_in(4);
    if (impatient) cases.push_back(select_case(on_default()));
    std::size_t chosen;
    try {
      chosen = select(std::span<select_case>(cases));
    } catch (const stumble&) {
      continue;
    }
    tick();
    if (chosen >= open.size()) {
      if (!impatient) fail("a nil channel was ready");
      yield();
    } else if (const std::optional<std::uint64_t> id = open[chosen]->take()) {
      deliver(books, *id, out, w);
      if (w.d.one_in(4)) mischief(w);
    } else {
      open.erase(open.begin() + static_cast<std::ptrdiff_t>(chosen));
    }
  }
}

void drain(ledger& books, const pipes& from, exits* out, worker& w) {
  if (from.size() == 1)
    drain_one(books, *from[0], out, w);
  else
    drain_several(books, from, out, w);
}

pipes some_of(const layer& all, dice& d) {
  pipes chosen;
  for (const auto& p : all)
    if (d.one_in(2)) chosen.push_back(p.get());
  if (chosen.empty()) chosen.push_back(all[d.below(all.size())].get());
  return chosen;
}

// Each pipe of `from` gets a worker, and some get several.
void start_carriers(crew& c, ledger& books, const layer& from, const layer* to, dice& d) {
  std::vector<pipes> parts(1 + d.below(from.size() + 3));
  for (const auto& p : from) parts[d.below(parts.size())].push_back(p.get());
  for (pipes& part : parts) {
    if (part.empty()) part = some_of(from, d);
    c.start(
        d, [&books, part, out = to != nullptr ? std::make_shared<exits>(some_of(*to, d)) : nullptr](
               worker& w) { drain(books, part, out.get(), w); });
  }
}

}  // namespace

std::uint64_t run_round(dice d) {
  const std::size_t producers = 1 + d.below(8);
  const std::size_t messages = 1 + d.below(150);
  ledger books(producers * messages);
  std::vector<layer> layers(1 + d.below(4));
  for (layer& l : layers)
    for (std::size_t i = 1 + d.below(5); i > 0; --i) l.push_back(make_pipe(d));

  crew c;
  {
    // Nobody's last sender may leave before all have come.
    std::vector<exits> all;
    for (const layer& l : layers) {
      pipes every;
      for (const auto& p : l) every.push_back(p.get());
      all.emplace_back(std::move(every));
    }
    for (std::size_t i = 0; i < layers.size(); ++i)
      start_carriers(c, books, layers[i], i + 1 < layers.size() ? &layers[i + 1] : nullptr, d);
    for (std::size_t i = 0; i < producers; ++i) {
      c.start(d,
              [&books, messages, out = std::make_shared<exits>(some_of(layers[0], d))](worker& w) {
                for (std::size_t n = 0; n < messages; ++n) {
                  deliver(books, books.write(), out.get(), w);
                  if (w.d.one_in(4)) mischief(w);
                }
              });
    }
    if (d.one_in(3)) {
      layer& l = layers[d.below(layers.size())];
      c.start(d, [victim = l[d.below(l.size())].get()](worker& w) {
        for (std::size_t acts = w.d.below(20); acts > 0; --acts) mischief(w);
        victim->close();
      });
    }
    start_bystanders(c, d);
  }
  c.wait();
  return books.audit();
}

}  // namespace gander::stress
