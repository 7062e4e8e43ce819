// SPDX-License-Identifier: Apache-2.0
//
// The version of the library as it was compiled.
#include <gander/version.h>

#define GANDER_TEXT_OF(x) #x
#define GANDER_TEXT(x) GANDER_TEXT_OF(x)

namespace gander {

const char* version() noexcept {
  return GANDER_TEXT(GANDER_VERSION_MAJOR) "." GANDER_TEXT(GANDER_VERSION_MINOR) "." GANDER_TEXT(
      GANDER_VERSION_PATCH);
}

}  // namespace gander
