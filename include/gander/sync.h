// SPDX-License-Identifier: Apache-2.0
//
// All that goroutines, and plain threads, synchronize with. Everything here may stand in static
// storage (constructed at compile time), works before the first run(), and takes one atomic
// operation when there is nothing to wait for.
#pragma once

#include <gander/sync/barrier.h>
#include <gander/sync/condition_variable.h>
#include <gander/sync/latch.h>
#include <gander/sync/mutex.h>
#include <gander/sync/once.h>
#include <gander/sync/semaphore.h>
#include <gander/sync/shared_mutex.h>
#include <gander/sync/wait_group.h>
