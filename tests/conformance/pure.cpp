// The pure functions of translation as a program: one JSON command per line on standard input, one answer per line on
// standard output. tools/conformance drives it beside the real binary; it knows no case of the data.
//
//   {"op":"write","from":"openai_chat","to":"gemini","kind":"gemini","model":"m","stream":false,"body":"..."}
//       -> {"body":"...","dropped":["seed"]}, or {"refused":"n","why":"..."}
//   {"op":"answer","provider":"gemini","client":"openai_chat","stream":true,"payloads":["...","..."]}
//       -> {"body":"...","failed":false}: the client's stream, or its document
//   {"op":"error","client":"gemini","status":429,"body":"..."}
//       -> {"status":429,"body":"..."}
//   {"op":"cost","kind":"openai","provider":"openai_chat","model":"m","body":"..."}
//       -> {"nano_usd":1234}: what the whole answer cost, but for searches; else {"unknown":"model"}, "price" or
//       "usage"
//
// A command that cannot be read is answered with {"bad":"..."}; the program ends with its input.
#include <cstdio>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "weir/catalog/catalog.h"
#include "weir/catalog/cost.h"
#include "weir/catalog/model_traits.h"
#include "weir/codec/json_reader.h"
#include "weir/codec/json_writer.h"
#include "weir/dialect/error_report.h"
#include "weir/dialect/registry.h"

namespace weir::dialect {
namespace {

struct Command {
  std::string op, from, to, kind, provider, client, model, body;
  bool stream = false;
  int status = 0;
  std::vector<std::string> payloads;
};

std::string decoded(const codec::JsonString& string) {
  std::string out;
  codec::decode_json_string(
      string.raw,
      [](void* to, Bytes part) {
        static_cast<std::string*>(to)->append(part);
        return true;
      },
      &out);
  return out;
}

std::optional<Command> read_command(Bytes line) {
  Command command;
  codec::JsonReader json(line);
  codec::JsonString key;
  if (!json.enter_object()) return std::nullopt;
  while (json.next_member(key)) {
    codec::JsonString value;
    const auto text = [&](std::string& to) {
      if (json.read_string(value)) to = decoded(value);
    };
    if (key.is("op"))
      text(command.op);
    else if (key.is("from"))
      text(command.from);
    else if (key.is("to"))
      text(command.to);
    else if (key.is("kind"))
      text(command.kind);
    else if (key.is("provider"))
      text(command.provider);
    else if (key.is("client"))
      text(command.client);
    else if (key.is("model"))
      text(command.model);
    else if (key.is("body"))
      text(command.body);
    else if (key.is("stream"))
      json.read_boolean(command.stream);
    else if (key.is("status"))
      command.status = static_cast<int>(json.unsigned_or_skip().value_or(0));
    else if (key.is("payloads")) {
      json.enter_array();
      while (json.next_element())
        if (json.read_string(value)) command.payloads.push_back(decoded(value));
    } else
      json.skip_value();
  }
  if (!json.finish()) return std::nullopt;
  return command;
}

void write_request(const Command& command, Dialect from, Dialect to, codec::JsonWriter& answer) {
  Request request;
  Loss loss;
  read(from, command.body, request, loss);
  if (from == Dialect::gemini) request.stream = command.stream;  // its path says so, not its body
  std::string body;
  if (!loss.refused()) {
    Target target;
    target.model_id = command.model;
    target.traits = catalog::model_traits(command.model);
    target.stream = command.stream;
    for (const catalog::ProviderKind& kind : catalog::provider_kinds())
      if (kind.name == command.kind) target.quirks = catalog::quirks_in(catalog::provider_of(kind), to);
    write(to, request, target, body, loss);
  }
  if (loss.refused()) {
    answer.member("refused", loss.refusal().field).member("why", loss.refusal().why);
    return;
  }
  answer.member("body", body).key("dropped").begin_array();
  for (const std::string& name : loss.dropped()) answer.string(name);
  answer.end_array();
}

/// Takes events the way the gateway does: into an encoder, or into a collector.
struct Receiver {
  std::optional<Encoder> encoder;
  Collector collector{1U << 26};
  std::string out;

  void take(std::span<const Event> events) {
    if (encoder)
      encoder->encode(events, out);
    else
      collector.take(events);
  }
};

void translate_answer(const Command& command, Dialect provider, Dialect client, codec::JsonWriter& answer) {
  AnswerContext context;
  context.provider = provider;
  context.seed = 0x5EED;
  context.now = 1'700'000'000;
  context.model = "asked-model";
  Receiver receiver;
  if (command.stream) receiver.encoder.emplace(client, context);
  Decoder decoder(provider);
  EventBatch batch(receiver);
  for (const std::string& payload : command.payloads) decoder.decode(payload, batch);
  decoder.end(batch);
  batch.drain();
  const bool failed = decoder.failed() || (!command.stream && receiver.collector.failed());
  if (command.stream && !failed) receiver.encoder->end(receiver.out);
  if (!command.stream && !failed) write_document(client, receiver.collector.answer(), context, receiver.out);
  answer.member("body", receiver.out).key("failed").boolean(failed);
}

void translate_error(const Command& command, Dialect client, codec::JsonWriter& answer) {
  std::string scratch, body;
  const ErrorReport report = read_error(command.status, command.body, scratch);
  write_error(body, client, report);
  answer.key("status").integer(status_for(client, report)).member("body", body);
}

void tell_cost(const Command& command, Dialect provider, codec::JsonWriter& answer) {
  const catalog::ProviderKind* kind = catalog::find_provider_kind(command.kind);
  const catalog::ModelRow* row = kind ? catalog::find_model(*kind, command.model) : nullptr;
  Decoder decoder(provider);
  decoder.tap(command.body);
  Usage usage = decoder.usage();
  usage.parts.web_searches = 0;
  const catalog::Cost cost = catalog::cost_of(row ? &row->price : nullptr, usage);
  if (cost.known)
    answer.key("nano_usd").integer(cost.nano_usd);
  else
    answer.member("unknown", !row ? "model" : !row->price.known() ? "price" : "usage");
}

std::string answer_to(Bytes line) {
  std::string out;
  codec::JsonWriter answer(out);
  answer.begin_object();
  const auto command = read_command(line);
  const auto from = dialect_named(command ? Bytes(command->from) : Bytes());
  const auto to = dialect_named(command ? Bytes(command->to) : Bytes());
  const auto provider = dialect_named(command ? Bytes(command->provider) : Bytes());
  const auto client = dialect_named(command ? Bytes(command->client) : Bytes());
  if (!command)
    answer.member("bad", "not a command");
  else if (command->op == "write" && from && to)
    write_request(*command, *from, *to, answer);
  else if (command->op == "answer" && provider && client)
    translate_answer(*command, *provider, *client, answer);
  else if (command->op == "cost" && provider)
    tell_cost(*command, *provider, answer);
  else if (command->op == "error" && client)
    translate_error(*command, *client, answer);
  else
    answer.member("bad", "no such operation or dialect");
  answer.end_object();
  return out;
}

}  // namespace
}  // namespace weir::dialect

int main() {
  std::ios::sync_with_stdio(false);
  std::string line;
  while (std::getline(std::cin, line)) {
    const std::string out = weir::dialect::answer_to(line) + "\n";
    std::fwrite(out.data(), 1, out.size(), stdout);
    std::fflush(stdout);
  }
  return 0;
}
