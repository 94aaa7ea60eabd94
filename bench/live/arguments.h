// Command line of the bench programs: `--name value` and `--name`, integers and words, nothing else. An unknown name
// ends the program, so that a typing error can not measure something else.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace bench {

struct Argument {
  std::string_view name;  // without the dashes
  std::variant<std::int64_t*, std::string*, bool*> value;
  std::string_view help;
};

/// Fills the variables; `--help` prints the list. Ends the program on anything it does not know.
void read_arguments(int argc, char** argv, std::string_view purpose, const std::vector<Argument>& arguments);

}  // namespace bench
