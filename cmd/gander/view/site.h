// SPDX-License-Identifier: Apache-2.0
//
// All that is served: the page and its answers, and the refusals. Only for requests that were meant
// for it: a page of somewhere else whose name has been made to point here (DNS rebinding) still
// sends its own name as the host.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "view/address.h"
#include "view/api.h"

namespace gander::tool {

class site {
 public:
  // References are kept.
  site(const api& answers, address served) : answers_(answers), served_(std::move(served)) {}

  response serve(const request& r) const;

  // What goes with every response: nothing is loaded from elsewhere, nor run that is not a file of
  // the page, nor shown inside of other pages.
  static const std::vector<std::pair<std::string, std::string>>& headers();

 private:
  bool meant_for_it(const std::string& host) const;

  const api& answers_;
  address served_;
};

}  // namespace gander::tool
