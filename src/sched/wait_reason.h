// SPDX-License-Identifier: Apache-2.0
//
// Why a goroutine waits, and the words in which Go's reports say so.
#pragma once

#include <cstdint>

namespace gander {

enum class wait_reason : std::uint8_t {
  none,
  chan_receive,
  chan_send,
  chan_receive_nil,
  chan_send_nil,
  select,
  select_no_cases,
  sleep,
  semacquire,
  cond_wait,
  mutex_lock,
  rwmutex_rlock,
  rwmutex_lock,
  wait_group_wait,
  latch_wait,
  barrier_wait,
  join,
  stopping_the_world,
  trace_reader,
};

constexpr const char* to_string(wait_reason reason) noexcept {
  switch (reason) {
    case wait_reason::none:
      return "waiting";
    case wait_reason::chan_receive:
      return "chan receive";
    case wait_reason::chan_send:
      return "chan send";
    case wait_reason::chan_receive_nil:
      return "chan receive (nil chan)";
    case wait_reason::chan_send_nil:
      return "chan send (nil chan)";
    case wait_reason::select:
      return "select";
    case wait_reason::select_no_cases:
      return "select (no cases)";
    case wait_reason::sleep:
      return "sleep";
    case wait_reason::semacquire:
      return "semacquire";
    case wait_reason::cond_wait:
      return "sync.Cond.Wait";
    case wait_reason::mutex_lock:
      return "sync.Mutex.Lock";
    case wait_reason::rwmutex_rlock:
      return "sync.RWMutex.RLock";
    case wait_reason::rwmutex_lock:
      return "sync.RWMutex.Lock";
    case wait_reason::wait_group_wait:
      return "sync.WaitGroup.Wait";
    case wait_reason::latch_wait:
      return "latch wait";
    case wait_reason::barrier_wait:
      return "barrier wait";
    case wait_reason::join:
      return "join";
    case wait_reason::stopping_the_world:
      return "stopping the world";
    case wait_reason::trace_reader:
      return "trace reader (blocked)";
  }
  return "waiting";
}

}  // namespace gander
