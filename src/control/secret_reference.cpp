#include "secret_reference.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace weir::control {

namespace {

constexpr std::size_t kMaxSecretBytes = 16 * 1024;

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

std::expected<Secret, ValueProblem> check(std::string text, const std::string& place) {
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  const bool is_empty = text.empty();
  const bool is_usable = text.size() <= kMaxSecretBytes && is_header_value(text);
  Secret secret(std::move(text));
  if (is_empty) return std::unexpected(ValueProblem{place + " is empty.", "Put the provider's API key into it."});
  if (!is_usable)
    return std::unexpected(ValueProblem{place + " does not hold an API key.",
                                        "It must be one line of at most 16 KiB without spaces around it."});
  return secret;
}

}  // namespace

std::expected<std::string, std::string> read_file(const std::string& path, std::size_t max_bytes) {
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rb"));
  if (!file) return std::unexpected(std::strerror(errno));
  // It may be a secret: no buffer of the library's and no growing string leaves parts of a short file behind.
  std::setvbuf(file.get(), nullptr, _IONBF, 0);
  constexpr std::size_t kStep = 16 * 1024;
  std::string text;
  text.reserve(2 * kStep);
  for (std::size_t size = 0;; text.resize(size)) {
    text.resize(size + kStep);
    const std::size_t got = std::fread(text.data() + size, 1, kStep, file.get());
    size += got;
    if (size > max_bytes) return std::unexpected("it is larger than " + std::to_string(max_bytes) + " bytes");
    if (got == 0) {
      text.resize(size);
      break;
    }
  }
  if (std::ferror(file.get())) return std::unexpected(std::strerror(errno));
  return text;
}

std::expected<Secret, ValueProblem> resolve_secret(Bytes reference, const std::string& directory,
                                                   const Environment& environment) {
  const std::size_t colon = reference.find(':');
  const std::string place(reference.substr(colon + 1));
  if (reference.starts_with("env:")) {
    auto value = environment(place);
    if (!value)
      return std::unexpected(ValueProblem{"the environment variable " + place + " is not set.",
                                          "Set it before weir is started: export " + place + "=..."});
    return check(*std::move(value), "the environment variable " + place);
  }
  const std::string path = place.starts_with('/') ? place : directory + place;
  auto text = read_file(path, kMaxSecretBytes + 2);
  if (!text)
    return std::unexpected(ValueProblem{"the file " + path + " cannot be read: " + text.error() + ".",
                                        "Correct the path or its permissions."});
  return check(*std::move(text), "the file " + path);
}

}  // namespace weir::control
