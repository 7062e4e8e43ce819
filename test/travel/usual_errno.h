// SPDX-License-Identifier: Apache-2.0
#pragma once

bool errno_stays_across_calls_that_do_not_switch(int number);
