// SPDX-License-Identifier: Apache-2.0
//
// Where to serve: "HOST:PORT", "[ADDRESS]:PORT", ":PORT" or "PORT". Without a host it is the
// loopback, without anything a port that is free.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gander::tool {

struct address {
  std::string host = "127.0.0.1";  // a name, or an address without brackets
  std::uint16_t port = 0;          // 0: one that is free
};

// Nothing when it is none of these.
std::optional<address> parse_address(std::string_view text);

// As it stands in a URL: "[::1]:80".
std::string printed(const address& a);

// The host of a request's Host header, without port and brackets, in lower case.
std::string host_of(std::string_view header);

bool is_numeric(const std::string& host);   // an IPv4 or IPv6 address
bool is_wildcard(const std::string& host);  // all addresses of the machine

}  // namespace gander::tool
