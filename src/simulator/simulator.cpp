#include "weir/simulator/simulator.h"

#include "reply.h"
#include "small_answers.h"
#include "stored_answers.h"
#include "weir/codec/json_reader.h"
#include "weir/codec/json_writer.h"
#include "weir/dialect/anthropic_messages.h"
#include "weir/dialect/registry.h"

namespace weir::simulator {
namespace {

using Kind = Route::Kind;

/// The inside of a JSON string, decoded.
std::string decoded(Bytes raw) {
  std::string text;
  codec::decode_json_string(
      raw,
      [](void* receiver, Bytes part) {
        static_cast<std::string*>(receiver)->append(part);
        return true;
      },
      &text);
  return text;
}

/// A piece of a path, %XX decoded.
std::string decoded_path(Bytes path) {
  const auto digit = [](char c) { return is_digit(c) ? c - '0' : to_lower(c) - 'a' + 10; };
  const auto is_hex = [](char c) { return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'f'); };
  std::string text;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const bool escaped = path[i] == '%' && path.size() - i > 2 && is_hex(path[i + 1]) && is_hex(path[i + 2]);
    text += escaped ? static_cast<char>(digit(path[i + 1]) * 16 + digit(path[i + 2])) : path[i];
    if (escaped) i += 2;
  }
  return text;
}

Bytes id_prefix(dialect::Dialect dialect) {
  switch (dialect) {
    case dialect::Dialect::openai_chat:
      return "chatcmpl-";
    case dialect::Dialect::openai_responses:
      return "resp_";
    case dialect::Dialect::anthropic_messages:
      return "msg_";
    case dialect::Dialect::gemini:
      break;
  }
  return {};
}

/// A scenario from the model's id and the header, or the sentence that says what is wrong and where.
struct Wish {
  Scenario scenario;
  std::string problem;
  Bytes param;
};
Wish wish_of(Bytes model, const codec::RequestHead& head) {
  auto scenario = scenario_of_model(model);
  if (!scenario) return {{}, scenario.error(), "model"};
  for (const codec::HeaderField& field : head.fields()) {
    if (!equals_ignore_case(field.name, "x-simulate")) continue;
    if (const auto applied = apply_items(*scenario, field.value); !applied) return {{}, applied.error(), "x-simulate"};
  }
  return {*scenario, {}, {}};
}

}  // namespace

Simulator::Simulator(net::Context& context) : context_(context), stored_(std::make_unique<StoredAnswers>()) {}
Simulator::~Simulator() = default;

void Simulator::refuse(net::Downstream& downstream, Fault fault) {
  refuse_request(downstream, dialect::Dialect::openai_chat, fault);
}

io::Task<> Simulator::handle(net::Downstream& downstream, codec::RequestHead& head) {
  const Route route = route_of(head.target);
  if (!allows(route, head.method)) co_return refuse_request(downstream, route.dialect, Fault::method_not_allowed);
  switch (route.kind) {
    case Kind::generate:
    case Kind::count:
      co_return co_await generate(downstream, head, route);
    case Kind::stored:
    case Kind::cancel:
      co_return co_await tell_stored(downstream, head, route);
    case Kind::models:
      co_return list_models(downstream, shape_of(route, head));
    case Kind::model:
      co_return show_model(downstream, shape_of(route, head), route.name);
    case Kind::unknown:
      break;
  }
  refuse_request(downstream, route.dialect, Fault::not_found);
}

io::Task<> Simulator::generate(net::Downstream& downstream, codec::RequestHead& head, Route route) {
  if (head.find(codec::HeaderId::content_encoding))
    co_return refuse_request(downstream, route.dialect, Fault::media_type_unsupported);
  net::Body body;
  if (const auto read = co_await downstream.read_body(body); !read)
    co_return refuse_request(downstream, route.dialect, read.error());
  dialect::Request request;
  dialect::Loss loss;
  const Bytes text = body.contiguous(context_.scratch);
  if (route.kind == Kind::count && route.dialect == dialect::Dialect::anthropic_messages) {
    dialect::anthropic_messages::read_count_tokens(text, request, loss);  // needs no max_tokens
  } else {
    dialect::read(route.dialect, text, request, loss);
  }
  // What cannot be taken to another dialect is right in its own.
  if (loss.refused() && loss.refusal().fault != Fault::parameter_unsupported)
    co_return refuse_request(downstream, route.dialect, loss.refusal().fault,
                             {.text = loss.refusal().why, .param = loss.refusal().field});

  Telling telling{.dialect = route.dialect,
                  .as_stream = request.stream || route.stream,
                  .as_array = route.array,
                  .tells_usage = request.include_usage,
                  .model = std::string(request.model),
                  .created = context_.loop.ring().wall().unix_ns / 1'000'000'000};
  const std::string model = route.name.empty() ? decoded(request.model) : decoded_path(route.name);
  if (!route.name.empty()) {
    telling.model.clear();
    codec::append_json_escaped(telling.model, model);
  }
  const Wish wish = wish_of(model, head);
  if (!wish.problem.empty())
    co_return refuse_with(downstream, route.dialect, 400, dialect::ErrorClass::invalid_request, wish.problem,
                          wish.param);
  Prompt prompt = prompt_of(request);
  if (route.kind == Kind::count) co_return tell_count(downstream, route.dialect, prompt.words);

  telling.id = std::string(id_prefix(route.dialect)) + "simulated-" + std::to_string(++answers_);
  telling.tells_usage = telling.tells_usage && wish.scenario.has_usage;
  if (route.dialect == dialect::Dialect::openai_responses && request.store.value_or(true))
    stored_->keep(wish.scenario, prompt, telling);
  request = {};
  downstream.release_request();  // the answer may take minutes and needs nothing of it

  Reply reply(downstream, wish.scenario, std::move(prompt), std::move(telling));
  co_await reply.run();
}

io::Task<> Simulator::tell_stored(net::Downstream& downstream, codec::RequestHead& head, Route route) {
  const StoredAnswer* const found = stored_->find(route.name);
  if (!found)
    co_return refuse_with(downstream, route.dialect, 404, dialect::ErrorClass::not_found,
                          "There is no response with this id, or not any more.");
  if (head.method == codec::Method::delete_) {
    tell_deleted(downstream, route.name);
    stored_->forget(route.name);
    co_return;
  }
  StoredAnswer again = *found;
  again.telling.as_stream = route.kind == Kind::stored && query_says(head.target, "stream=true");
  Reply reply(downstream, again.scenario, std::move(again.prompt), std::move(again.telling));
  co_await reply.run();
}

}  // namespace weir::simulator
