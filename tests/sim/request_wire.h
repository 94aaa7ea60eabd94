// A client's bytes around a request, whatever it asks: the start line, the fields that every request may have, framing
// and the peculiarities of HTTP versions. What is asked is planned by request_plan.cpp (chat completions, and what no
// gateway should take) and spoken_request.cpp (all dialects).
#pragma once

#include <string>

#include "plan.h"

namespace weir::sim {

/// Text as a client might write it, already escaped for JSON.
std::string filler(Random& random, std::size_t bytes);

class RequestWire {
 protected:
  RequestWire(Random& random, int id, bool last) : random_(random), last_(last) {
    plan_.id = id;
    plan_.method = "POST";
  }
  ~RequestWire() = default;

  std::string id() const { return std::to_string(plan_.id); }
  Bytes key() { return kKeys[random_.below(2)]; }
  std::string fields(Bytes credential);
  /// Adds the start line, the version's peculiarities and the body's framing.
  void write(std::string text, const std::string& body);
  void start(const std::string& line, const std::string& text);
  void refused(int status, std::string name) {
    plan_.status = status;
    plan_.name = std::move(name);
  }

  Random& random_;
  const bool last_;
  std::string target_ = "/v1/chat/completions";
  RequestPlan plan_;
};

}  // namespace weir::sim
