// SPDX-License-Identifier: Apache-2.0
#include "tracer/recorder.h"

#include <gander/internal/lock.h>

#include "os/os.h"

namespace gander::tracer::recorder {
namespace {

// All under guard.
struct {
  internal::lock guard;
  bool on = false;
  limits limit;
  generation* ring[most_generations] = {};
  std::size_t first = 0;
  std::size_t count = 0;
  std::size_t bytes = 0;
} it;

void drop_oldest() noexcept {
  generation* const g = it.ring[it.first];
  it.first = (it.first + 1) % most_generations;
  --it.count;
  it.bytes -= g->bytes;
  let_go(*g);
}

void drop_all() noexcept {
  while (it.count != 0) drop_oldest();
}

// Whether the oldest may go: there is another, and either all are too many bytes, or without it the
// rest is old enough.
bool may_drop_oldest(std::int64_t now_ns) noexcept {
  if (it.count < 2) return false;
  if (it.bytes > it.limit.max_bytes || it.count == most_generations) return true;
  const generation& next = *it.ring[(it.first + 1) % most_generations];
  return now_ns - static_cast<std::int64_t>(next.begin.monotonic_ns) > it.limit.min_age_ns;
}

}  // namespace

void begin(const limits& l) noexcept {
  const internal::lock_scope held(it.guard);
  it.on = true;
  it.limit = l;
}

void end() noexcept {
  const internal::lock_scope held(it.guard);
  it.on = false;
  drop_all();
}

bool on() noexcept {
  const internal::lock_scope held(it.guard);
  return it.on;
}

void add(generation* g) noexcept {
  const internal::lock_scope held(it.guard);
  if (!it.on) return;
  if (g == nullptr) return drop_all();
  const std::int64_t now_ns = os::now_ns();
  if (it.count == most_generations) drop_oldest();
  keep(*g);
  it.ring[(it.first + it.count++) % most_generations] = g;
  it.bytes += g->bytes;
  while (may_drop_oldest(now_ns)) drop_oldest();
}

std::size_t snapshot(std::span<generation*, most_generations> out) noexcept {
  const internal::lock_scope held(it.guard);
  for (std::size_t i = 0; i < it.count; ++i) {
    out[i] = it.ring[(it.first + i) % most_generations];
    keep(*out[i]);
  }
  return it.count;
}

// The thread sanitizer does not know that all threads stand still.
[[gnu::no_sanitize_thread]] const generation* frozen_at(std::size_t index) noexcept {
  return index < it.count ? it.ring[(it.first + index) % most_generations] : nullptr;
}

}  // namespace gander::tracer::recorder
