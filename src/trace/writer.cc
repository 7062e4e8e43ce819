// SPDX-License-Identifier: Apache-2.0
#include "trace/writer.h"

namespace gander::trace {

std::atomic<bool> events_lost{false};

void writer::close() noexcept {
  if (current_ == nullptr) return;
  current_->used_bytes = static_cast<std::uint32_t>(at_ - current_->payload());
  pool::close(current_);
  current_ = nullptr;
  at_ = end_ = nullptr;
}

bool writer::refill(std::uint64_t thread, std::uint64_t ticks) noexcept {
  close();
  current_ = pool::take(this, thread, batches_);
  if (current_ == nullptr) {
    events_lost.store(true, std::memory_order_relaxed);  // read in a stop
    return false;
  }
  ++batches_;
  at_ = current_->payload();
  end_ = at_ + current_->capacity_bytes;
  // The first event must come after the last one of the batch before.
  if (ticks <= last_ticks_) ticks = last_ticks_ + 1;
  current_->time_ticks = ticks - 1;
  last_ticks_ = ticks - 1;
  return true;
}

}  // namespace gander::trace
