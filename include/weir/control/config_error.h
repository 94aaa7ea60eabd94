// What is wrong with a configuration, where, and what to do about it. Written for the operator who has to fix it at
// night. A message never contains a secret, nor text that could be a secret in the wrong place.
#pragma once

#include <string>
#include <vector>

#include "weir/base/bytes.h"

namespace weir::control {

/// A place in a configuration file; lines and columns count from 1, 0 = the file as a whole.
struct Position {
  int line = 0;
  int column = 0;
};

struct ConfigError {
  std::string file;  ///< as the operator named it; empty when there is no file
  Position position;
  std::string key;      ///< the key's path: "providers.local.base_url"; empty for the file as a whole
  std::string problem;  ///< one sentence: what is wrong
  std::string advice;   ///< one sentence: what to do; empty if the problem says it
};

/// `weir.yaml:4:15: providers.local.kind: there is no provider kind "opnai". Did you mean "openai"?`
std::string to_string(const ConfigError& error);

/// All errors of one reading, in the order of the file. Never empty when it is returned as an error.
using ConfigErrors = std::vector<ConfigError>;

}  // namespace weir::control
