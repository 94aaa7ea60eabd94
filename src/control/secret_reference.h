// Fetches a secret from where the configuration says it is, so that it never stands in the configuration.
#pragma once

#include <expected>
#include <string>

#include "value_parser.h"
#include "weir/base/secret.h"
#include "weir/control/config.h"

namespace weir::control {

/// Resolves `env:NAME` or `file:PATH`. A relative path is sought in `directory`. One line end after the secret is
/// dropped. Refused, because it could not go into a header: an empty secret, more than 16 KiB, control characters.
std::expected<Secret, ValueProblem> resolve_secret(Bytes reference, const std::string& directory,
                                                   const Environment& environment);

/// A whole file of at most `max_bytes`; the error is what the system says, as half a sentence.
std::expected<std::string, std::string> read_file(const std::string& path, std::size_t max_bytes);

}  // namespace weir::control
