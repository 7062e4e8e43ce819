// SPDX-License-Identifier: Apache-2.0
//
// A field that holds nothing but pointers to objects, or to what is not the heap's at all, holds
// the address of free memory of the heap: somebody kept a pointer where the collector does not
// look, and has stored it in an object when what it pointed to was gone. Go's check of the same
// name ends the program, as this one does, unless GODEBUG=invalidptr=0.
//
// Where marking finds it, so with the object that refers to it; the program would fault later, or
// never, and somewhere else.
#pragma once

#include <cstdint>

namespace gander::gc {

// Ends the process, unless there is an object at `word` after all, which may have been made just
// now, or before it: C++ lets pointers point to the end of an object. `field`: where it stands.
void found_bad_pointer(std::uintptr_t word, std::uintptr_t field) noexcept;

// The one that ended the process; 0: none did. [signal]
struct bad_pointer {
  std::uintptr_t word = 0;
  std::uintptr_t field = 0;
};
bad_pointer last_bad_pointer() noexcept;

}  // namespace gander::gc
