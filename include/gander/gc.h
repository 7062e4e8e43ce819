// SPDX-License-Identifier: Apache-2.0
//
// The collected heap: objects that stay for as long as something points to them.
// docs/collected-heap.md says which pointer to use where.
//
//     struct node {
//       int value = 0;
//       gander::gc::ptr<node> next;
//     };
//     node* push(node* head, int value) { return gander::gc::make<node>(value, head); }
//
// Not part of <gander/gander.h>: not every program wants it.
#pragma once

#include <gander/gc/atomic_ptr.h>
#include <gander/gc/cleanup.h>
#include <gander/gc/control.h>
#include <gander/gc/fields.h>
#include <gander/gc/make.h>
#include <gander/gc/map.h>
#include <gander/gc/ptr.h>
#include <gander/gc/root.h>
#include <gander/gc/string.h>
#include <gander/gc/vector.h>
#include <gander/gc/weak.h>
