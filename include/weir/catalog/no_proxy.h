// The hosts that are reached without a proxy, as curl understands no_proxy. Pure.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "weir/base/bytes.h"

namespace weir::catalog {

/// The entries of a variable: separated by commas or spaces.
std::vector<std::string> split_no_proxy(Bytes text);

/// Is `host` (a name, or an IP address without brackets) named by one of the entries? An entry is
///   *                 every host
///   example.com       this host and all below it; a dot in front or behind makes no difference
///   192.0.2.7, ::1    this address, IPv6 with or without brackets
///   10.0.0.0/8        all addresses that begin with so many bits
bool bypasses_proxy(Bytes host, std::span<const std::string> entries);

}  // namespace weir::catalog
