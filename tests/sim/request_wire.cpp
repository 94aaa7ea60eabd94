#include "request_wire.h"

#include <algorithm>
#include <array>

namespace weir::sim {

std::string filler(Random& random, std::size_t bytes) {
  static constexpr std::array kWords = {"lorem ", "\\u2603 ", "\\\"ipsum\\\" ", "\xe6\xb0\xb4 ", "\\\\", "dolor "};
  std::string text;
  while (text.size() < bytes) text += kWords[random.below(kWords.size())];
  return text;
}

std::string RequestWire::fields(Bytes credential) {
  std::string text = "Host: gateway.example\r\n";
  if (!credential.empty()) {
    switch (random_.below(5)) {
      case 0:
        text += "x-api-key: ";
        break;
      case 1:
        text += "api-key: ";
        break;
      default:
        text += random_.one_in(2) ? "Authorization: Bearer " : "authorization: bearer ";
    }
    text.append(credential).append("\r\n");
  }
  text += "x-exchange: " + id() + "\r\n";
  if (random_.one_in(2)) text += "User-Agent: world/1.0\r\naccept: */*\r\naccept-encoding: gzip, br\r\n";
  if (random_.one_in(4))
    text += "cookie: a=b\r\nx-forwarded-for: 10.0.0.1\r\nOpenAI-Organization: org-of-the-client\r\n";
  if (random_.one_in(6)) text += "Connection: keep-alive, x-private\r\nx-private: hop\r\n";
  return text;
}

/// Adds the start line, the version's peculiarities and the body's framing.
void RequestWire::write(std::string text, const std::string& body) {
  if (last_ && random_.one_in(10)) {
    plan_.http_1_1 = false;
    plan_.name += " by HTTP/1.0";
  } else if (!plan_.wants_stream && plan_.answer.golden.body.size() < 60'000 && random_.one_in(12)) {
    plan_.http_1_1 = false;
    plan_.name += " by HTTP/1.0, to be kept alive";
    text += "Connection: keep-alive\r\n";
  } else if (last_ && random_.one_in(8)) {
    text += "connection: close\r\n";
  }
  const bool chunked = plan_.http_1_1 && random_.one_in(3);
  if (plan_.http_1_1 && random_.one_in(8)) {
    plan_.waits_for_continue = true;
    text += "Expect: 100-continue\r\n";
  }
  text += chunked ? "Transfer-Encoding: chunked\r\n" : "content-length: " + std::to_string(body.size()) + "\r\n";
  start((random_.one_in(12) ? "POST http://gateway.example" : "POST ") + target_, text);
  if (random_.one_in(12)) {  // RFC 9112 2.2: an empty line before a request is ignored
    plan_.wire.insert(0, "\r\n");
    plan_.head_bytes += 2;
  }
  if (!chunked) {
    plan_.wire += body;
    return;
  }
  for (std::size_t at = 0; at < body.size();) {
    const std::size_t n = std::min<std::size_t>(body.size() - at, random_.between(1, random_.one_in(3) ? 12 : 3000));
    char size[20];
    std::snprintf(size, sizeof size, random_.one_in(2) ? "%zx" : "%zX", n);
    plan_.wire.append(size).append(random_.one_in(9) ? ";ext=1\r\n" : "\r\n").append(body, at, n).append("\r\n");
    at += n;
  }
  plan_.wire += random_.one_in(6) ? "0\r\nx-trailer: 1\r\n\r\n" : "0\r\n\r\n";
}

void RequestWire::start(const std::string& line, const std::string& text) {
  plan_.wire = line + (plan_.http_1_1 ? " HTTP/1.1\r\n" : " HTTP/1.0\r\n") + text + "\r\n";
  plan_.head_bytes = plan_.wire.size();
}

}  // namespace weir::sim
