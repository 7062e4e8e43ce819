// SPDX-License-Identifier: Apache-2.0
//
// gander trace --http: the viewer at an address, until SIGINT or SIGTERM.
#pragma once

#include <cstdio>
#include <string>

#include "view/address.h"
#include "view/site.h"

namespace gander::tool {

// Whether this program was built with what serves (cpp-httplib).
bool can_serve();

// Says at `out` where it serves. Returns the exit status: 0 after a signal, 2 when it cannot serve
// there, having told why. REQUIRES: can_serve().
int serve_view(const api& answers, const address& where, const std::string& file, std::FILE* out);

}  // namespace gander::tool
