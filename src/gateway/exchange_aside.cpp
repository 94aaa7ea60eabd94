// What clients ask beside an answer: the models there are, how many tokens a request would be, and about answers that a
// provider keeps.
#include "exchange.h"
#include "models.h"
#include "refuse.h"
#include "weir/codec/url.h"
#include "weir/dialect/estimate.h"
#include "weir/dialect/openai_responses.h"

namespace weir::gateway {

using codec::Method;
using dialect::Dialect;

namespace {

constexpr std::size_t kMaxCountBytes = 64 * 1024;
constexpr std::size_t kMaxStoredId = 256;

/// `resp_…`, `resp_…/cancel`, `resp_…/input_items`: nothing that would lead elsewhere with our credential.
bool is_stored_path(Bytes path, Method method) {
  const std::size_t slash = path.find('/');
  const Bytes id = path.substr(0, slash);
  for (const char c : id)
    if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && c != '_' && c != '-')
      return false;
  if (id.empty() || id.size() > kMaxStoredId) return false;
  if (slash == Bytes::npos) return method == Method::get || method == Method::delete_;
  const Bytes rest = path.substr(slash + 1);
  return (rest == "cancel" && method == Method::post) || (rest == "input_items" && method == Method::get);
}

}  // namespace

void Exchange::list_models() {
  if (!knows_fields()) return;
  const std::string body = models_document(gateway_.catalog(), endpoint_.client);
  record_.status = 200;
  downstream_.answer(200, "application/json", body);
}

void Exchange::show_model() {
  if (!knows_fields()) return;
  const auto name = decode_path(endpoint_.model, dialect::Envelope::kMaxModelSize);
  const auto resolution = name ? gateway_.catalog().find(*name) : std::nullopt;
  if (!resolution) return refuse(Fault::model_not_found, {.text = name ? Bytes(*name) : Bytes(), .param = "model"});
  const std::string body = model_document(*name, *resolution, endpoint_.client);
  record_.status = 200;
  downstream_.answer(200, "application/json", body);
}

// ---- Counting tokens.

bool Exchange::write_count(Asking& asking, Bytes text) {
  dialect::Request request;
  dialect::Loss loss;
  dialect::read_counted(endpoint_.client, text, request, loss);
  race_->estimate = dialect::estimate_tokens(request);
  asking.call.kind = Call::Kind::count_tokens;
  const dialect::Target target = target_of(asking);
  if (record_.provider_dialect == endpoint_.client) {
    dialect::Loss none;
    asking.edits = dialect::write_passthrough(endpoint_.client, race_->envelope, text, target, asking.scratch, none);
    return accept(none);
  }
  if (loss.refused()) return accept(loss);
  if (record_.provider_dialect == Dialect::openai_chat) {
    give_count(race_->estimate, true);
    return false;
  }
  std::string body;
  dialect::write_count_tokens(record_.provider_dialect, request, target, body, loss);
  return accept(loss) && hold_translated(asking, body);
}

io::Task<> Exchange::relay_count(codec::ResponseHead& head) {
  if (head.status == 404 || head.status == 405 || head.status == 501) {
    // Servers of this dialect need not have this endpoint; those that have it may lack the model.
    const int status = head.status;
    auto& upstream = attempt_->upstream();
    net::Body body;
    while (!upstream.body_done() && body.size() <= kMaxCountBytes) {
      const auto part = co_await upstream.read_body(next_frame_deadline());
      if (!part) break;
      body.append(loop_.buffers(), *part);
    }
    std::string scratch;
    const auto error = dialect::read_error(status, body.contiguous(gateway_.context().scratch), scratch);
    if (status == 404 && error.message.contains("model")) {
      fail(failure_of(error));
    } else {
      give_count(race_->estimate, true);
    }
  } else if (head.status >= 300) {
    co_await relay_error(head);
  } else if (record_.provider_dialect == endpoint_.client) {
    co_await relay_document(head);
  } else {
    auto& upstream = attempt_->upstream();
    net::Body body;
    while (!upstream.body_done() && body.size() <= kMaxCountBytes) {
      const auto part = co_await upstream.read_body(next_frame_deadline());
      if (!part) co_return fail(at_deadline(part.error()));
      body.append(loop_.buffers(), *part);
    }
    const auto tokens =
        dialect::read_token_count(record_.provider_dialect, body.contiguous(gateway_.context().scratch));
    give_count(tokens.value_or(race_->estimate), !tokens);
  }
}

void Exchange::give_count(std::uint64_t tokens, bool estimated) {
  std::string body;
  dialect::write_token_count(endpoint_.client, tokens, body);
  record_.status = 200;
  downstream_.answer(200, "application/json", body, estimated ? Bytes("x-weir-estimated: true\r\n") : Bytes());
}

// ---- Answers that a provider keeps.

void Exchange::remember_owner(Bytes payload) {
  gateway_.remember_owner(dialect::openai_responses::read_answer_id(payload), attempt_->provider_index());
}

io::Task<> Exchange::stored() {
  if (!is_stored_path(endpoint_.stored, head_.method)) co_return refuse(Fault::not_found);
  net::Body body;
  if (const auto read = co_await downstream_.read_body(body); !read) co_return refuse(read.error());
  body.clear();  // none of these questions needs one
  if (!knows_fields()) co_return;

  const auto providers = gateway_.catalog().providers();
  const auto owner = gateway_.owner_of(endpoint_.stored.substr(0, endpoint_.stored.find('/')));
  downstream_.watch(&on_client_gone, this);
  Fault last = Fault::not_found;
  for (std::size_t i = 0; i < providers.size(); ++i) {
    if (owner ? i != *owner : !providers[i].dialects.has(Dialect::openai_responses)) continue;
    if (client_gone_) co_return refuse(Fault::client_gone);
    record_.provider = providers[i].name;
    record_.cell = gateway_.catalog().cell_of_provider(i);
    ++record_.attempts;
    const Call call{.kind = Call::Kind::stored,
                    .dialect = Dialect::openai_responses,
                    .stored = endpoint_.stored,
                    .query = codec::split_target(head_.target).query,
                    .method = head_.method};
    attempt_.reset();
    attempt_.emplace(gateway_, record_,
                     catalog::Target{.provider = &providers[i], .provider_index = i, .cell = record_.cell});
    const auto head = co_await attempt_->start({call, head_, body}, {}, deadline_);
    if (!head) {
      last = at_deadline(head.error());
      attempt_->end({.blame = routing::blame_of(last)});
      continue;
    }
    if ((*head)->status == 404 && !owner) {
      last = Fault::not_found;  // another one may keep it
      attempt_->end({});
      continue;
    }
    first_byte_answered();
    co_return co_await pass_stored(**head);
  }
  refuse(last, {.text = endpoint_.stored, .param = {}});
}

io::Task<> Exchange::pass_stored(codec::ResponseHead& head) {
  record_.provider_dialect = endpoint_.client;
  const auto* type = head.find(codec::HeaderId::content_type);
  if (head.status >= 300) {
    co_await relay_error(head);
  } else if (type && type->value.starts_with("text/event-stream")) {
    co_await relay_stream(head);
  } else {
    co_await relay_document(head);
  }
  attempt_->end({.blame = record_.fault ? routing::blame_of(*record_.fault) : routing::Blame::none});
  attempt_->release();
}

}  // namespace weir::gateway
