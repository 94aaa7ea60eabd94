#include "arguments.h"

#include <charconv>
#include <cstdio>
#include <cstdlib>

namespace bench {

static void explain(std::string_view purpose, const std::vector<Argument>& arguments) {
  std::printf("%.*s\n", static_cast<int>(purpose.size()), purpose.data());
  for (const Argument& a : arguments) {
    std::printf("  --%-18.*s %.*s\n", static_cast<int>(a.name.size()), a.name.data(), static_cast<int>(a.help.size()),
                a.help.data());
  }
}

[[noreturn]] static void refuse(const char* why, std::string_view word) {
  std::fprintf(stderr, "bench: %s: %.*s (see --help)\n", why, static_cast<int>(word.size()), word.data());
  std::exit(2);
}

static const Argument* find(std::string_view word, const std::vector<Argument>& arguments) {
  for (const Argument& a : arguments) {
    if (word.starts_with("--") && word.substr(2) == a.name) return &a;
  }
  return nullptr;
}

void read_arguments(int argc, char** argv, std::string_view purpose, const std::vector<Argument>& arguments) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--help") {
      explain(purpose, arguments);
      std::exit(0);
    }
    const Argument* const argument = find(word, arguments);
    if (argument == nullptr) refuse("unknown argument", word);
    if (auto* const flag = std::get_if<bool*>(&argument->value)) {
      **flag = true;
      continue;
    }
    if (++i == argc) refuse("value missing after", word);
    const std::string_view value = argv[i];
    if (auto* const text = std::get_if<std::string*>(&argument->value)) {
      **text = value;
    } else {
      std::int64_t& number = *std::get<std::int64_t*>(argument->value);
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
      if (error != std::errc{} || end != value.data() + value.size()) refuse("not a whole number", value);
    }
  }
}

}  // namespace bench
