// SPDX-License-Identifier: Apache-2.0
//
// What a report needs and a dying process may have run out of, kept from the start and given back
// at the death: file descriptors, and address space to map debug information into.
#pragma once

namespace gander::crash {

// At install. What cannot be had is done without.
void keep_reserves() noexcept;

// Once by each thread that makes a part of the report. What is given back to descriptors, it alone
// can take, where the system allows that: a server short of them tries again and again. [signal]
void release_reserves() noexcept;

}  // namespace gander::crash
