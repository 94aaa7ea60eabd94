#include "inputs.h"

#include <simdjson.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "../path/conversation.h"

namespace weir::micro {
namespace {

namespace fs = std::filesystem;
namespace dom = simdjson::dom;
constexpr std::size_t kMost = 40;  // of each kind

std::string text_at(const dom::element& root, const char* pointer) {
  std::string_view text;
  return root.at_pointer(pointer).get(text) == simdjson::SUCCESS ? std::string(text) : "";
}

void take(const fs::path& file, Inputs& into) {
  dom::parser parser;
  dom::element root;
  if (parser.load(file.string()).get(root) != simdjson::SUCCESS) return;
  if (text_at(root, "/dialect") != "openai-chat") return;
  const std::string request = text_at(root, "/request/body");
  const std::string answer = text_at(root, "/response/body");
  if (request.starts_with("{") && into.requests.size() < kMost) into.requests.push_back(request);
  if (answer.starts_with("data:") && into.streams.size() < kMost) into.streams.push_back(answer);
}

Inputs load() {
  Inputs all;
  const char* given = std::getenv("WEIR_SHARED");
  const fs::path folder =
      (given ? fs::path(given) : fs::path(WEIR_SOURCE_ROOT) / ".." / "shared") / "data" / "recordings" / "openai";
  std::error_code none;
  std::vector<fs::path> files;
  for (fs::recursive_directory_iterator at(folder, none), end; !none && at != end; at.increment(none))
    if (at->path().extension() == ".json") files.push_back(at->path());
  std::ranges::sort(files);  // the same ones everywhere
  for (const fs::path& file : files) take(file, all);
  all.origin = "recorded";
  if (all.streams.empty() || all.requests.empty()) {
    all.origin = "built-in";
    all.streams = {path::stream_body({.kind = path::Frames::plain}, 100),
                   path::stream_body({.kind = path::Frames::padded}, 100)};
    const std::string request = path::request({.stream = true}, path::kKey);
    all.requests = {request.substr(request.find("\r\n\r\n") + 4)};
  }
  return all;
}

std::string line_of(const std::string& text, std::size_t& at) {
  std::size_t end = text.find_first_of("\r\n", at);
  if (end == std::string::npos) end = text.size();
  std::string line = text.substr(at, end - at);
  at = end + (text.compare(end, 2, "\r\n") == 0 ? 2 : 1);
  return line;
}

}  // namespace

const Inputs& inputs() {
  static const Inputs all = load();
  return all;
}

const std::string& request_head() {
  static const std::string head = [] {
    const std::string request = path::request({.stream = true}, path::kKey);
    return request.substr(0, request.find("\r\n\r\n") + 4);
  }();
  return head;
}

std::vector<std::string> payloads(const std::string& stream) {
  std::vector<std::string> all;
  std::string data;
  bool any = false;
  for (std::size_t at = 0; at < stream.size();) {
    const std::string line = line_of(stream, at);
    if (line.empty()) {
      if (any) all.push_back(data);
      data.clear();
      any = false;
    } else if (line.starts_with("data:")) {
      std::string value = line.substr(5);
      if (value.starts_with(" ")) value.erase(0, 1);
      data += any ? "\n" + value : value;
      any = true;
    }
  }
  if (any) all.push_back(data);
  return all;
}

std::vector<std::pair<std::string, std::string>> plain_head(const std::string& head) {
  std::vector<std::pair<std::string, std::string>> lines;
  std::size_t at = 0;
  lines.emplace_back(line_of(head, at), "");
  while (at < head.size()) {
    const std::string line = line_of(head, at);
    if (line.empty()) break;
    const std::size_t colon = line.find(':');
    std::string name = line.substr(0, colon);
    std::ranges::transform(name, name.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 32) : c; });
    const std::size_t begin = line.find_first_not_of(" \t", colon + 1);
    lines.emplace_back(name, begin == std::string::npos ? "" : line.substr(begin));
  }
  return lines;
}

}  // namespace weir::micro
