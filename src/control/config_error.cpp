#include "weir/control/config_error.h"

namespace weir::control {

std::string to_string(const ConfigError& error) {
  std::string text = error.file;
  if (!text.empty() && error.position.line > 0)
    text += ":" + std::to_string(error.position.line) + ":" + std::to_string(error.position.column);
  if (!text.empty()) text += ": ";
  if (!error.key.empty()) text += error.key + ": ";
  text += error.problem;
  if (!error.advice.empty()) text += " " + error.advice;
  return text;
}

}  // namespace weir::control
