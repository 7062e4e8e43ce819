// SPDX-License-Identifier: Apache-2.0

// The ways to die; each is called on goroutine 1 and does not come back.
#pragma once

namespace crashes {

void nil_dereference();
void uncaught_exception();
void mutex_deadlock();
void nobody_receives();
void stack_overflow();
void busy_loop();
void abort_in_destructor();
void crowd();

// For goroutines that are to die while the main goroutine waits: reports differ until it does.
void until_main_waits();

}  // namespace crashes
