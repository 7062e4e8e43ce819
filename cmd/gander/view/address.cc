// SPDX-License-Identifier: Apache-2.0
#include "view/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "view/answer.h"

namespace gander::tool {
namespace {

bool is_ipv6(const std::string& host) {
  std::array<unsigned char, 16> bits{};
  return ::inet_pton(AF_INET6, host.c_str(), bits.data()) == 1;
}

bool is_ipv4(const std::string& host) {
  std::array<unsigned char, 4> bits{};
  return ::inet_pton(AF_INET, host.c_str(), bits.data()) == 1;
}

// What may be a host's name. Whether there is such a host is for who binds to it.
bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 253 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
  });
}

}  // namespace

bool is_numeric(const std::string& host) { return is_ipv4(host) || is_ipv6(host); }

bool is_wildcard(const std::string& host) { return host == "0.0.0.0" || host == "::"; }

std::optional<address> parse_address(std::string_view text) {
  address result;
  std::string_view port = text;
  const std::size_t colon = text.rfind(':');
  if (colon != std::string_view::npos) {
    port = text.substr(colon + 1);
    std::string_view host = text.substr(0, colon);
    const bool brackets = host.starts_with('[') && host.ends_with(']');
    if (brackets) host = host.substr(1, host.size() - 2);
    if (brackets ? !is_ipv6(std::string(host)) : !host.empty() && !is_name(host)) return {};
    if (!host.empty()) result.host = host;
  }
  std::uint64_t number = 0;
  if (!parse_number(port, number) || number > 65535) return {};
  result.port = static_cast<std::uint16_t>(number);
  return result;
}

std::string printed(const address& a) {
  const std::string port = ":" + std::to_string(a.port);
  return is_ipv6(a.host) ? "[" + a.host + "]" + port : a.host + port;
}

std::string host_of(std::string_view header) {
  if (header.starts_with('[')) {
    header = header.substr(1, header.find(']') - 1);
  } else {
    header = header.substr(0, header.find(':'));
  }
  std::string host(header);
  for (char& c : host)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return host;
}

}  // namespace gander::tool
