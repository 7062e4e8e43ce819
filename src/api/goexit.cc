// SPDX-License-Identifier: Apache-2.0
//
// goexit: a forced unwinding of the goroutine's frames, as pthread_exit does for a thread.
// Destructors run, handlers for exceptions do not match, `catch (...)` is entered and must rethrow.
#include <gander/go.h>
#include <gander/panic.h>
#include <unwind.h>

#include <new>

#include "base/check.h"
#include "sched/goroutine.h"
#include "sched/sched.h"

namespace gander {
namespace {

// Asked before each frame. At the end of the stack all destructors have run.
_Unwind_Reason_Code at_frame(int, _Unwind_Action actions, _Unwind_Exception_Class,
                             _Unwind_Exception*, _Unwind_Context*, void*) {
  if ((actions & _UA_END_OF_STACK) != 0) finish_goroutine();
  return _URC_NO_REASON;
}

// Called when somebody is done with the "exception", which only a handler that does not rethrow can
// be.
void swallowed(_Unwind_Reason_Code, _Unwind_Exception*) {
  fatal("goexit was swallowed by a catch (...)");
}

}  // namespace

void goexit() {
  G* const g = current_g();
  if (g->foreign) panic("gander::goexit on a thread without a goroutine");
  static_assert(sizeof(_Unwind_Exception) <= sizeof(g->unwind_exception));
  auto* const exception = ::new (static_cast<void*>(g->unwind_exception)) _Unwind_Exception{};
  exception->exception_cleanup = swallowed;
  g->goexiting = true;
  _Unwind_ForcedUnwind(exception, at_frame, nullptr);
  throw_("goexit found no end of the stack");
}

}  // namespace gander
