// What the micro benches read: recorded conversations where ../shared/data (or $WEIR_SHARED/data) is there, else texts
// of our own. Loaded once, before anything is timed.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace weir::micro {

struct Inputs {
  std::string origin;                 ///< a word for the report
  std::vector<std::string> streams;   ///< whole bodies of streamed chat completions, server-sent events
  std::vector<std::string> requests;  ///< bodies of chat completion requests
};

const Inputs& inputs();

/// A request's head as an SDK sends it, empty line included. Always our own: recordings keep no heads.
const std::string& request_head();

/// All frames' payloads of a stream, by a plain reading of the WHATWG format that shares nothing with codec.
std::vector<std::string> payloads(const std::string& stream);

/// A head taken apart by a plain reader that shares nothing with codec: the start line, then names in lower case and
/// values.
std::vector<std::pair<std::string, std::string>> plain_head(const std::string& head);

}  // namespace weir::micro
