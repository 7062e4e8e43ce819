// SPDX-License-Identifier: Apache-2.0
#include "tracer/file_format.h"

#include <cstring>

#include "trace/clock.h"
#include "trace/event.h"
#include "trace/varint.h"

namespace gander::tracer {

void put_file_header(format version, std::uint8_t* out) noexcept {
  std::memcpy(out, version == format::go_1_23 ? "go 1.23 trace\0\0\0" : "go 1.26 trace\0\0\0",
              file_header_bytes);
}

std::uint8_t* put_batch_header(std::uint8_t* to, std::uint32_t generation, std::uint64_t thread,
                               std::uint64_t time_ticks, std::size_t payload_bytes) noexcept {
  *to++ = static_cast<std::uint8_t>(trace::kind::batch);
  to = trace::put_varint(to, generation);
  to = trace::put_varint(to, thread);
  to = trace::put_varint(to, time_ticks);
  return trace::put_varint(to, payload_bytes);
}

std::uint8_t* put_sync(std::uint8_t* to, std::uint32_t generation, const clock_reading& time,
                       format version) noexcept {
  std::uint8_t payload[64];
  std::uint8_t* at = payload;
  if (version != format::go_1_23) *at++ = static_cast<std::uint8_t>(trace::kind::sync);
  *at++ = static_cast<std::uint8_t>(trace::kind::frequency);
  at = trace::put_varint(at, trace::the_clock.ticks_per_second);
  if (version != format::go_1_23) {
    *at++ = static_cast<std::uint8_t>(trace::kind::clock_snapshot);
    at = trace::put_varint(at, 0);  // behind the batch's time
    at = trace::put_varint(at, time.monotonic_ns);
    at = trace::put_varint(at, time.unix_seconds);
    at = trace::put_varint(at, time.unix_ns);
  }
  const auto size = static_cast<std::size_t>(at - payload);
  to = put_batch_header(to, generation, trace::no_thread, time.ticks, size);
  std::memcpy(to, payload, size);
  return to + size;
}

pieces::piece pieces::next() noexcept {
  switch (step_) {
    case step::sync:
      step_ = step::header;
      return {buffer_,
              static_cast<std::size_t>(
                  put_sync(buffer_, generation_.number, generation_.begin, version_) - buffer_)};
    case step::header:
      while (next_batch_ != nullptr && next_batch_->used_bytes == 0)
        next_batch_ = next_batch_->next;
      if (next_batch_ != nullptr) {
        step_ = step::payload;
        const std::uint8_t* const end =
            put_batch_header(buffer_, generation_.number, next_batch_->thread,
                             next_batch_->time_ticks, next_batch_->used_bytes);
        return {buffer_, static_cast<std::size_t>(end - buffer_)};
      }
      step_ = step::done;
      if (version_ == format::go_1_23) return {};
      buffer_[0] = static_cast<std::uint8_t>(trace::kind::end_of_generation);
      return {buffer_, 1};
    case step::payload: {
      const trace::batch* const b = next_batch_;
      next_batch_ = b->next;
      step_ = step::header;
      return {b->payload(), b->used_bytes};
    }
    case step::done:
      break;
  }
  return {};
}

}  // namespace gander::tracer
