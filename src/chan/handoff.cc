// SPDX-License-Identifier: Apache-2.0
//
// Unbuffered channels of types whose moves are user code: the value goes from the sender's argument
// straight into the receiver's result, moved by whoever came second, outside the border and under
// no lock.
//
// The second one takes the first one's sudog off the list, which makes it its own: the first stays
// parked, reachable for nobody else, a select's other cases included. Then, by header code: move,
// and handoff_finish().
//
//     waiting → claimed    send_handoff/receive_handoff, under the lock
//     claimed → woken with `done`    handoff_finish(peer, true)
//     claimed → woken with `retry`   handoff_finish(peer, false): the move threw into the second
//                                    one; the value is where it was, the first starts again
//
// Rejected: to put the first one back in front of its list after a throw. The channel may have been
// closed meanwhile, and a select's other cases may have been passed over by wakers while it was
// claimed, so it must look again anyway.
#include "chan/chan.h"

namespace gander::internal {

step send_handoff(chan_core& c) noexcept {
  if (is_closed(c)) return {chan_result::closed};
  if (sudog* const receiver = take_receiver(c)) return {chan_result::move, receiver};
  return {chan_result::would_block};
}

step receive_handoff(chan_core& c) noexcept {
  if (sudog* const sender = take_sender(c)) return {chan_result::move, sender};
  return {is_closed(c) ? chan_result::closed : chan_result::would_block};
}

namespace {

outcome handoff(chan_core* c, void* elem, bool sending, std::int64_t deadline_ns) noexcept {
  const switching_scope scope;
  if (c == nullptr) {
    wait_nil(sending, deadline_ns);
    return {chan_result::would_block};
  }
  for (;;) {
    c->mutex.acquire();
    const step s = sending ? send_handoff(*c) : receive_handoff(*c);
    if (s.result != chan_result::would_block) {
      c->mutex.release();
      return {s.result, s.work};
    }
    sudog self;
    self.elem = elem;
    if (!wait(*c, self, sending, deadline_ns)) return {chan_result::would_block};
    if (result_of(self) != chan_result::retry) return {result_of(self)};
  }
}

outcome try_handoff(chan_core& c, bool sending) noexcept {
  const runtime_scope scope;
  const lock_scope locked(c.mutex);
  const step s = sending ? send_handoff(c) : receive_handoff(c);
  return {s.result, s.work};
}

}  // namespace

outcome handoff_send(chan_core* c, void* value, std::int64_t deadline_ns) noexcept {
  return handoff(c, value, true, deadline_ns);
}

outcome handoff_receive(chan_core* c, void* optional, std::int64_t deadline_ns) noexcept {
  return handoff(c, optional, false, deadline_ns);
}

outcome handoff_try_send(chan_core& c) noexcept { return try_handoff(c, true); }
outcome handoff_try_receive(chan_core& c) noexcept { return try_handoff(c, false); }

void handoff_finish(sudog* peer, bool moved) noexcept {
  const runtime_scope scope;
  peer->result = static_cast<std::uint8_t>(moved ? chan_result::done : chan_result::retry);
  ready(peer->g);
}

}  // namespace gander::internal
