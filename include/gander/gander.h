// SPDX-License-Identifier: Apache-2.0
//
// Everything of Gander, in one light header: no <iostream>, no <regex>, no <functional>.
#pragma once

#include <gander/chan.h>
#include <gander/context.h>
#include <gander/debug.h>
#include <gander/errno.h>
#include <gander/go.h>
#include <gander/goroutine_local.h>
#include <gander/panic.h>
#include <gander/run.h>
#include <gander/select.h>
#include <gander/sync.h>
#include <gander/task_group.h>
#include <gander/time.h>
#include <gander/version.h>
