// What clients ask, legal and otherwise, with the answer that a faultless gateway would give.
#include <algorithm>
#include <array>

#include "plan.h"
#include "request_wire.h"

namespace weir::sim {
namespace {

class Maker : RequestWire {
 public:
  Maker(Random& random, int id, const net::Options& limits, bool faultless, bool last)
      : RequestWire(random, id, last), limits_(limits), faultless_(faultless) {}

  RequestPlan make() {
    const std::uint64_t dice = random_.below(100);
    if (dice < 70) {
      chat();
    } else if (dice < 76) {
      models();
    } else if (dice < 82) {
      harmless_refusal();
    } else if (last_) {
      last_refusal();
    } else {
      chat();
    }
    return std::move(plan_);
  }

 private:
  /// A chat request as text with holes: the model's name, and where a wish for usage has to be put.
  std::string chat_body(bool stream) {
    const int usage = stream ? static_cast<int>(random_.below(7)) : 0;
    const std::string name = "\"" + plan_.model + "\"";
    const std::string wanted = "\"" + plan_.provider_model + "\"";
    std::size_t most = limits_.max_body_bytes;
    most = most > 1400 ? most - 1400 : 0;
    const std::size_t size = random_.one_in(4) ? random_.below(most) : random_.below(std::min<std::size_t>(most, 300));
    std::string options;
    std::string edited;
    wants_usage_ = false;
    switch (usage) {
      case 1:
        options = R"({"include_usage":true})";
        wants_usage_ = true;
        break;
      case 2:
        options = R"({"include_usage": false })";
        edited = R"({"include_usage": true })";
        break;
      case 3:
        options = R"({ })";
        edited = R"({"include_usage":true })";
        break;
      case 4:
        options = R"({"x":1})";
        edited = R"({"include_usage":true,"x":1})";
        break;
      case 5:
        options = "null";
        edited = R"({"include_usage":true})";
        break;
      default:
        break;
    }
    if (edited.empty()) edited = options;
    std::vector<std::pair<std::string, std::string>> members;  // as written, as the provider gets it
    const auto add = [&](Bytes member, const std::string& written, const std::string& got) {
      const std::string start = "\"" + std::string(member) + "\"" + (random_.one_in(3) ? " : " : ":");
      members.emplace_back(start + written, start + got);
    };
    add("model", name, wanted);
    const std::string text = std::string(kPromptMark) + " " + id() + " " + filler(random_, size);
    const std::string messages = R"([{"role":"user","content":")" + text + "\"}]";
    add("messages", messages, messages);
    if (stream || random_.one_in(3)) add("stream", stream ? "true" : "false", stream ? "true" : "false");
    if (!options.empty()) add("stream_options", options, edited);
    if (random_.one_in(3)) add("seed", "12345678901234567890123", "12345678901234567890123");
    if (random_.one_in(3)) add("temperature", "0.70000000000000000001", "0.70000000000000000001");
    for (std::size_t i = members.size() - 1; i > 0; --i) std::swap(members[i], members[random_.below(i + 1)]);

    const std::string open = random_.one_in(4) ? " {" : "{";
    const std::string comma = random_.one_in(3) ? " ,\n" : ",";
    std::string written = open;
    plan_.provider_body = open;
    // Nothing said about usage in a stream: a member of its own behind the opening brace.
    if (stream && options.empty()) plan_.provider_body += R"("stream_options":{"include_usage":true},)";
    for (std::size_t i = 0; i < members.size(); ++i) {
      written += (i > 0 ? comma : std::string()) + members[i].first;
      plan_.provider_body += (i > 0 ? comma : std::string()) + members[i].second;
    }
    const std::string close = random_.one_in(3) ? "}\r\n" : "}";
    plan_.provider_body += close;
    return written + close;
  }

  void name_model() {
    switch (random_.below(3)) {
      case 0:
        plan_.model = "local/direct-" + id();
        plan_.provider_model = "direct-" + id();
        break;
      case 1:
        plan_.model = plan_.provider_model = "same-" + id();
        break;
      default:
        plan_.model = "alias-" + id();
        plan_.provider_model = "real-" + id();
    }
  }

  void chat() {
    plan_.forwarded = true;
    plan_.wants_stream = !random_.one_in(3);
    plan_.name = plan_.wants_stream ? "stream" : "document";
    name_model();
    const std::string body = chat_body(plan_.wants_stream);
    plan_.answer = plan_answer(random_, {.id = plan_.id,
                                         .stream = plan_.wants_stream,
                                         .wants_usage = wants_usage_,
                                         .may_break = !faultless_,
                                         .max_bytes = random_.one_in(3) ? 15'000U : 400U});
    write(fields(key()), body);
  }

  void models() {
    plan_.method = random_.one_in(3) ? "HEAD" : "GET";
    plan_.status = 200;
    const std::uint64_t which = random_.below(4);
    if (which == 3) plan_.status = 404;
    const Bytes path =
        std::array<Bytes, 4>{"/v1/models", "/v1/models?limit=1", "/v1/models/known", "/v1/models/unknown"}[which];
    plan_.name = plan_.method + " " + std::string(path);
    start(plan_.name, fields(key()));
  }

  /// Refusals after which the connection goes on.
  void harmless_refusal() {
    std::string body, more;
    switch (random_.below(8)) {
      case 6:
        refused(400, "model of a wrong type");
        body = R"({"model":["known"]})";
        break;
      case 7:
        if (plan_.id % 2 == 0) {
          refused(400, "a limit of cost that is no amount");
          more = "x-weir-max-cost: cheap\r\n";
          body = R"({"model":"known","messages":[]})";
        } else {
          refused(400, "stream of a wrong type");
          body = R"({"stream":"yes","model":"known"})";
        }
        break;
      case 0:
        refused(404, "unknown model");
        body = R"({"model":"nobody","messages":[]})";
        break;
      case 1:
        refused(400, "malformed JSON");
        body = R"({"model":"known","messages":[})";
        break;
      case 2:
        refused(400, "no model");
        body = R"({"messages":[]})";
        break;
      case 3:
        refused(400, "model twice");
        body = R"({"model":"known","model":"other"})";
        break;
      case 4:
        refused(400, "too deep");
        body = R"({"model":"known","x":)" + std::string(200, '[') + std::string(200, ']') + "}";
        break;
      default:
        refused(404, "unknown path");
        plan_.method = "GET";
        return start("GET /v2/nothing", fields(key()));
    }
    const std::string name = plan_.name;
    write(fields(key()) + more, body);
    plan_.name = name;
  }

  /// Refusals that end the connection.
  void last_refusal() {
    plan_.refused_unread = true;
    const std::string line = "POST /v1/chat/completions";
    std::string text = fields(key());
    static constexpr Bytes kBody = R"({"model":"known"})";
    const std::string length = "content-length: " + std::to_string(kBody.size()) + "\r\n";
    switch (random_.below(20)) {
      case 0:
        refused(401, "wrong key");
        start(line, fields("wk_virtual-key-nobody-has") + length);
        break;
      case 1:
        refused(401, "no key");
        start(line, fields({}) + length);
        break;
      case 2:
        refused(431, "oversize head");
        start(line, text + "x-pad: " + std::string(limits_.max_head_bytes, 'h') + "\r\n");
        break;
      case 3:
        refused(413, "oversize body");
        start(line, text + "content-length: " + std::to_string(limits_.max_body_bytes + 1) + "\r\n");
        plan_.wire += std::string(random_.below(5000), ' ');
        return;
      case 4: {
        refused(413, "oversize chunked body");
        start(line, text + "transfer-encoding: chunked\r\n");
        for (std::size_t sent = 0; sent <= limits_.max_body_bytes; sent += 1000)
          plan_.wire += "3e8\r\n" + std::string(1000, ' ') + "\r\n";
        return;
      }
      case 5:
        refused(400, "two lengths");
        start(line, text + length + length);
        break;
      case 6:
        refused(400, "length and coding");
        start(line, text + length + "transfer-encoding: chunked\r\n");
        break;
      case 7:
        refused(501, "unknown coding");
        start(line, text + "transfer-encoding: gzip\r\n");
        break;
      case 8:
        refused(400, "chunked twice");
        start(line, text + "transfer-encoding: chunked, chunked\r\n");
        break;
      case 9:
        refused(400, "bare line feed");
        start(line, text + "x-a: b\nx-c: d\r\n");
        break;
      case 10:
        refused(400, "folded line");
        start(line, text + "x-a: b\r\n c\r\n");
        break;
      case 11:
        refused(400, "space before the colon");
        start(line, text + "content-length : 5\r\n");
        break;
      case 12:
        refused(505, "HTTP/2.0");
        plan_.wire = line + " HTTP/2.0\r\n" + text + "\r\n";
        plan_.head_bytes = plan_.wire.size();
        break;
      case 13:
        refused(417, "unknown expectation");
        start(line, text + length + "expect: 200-ok\r\n");
        break;
      case 14:
        refused(405, "wrong method");
        plan_.method = "PUT";
        start("PUT /v1/chat/completions", text + length);
        break;
      case 15:
        refused(415, "coded body");
        start(line, text + length + "content-encoding: gzip\r\n");
        break;
      case 16:
        refused(400, "broken chunk");
        start(line, text + "transfer-encoding: chunked\r\n");
        plan_.wire += "5\r\nhello!!\r\n0\r\n\r\n";
        return;
      case 17:
        refused(400, "no host");
        plan_.wire = line + " HTTP/1.1\r\n" + length + "x-exchange: " + id() + "\r\n\r\n";
        plan_.head_bytes = plan_.wire.size();
        break;
      case 18:
        refused(400, "signed length");
        start(line, text + "content-length: +17\r\n");
        break;
      default:
        refused(405, "CONNECT");
        plan_.method = "CONNECT";
        start("CONNECT gateway.example:443", text);
        return;
    }
    plan_.wire += kBody;
    if (random_.one_in(3)) plan_.wire += "GET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n";
  }

  const net::Options& limits_;
  bool faultless_;
  bool wants_usage_ = false;
};

}  // namespace

RequestPlan plan_request(Random& random, int id, const net::Options& limits, bool faultless, bool last) {
  return Maker(random, id, limits, faultless, last).make();
}

}  // namespace weir::sim
