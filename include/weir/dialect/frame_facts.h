// What a decoder reports of one payload, whether or not anybody wanted its events.
#pragma once

namespace weir::dialect {

/// What one payload said.
struct FrameFacts {
  bool malformed = false;   ///< not a JSON object; nothing of it was used
  bool ignored = false;     ///< came after `[DONE]` or after an error; nothing of it was used
  bool content = false;     ///< holds content: text, reasoning, a tool call, a refusal or audio that is not empty
  bool finish = false;      ///< a choice finished
  bool usage = false;       ///< holds usage
  bool pure_usage = false;  ///< holds usage and no choices: may be withheld from a client that did not ask for it
  bool fault = false;       ///< the provider reported an error, see error()
  bool done = false;        ///< the end marker `[DONE]`
  friend bool operator==(const FrameFacts&, const FrameFacts&) = default;
};

}  // namespace weir::dialect
