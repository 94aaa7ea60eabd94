// What clients of all dialects ask, and what of it reaches which provider.
#include <algorithm>
#include <array>

#include "question.h"
#include "request_wire.h"
#include "spoken_plan.h"
#include "weir/catalog/model_traits.h"
#include "weir/catalog/provider_kind.h"
#include "weir/dialect/error_report.h"
#include "weir/dialect/estimate.h"

namespace weir::sim {

using dialect::Dialect;

namespace {

constexpr std::size_t kMostWeirAdds = 1400;  // of the client's head, and of what is around a text in a body

class Maker : RequestWire {
 public:
  Maker(Random& random, int id, const net::Options& limits, bool faultless, bool last, const SiteWish& wish)
      : RequestWire(random, id, last), limits_(limits), faultless_(faultless), wish_(wish) {
    spoken().planned = true;
  }

  RequestPlan make() {
    spoken().client = dialect::kDialects[random_.below(dialect::kDialects.size())];
    choose_provider();
    const std::uint64_t dice = random_.below(100);
    if (dice < 4) {
      models();
    } else if (dice < 12) {
      harmless_refusal();
    } else if (dice < 18) {
      stored();
    } else if (dice < 26 && client() != Dialect::openai_chat) {
      count();
    } else {
      answer();
    }
    return std::move(plan_);
  }

  RequestPlan make_pooled(const Pools& pools) {
    draw(pools);
    return std::move(plan_);
  }

 private:
  Spoken& spoken() { return plan_.spoken; }
  Dialect client() { return spoken().client; }

  void choose_provider() {
    // Half of those that could be passed through are.
    do provider_ = &kSpokenProviders[random_.below(std::size(kSpokenProviders))];
    while (!is_at_site(*provider_, plan_.site) ||
           (provider_->dialect == Dialect::openai_chat && client() == Dialect::openai_chat && !provider_->stream_only));
    spoken().provider = spoken().context.provider = provider_->dialect;
    plan_.provider = 0;
    for (std::size_t site = 0; site < plan_.site; ++site)
      for (const SpokenProvider& provider : kSpokenProviders) plan_.provider += is_at_site(provider, site);
    for (const SpokenProvider* before = kSpokenProviders; before < provider_; ++before)
      plan_.provider += is_at_site(*before, plan_.site);
    const auto auth = catalog::auth_header(catalog::find_provider_kind(provider_->kind)->auth);
    spoken().credential_field = auth.name;
    spoken().credential = std::string(auth.prefix) + std::string(kCredential);
  }

  void name_model() {
    name_provider_model();
    const bool direct = random_.one_in(2);
    plan_.model =
        direct && wish_.sites == 1 ? std::string(provider_->name) + "/" + plan_.provider_model : "alias-" + id();
    plan_.aliased = plan_.model.starts_with("alias-");
    spoken().model = plan_.model;
  }

  void name_provider_model() {
    std::string base = "real-";
    if (provider_->dialect == Dialect::anthropic_messages)
      base = std::array{"claude-3-5-haiku-", "claude-sonnet-4-", "claude-sonnet-4-5-",
                        "claude-opus-4-8-"}[random_.below(4)];
    if (provider_->dialect == Dialect::gemini)
      base = std::array{"gemini-2.0-flash-", "gemini-2.5-flash-", "gemini-3-pro-"}[random_.below(3)];
    plan_.provider_model = base + id();
    spoken().deployment = name_at_site(*provider_, plan_.site) + "/" + plan_.provider_model;
  }

  std::string gemini_target(Bytes method) {
    std::string name = plan_.model;
    const std::size_t slash = name.find('/');
    if (slash != std::string::npos && random_.one_in(2)) name.replace(slash, 1, "%2F");
    return (random_.one_in(3) ? "/v1/models/" : "/v1beta/models/") + name + ":" + std::string(method);
  }

  /// The head as this dialect's SDKs write it.
  std::string spoken_fields() {
    std::string text = "Host: gateway.example\r\n";
    switch (client()) {
      case Dialect::anthropic_messages:
        text += "x-api-key: " + std::string(key()) + "\r\nanthropic-version: 2023-06-01\r\n";
        if (random_.one_in(3)) text += "anthropic-beta: some-feature-2026\r\n";
        break;
      case Dialect::gemini:
        text += "x-goog-api-key: " + std::string(key()) + "\r\nx-goog-api-client: world\r\n";
        break;
      case Dialect::openai_chat:
      case Dialect::openai_responses:
        text += "Authorization: Bearer " + std::string(key()) + "\r\n";
    }
    text += "x-request-id: exchange-" + id() + "\r\n";
    if (random_.one_in(2)) text += "User-Agent: world/1.0\r\naccept: */*\r\naccept-encoding: gzip, br\r\n";
    if (random_.one_in(4)) text += "cookie: a=b\r\nx-forwarded-for: 10.0.0.1\r\nOpenAI-Organization: of-the-client\r\n";
    if (!plan_.session.empty()) text.append("x-weir-session: ").append(plan_.session).append("\r\n");
    if (random_.one_in(6)) text += "Connection: keep-alive, x-private\r\nx-private: hop\r\n";
    return text;
  }

  std::size_t body_room() const {
    const std::size_t most = limits_.max_body_bytes;
    return most > kMostWeirAdds ? most - kMostWeirAdds : 0;
  }

  std::size_t text_size() {
    const std::size_t room = body_room() / 2;
    return 1 + (random_.one_in(4) ? random_.below(room + 1) : random_.below(std::min<std::size_t>(room, 300) + 1));
  }

  dialect::Target target(bool streams) const {
    dialect::Target target{.model_id = plan_.provider_model,
                           .quirks = {},
                           .traits = catalog::model_traits(plan_.provider_model),
                           .budgets = {},
                           .stream = streams};
    if (provider_->stream_only) target.quirks = {dialect::Quirk::stream_only};
    return target;
  }

  static std::string name_of(Dialect dialect) { return std::string(to_string(dialect)); }

  void provider_target(bool streams, bool counts) {
    switch (provider_->dialect) {
      case Dialect::openai_chat:
        spoken().target = "/v1/chat/completions";
        break;
      case Dialect::openai_responses:
        spoken().target = counts ? "/v1/responses/input_tokens" : "/v1/responses";
        break;
      case Dialect::anthropic_messages:
        spoken().target = counts ? "/v1/messages/count_tokens" : "/v1/messages";
        break;
      case Dialect::gemini:
        spoken().target = "/v1/models/" + plan_.provider_model +
                          (counts    ? ":countTokens"
                           : streams ? ":streamGenerateContent?alt=sse"
                                     : ":generateContent");
    }
  }

  void answer() {
    name_model();
    // (A chat completion that is streamed to a chat client passes through and is planned by request_plan.cpp.)
    plan_.wants_stream = !random_.one_in(3) && (!provider_->stream_only || client() != Dialect::openai_chat);
    const bool stream = plan_.wants_stream;
    spoken().array = client() == Dialect::gemini && stream && random_.one_in(3);
    const bool collects = choose_lane();
    choose_target();
    plan_.name = name_of(client()) + " to " + name_of(provider_->dialect) + (stream ? ", stream" : ", document") +
                 (spoken().array ? " as an array"
                  : collects     ? " of a stream"
                                 : "");
    const std::string body = make_question(random_, {.id = plan_.id,
                                                     .client = client(),
                                                     .stream = stream,
                                                     .translated = spoken().translates_request(),
                                                     .max_bytes = text_size()});
    const std::string written = fill_model(body, plan_.model);
    if (!forward(body, written, stream || collects)) return write(spoken_fields(), written);
    plan_answer(stream || collects);
    write(spoken_fields(), written);
    if (wish_.sites > 1) deploy_elsewhere(body, written);
  }

  void choose_target() {
    switch (client()) {
      case Dialect::openai_chat:
        break;
      case Dialect::openai_responses:
        target_ = "/v1/responses";
        break;
      case Dialect::anthropic_messages:
        target_ = "/v1/messages";
        break;
      case Dialect::gemini:
        target_ = gemini_target(plan_.wants_stream ? "streamGenerateContent" : "generateContent");
        if (plan_.wants_stream && !spoken().array) target_ += "?alt=sse";
    }
  }

  /// True when the provider streams and the client does not.
  bool choose_lane() {
    spoken().document = !plan_.wants_stream;
    const bool collects = !plan_.wants_stream && provider_->stream_only;
    spoken().lane = collects                                           ? SpokenLane::collect
                    : client() != provider_->dialect || spoken().array ? SpokenLane::translate
                                                                       : SpokenLane::pass;
    return collects;
  }

  void plan_answer(bool streams) {
    provider_target(streams, false);
    const bool ails = wish_.sites > 1 && !random_.one_in(3);
    plan_.answer = plan_spoken_answer(random_,
                                      {.id = plan_.id,
                                       .provider_streams = streams,
                                       .may_break = !faultless_ || (wish_.sites > 1 && wish_.may_break),
                                       .ails = ails,
                                       .max_bytes = random_.one_in(3) ? 3000U : 300U,
                                       .client = client()},
                                      spoken());
  }

  /// The same question to providers at other sites, each with an answer of its own. Who has no words for it is left
  /// out.
  void deploy_elsewhere(const std::string& body, const std::string& written) {
    const RequestPlan first = plan_;
    std::vector<RequestPlan> others;
    for (std::size_t site = 1; site < wish_.sites; ++site) {
      plan_ = first;
      plan_.site = site;
      plan_.provider_body.clear();
      plan_.spoken = {.planned = true, .client = first.spoken.client, .array = first.spoken.array};
      plan_.spoken.model = first.spoken.model;
      choose_provider();
      // (Nor is a chat completion that would pass through: request_plan.cpp has those.)
      if (provider_->dialect == Dialect::openai_chat && client() == Dialect::openai_chat && plan_.wants_stream)
        continue;
      name_provider_model();
      const bool streams = choose_lane() || plan_.wants_stream;
      if (!forward(body, written, streams)) continue;
      plan_answer(streams);
      others.push_back(plan_);
    }
    plan_ = first;
    plan_.others = std::move(others);
    plan_.place = random_.below(plan_.deployments());
  }

  // ---- Pools.

  static const SpokenProvider& provider_of(const Member& member) { return kSpokenProviders[member.spoken]; }

  void draw(const Pools& pools) {
    const auto speaks_chat = [](const Member& member) { return provider_of(member).dialect == Dialect::openai_chat; };
    do spoken().client = dialect::kDialects[random_.below(dialect::kDialects.size())];
    while (client() == Dialect::openai_chat && std::ranges::any_of(pools.members, speaks_chat));
    plan_.pool = random_.below(pools.pools.size());
    Pool pool = pools.pools[plan_.pool];
    const Random wishes((pools.seed << 16) ^ static_cast<std::uint64_t>(plan_.id) ^ 0x77697368);
    const bool unreadable = want_tags(pool.route);
    plan_.model = spoken().model = pool.name;
    plan_.aliased = true;
    plan_.wants_stream = !random_.one_in(3);
    if (!random_.one_in(3)) plan_.session = random_.one_in(4) ? "session-b" : "session-a";
    spoken().array = client() == Dialect::gemini && plan_.wants_stream && random_.one_in(3);
    choose_target();
    plan_.name = name_of(client()) + (plan_.wants_stream ? " stream" : " document") + " from " + pool.name;
    std::string body, written;
    do {  // until everybody has words for it
      body = make_question(random_, {.id = plan_.id,
                                     .client = client(),
                                     .stream = plan_.wants_stream,
                                     .translated = true,
                                     .max_bytes = text_size()});
      written = fill_model(body, plan_.model);
      limit_.clear();
    } while (!deploy(pools, pool, wishes, body, written));
    if (unreadable) {
      say_nonsense(wishes);
      plan_.others.clear();
      plan_.doors.clear();
      plan_.forwarded = false;
      plan_.status = row(Fault::header_invalid).status;
      plan_.name += ", with a wish that cannot be read";
    }
    write(spoken_fields() + wishes_ + limit_, written);
  }

  /// What the request itself says about who may answer it. True: it says what nobody can read.
  bool want_tags(catalog::RoutePolicy& route) {
    if (random_.one_in(8)) {
      route.require_tags.push_back("own");
      wishes_ += "x-weir-tags: own\r\n";
    }
    if (random_.one_in(8)) {
      route.forbid_tags.push_back("far");
      wishes_ += "X-Weir-Forbid-Tags: far, farther\r\n";
    }
    return random_.one_in(25);
  }

  void say_nonsense(Random random) {
    static constexpr std::array kAmounts = {"much",  "0,02",         "-1",      "+1",  "1e-3", "",
                                            "$0.02", "0.0000000001", "1000001", "1 2", ".5",   "0.02, 0.03"};
    static constexpr std::array kLists = {"", ",", "own,", "own far", "own;far", "\"own\""};
    const std::uint64_t dice = random.below(10);
    std::string& shown = spoken().shown = "x-weir-max-cost";
    if (dice < 2) shown = dice == 0 ? "x-weir-tags" : "x-weir-forbid-tags";
    limit_ += shown + ": " + (dice < 2 ? kLists[random.below(kLists.size())] : kAmounts[random.below(kAmounts.size())]);
    limit_ += "\r\n";
    if (dice == 8) limit_ = (shown = "x-weir-forbid-tgas") + ": far\r\n";  // there is no such field
    if (dice < 9) return;
    limit_ = "x-weir-max-cost: 1\r\nx-weir-max-cost: 1\r\n";  // which one?
  }

  static std::string dollars(std::int64_t nano, bool all_decimals) {
    char text[40];
    std::snprintf(text, sizeof text, "%lld.%09lld", static_cast<long long>(nano / 1'000'000'000),
                  static_cast<long long>(nano % 1'000'000'000));
    std::string made = text;
    while (!all_decimals && made.ends_with('0')) made.pop_back();
    return made;
  }

  /// What the request itself says about its cost, so that it is sure who is left out. Returns the lower limit.
  std::int64_t want_cost(const Pools& pools, const Pool& pool, Random random) {
    const std::int64_t own = pool.route.most_cost_nano_usd;
    if (!random.one_in(6)) return own;
    const Member& member = pools.members[random.below(pools.members.size())];
    const std::uint64_t dice = random.below(10);
    std::int64_t wanted = 0;
    if (dice < 4) wanted = most_cost(member, plan_.sizes);  // just enough
    if (dice >= 4 && dice < 8) wanted = std::max<std::int64_t>(least_cost(member, plan_.sizes) - 1, 0);
    if (dice == 8) wanted = 1'000'000'000'000'000;
    limit_ = random.one_in(2) ? "x-weir-max-cost: " : "X-Weir-Max-Cost:";
    limit_ += dollars(wanted, random.one_in(2)) + "\r\n";
    return own == kNoLimit ? wanted : std::min(own, wanted);
  }

  bool deploy(const Pools& pools, const Pool& pool, const Random& wishes, const std::string& body,
              const std::string& written) {
    plan_.sizes = {};
    plan_.limited = false;
    RequestPlan bare = plan_;
    dialect::Request request;
    dialect::Loss loss;
    dialect::read(client(), written, request, loss);
    bare.sizes = plan_.sizes = sizes_of(pool, request);
    const std::int64_t most_cost = want_cost(pools, pool, wishes);
    bare.limited = most_cost != kNoLimit;
    if (std::ranges::any_of(pools.members, [&](const Member& m) { return is_doubtful(m, bare.sizes, most_cost); }))
      return plan_ = bare, false;
    std::vector<RequestPlan> made;
    for (std::size_t i = 0; i < pools.members.size(); ++i) {
      const Member& member = pools.members[i];
      plan_ = bare;
      provider_ = &provider_of(member);
      plan_.site = member.site;
      plan_.member = i;
      plan_.provider = pools.first_provider + i;
      plan_.provider_model = member.model_id;
      plan_.misfit = misfit_of(pools, pool, member, request, most_cost);
      spoken().provider = spoken().context.provider = provider_->dialect;
      spoken().deployment = member.name();
      present_credential(i, 0);
      const bool streams = choose_lane() || plan_.wants_stream;
      if (!forward(body, written, streams)) {
        plan_ = bare;
        return false;
      }
      answer_pooled(member, streams);
      made.push_back(std::move(plan_));
    }
    plan_ = std::move(made.front());
    made.erase(made.begin());
    plan_.others = std::move(made);
    return true;
  }

  void present_credential(std::size_t member, std::size_t index) {
    const auto auth = catalog::auth_header(catalog::find_provider_kind(provider_->kind)->auth);
    spoken().credential_field = auth.name;
    spoken().credential = std::string(auth.prefix) + credential_of(member, index);
  }

  void answer_pooled(const Member& member, bool streams) {
    provider_target(streams, false);
    const RequestPlan bare = plan_;
    const SpokenWish wish{.id = plan_.id,
                          .provider_streams = streams,
                          .may_break = !random_.one_in(3),
                          .ails = member.sick ? !random_.one_in(6) : random_.one_in(6),
                          .coded = true,
                          .max_bytes = 300U,
                          .client = client()};
    plan_.answer = plan_spoken_answer(random_, wish, spoken());
    if (member.slow && !plan_.answer.wire.empty()) {
      const Duration late(static_cast<std::int64_t>(random_.between(10, 100)) * 1'000'000);
      plan_.answer.pauses.insert(plan_.answer.pauses.begin(), {0, std::max(late, member.least_late)});
    }
    const RequestPlan taken = plan_;
    std::vector<RequestPlan> doors;
    for (std::size_t i = 0; i < member.doors.size(); ++i) {
      const Door door = member.doors[i];
      plan_ = door == Door::open ? taken : bare;
      present_credential(plan_.member, i);
      if (door != Door::open)
        plan_.answer = plan_spoken_answer(random_, {.id = plan_.id, .door = door, .client = client()}, spoken());
      doors.push_back(plan_);
    }
    plan_ = taken;
    plan_.doors = std::move(doors);
  }

  /// What the provider has to get. False: the request has no place in its dialect.
  bool forward(const std::string& body, const std::string& written, bool streams) {
    plan_.forwarded = true;
    spoken().context.array = spoken().array;
    if (!spoken().translates_request()) {
      plan_.provider_body = fill_model(body, plan_.provider_model);
      return true;
    }
    dialect::Request request;
    dialect::Loss loss;
    dialect::read(client(), written, request, loss);
    request.stream = plan_.wants_stream;
    const dialect::Target to = target(streams);
    if (!loss.refused()) dialect::write(provider_->dialect, request, to, plan_.provider_body, loss);
    if (loss.refused()) {
      plan_.forwarded = false;
      plan_.name += ", which cannot be said there";
      plan_.status = row(loss.refusal().fault).status;
      spoken().shown = loss.refusal().field;
      spoken().lane = SpokenLane::pass;
      return false;
    }
    for (const std::string& name : loss.dropped()) spoken().dropped += (spoken().dropped.empty() ? "" : ",") + name;
    spoken().context.include_usage = request.include_usage;
    spoken().context.emulated_schema = dialect::emulates_schema(provider_->dialect, request, to);
    return true;
  }

  void count() {
    name_model();
    spoken().lane = SpokenLane::count;
    target_ = client() == Dialect::openai_responses     ? "/v1/responses/input_tokens"
              : client() == Dialect::anthropic_messages ? "/v1/messages/count_tokens"
                                                        : gemini_target("countTokens");
    plan_.name = name_of(client()) + " counts with " + name_of(provider_->dialect);
    const std::string body =
        make_question(random_, {.id = plan_.id, .client = client(), .counts = true, .max_bytes = text_size()});
    const std::string written = fill_model(body, plan_.model);
    dialect::Request request;
    dialect::Loss loss;
    dialect::read_counted(client(), written, request, loss);
    spoken().estimate = dialect::estimate_tokens(request);
    plan_.forwarded = true;
    if (client() == provider_->dialect) {
      plan_.provider_body = fill_model(body, plan_.provider_model);
    } else if (provider_->dialect == Dialect::openai_chat && !loss.refused()) {
      plan_.forwarded = false;
      plan_.status = 200;
      write_token_count(client(), spoken().estimate, spoken().shown);
    } else if (!loss.refused()) {
      dialect::write_count_tokens(provider_->dialect, request, target(false), plan_.provider_body, loss);
    }
    if (loss.refused() && client() != provider_->dialect) {
      plan_.forwarded = false;
      plan_.status = row(loss.refusal().fault).status;
      spoken().shown = loss.refusal().field;
    }
    if (plan_.forwarded) {
      provider_target(false, true);
      plan_.answer =
          plan_spoken_answer(random_, {.id = plan_.id, .may_break = !faultless_, .client = client()}, spoken());
    }
    write(spoken_fields(), written);
  }

  /// Something about an answer that the provider of Responses keeps.
  void stored() {
    for (const SpokenProvider& provider : kSpokenProviders)
      if (provider.dialect == Dialect::openai_responses) provider_ = &provider;
    spoken().client = spoken().provider = Dialect::openai_responses;
    spoken().lane = SpokenLane::stored;
    spoken().credential_field = "authorization";
    spoken().credential = "Bearer " + std::string(kCredential);
    plan_.provider = static_cast<std::size_t>(provider_ - kSpokenProviders);
    plan_.forwarded = true;
    plan_.unnamed = true;
    spoken().deployment = std::string(provider_->name) + "/";
    std::string path = "/v1/responses/resp_" + id();
    switch (random_.below(4)) {
      case 0:
        plan_.method = "DELETE";
        break;
      case 1:
        path += "/cancel";
        break;
      case 2:
        plan_.method = "GET";
        path += "/input_items?limit=3";
        break;
      default:
        plan_.method = "GET";
    }
    spoken().method = plan_.method;
    spoken().target = path;
    plan_.name = plan_.method + " " + path;
    plan_.answer =
        plan_spoken_answer(random_, {.id = plan_.id, .may_break = !faultless_, .client = client()}, spoken());
    std::string text = spoken_fields();
    if (plan_.method == "POST") text += "content-length: 0\r\n";
    start(plan_.name, text);
  }

  void models() {
    plan_.method = random_.one_in(3) ? "HEAD" : "GET";
    plan_.status = 200;
    const Bytes base = client() == Dialect::gemini && random_.one_in(2) ? "/v1beta/models" : "/v1/models";
    std::string path(base);
    const std::uint64_t which = random_.below(3);
    if (which == 1) path += "/known";
    if (which == 2) path += "/unknown", plan_.status = 404;
    // Nothing tells the two of OpenAI's apart, nor has to.
    if (client() == Dialect::openai_responses) spoken().client = Dialect::openai_chat;
    if (plan_.status == 200) {
      constexpr Bytes kOne[] = {R"("object":"model")", R"("object":"model")", R"("type":"model")",
                                R"("name":"models/known")"};
      spoken().shown = kOne[static_cast<std::size_t>(client())];
    }
    plan_.name = plan_.method + " " + path;
    start(plan_.name, spoken_fields());
  }

  void harmless_refusal() {
    plan_.model = "known";
    std::string body =
        fill_model(make_question(random_, {.id = plan_.id, .client = client(), .max_bytes = 100}), "known");
    choose_target();
    switch (random_.below(4)) {
      case 0:
        refused(400, "malformed JSON");
        body.resize(body.find_last_of('}'));
        break;
      case 1:
        refused(400, "too deep");
        body.insert(body.find('{') + 1, R"("x":)" + std::string(200, '[') + std::string(200, ']') + ",");
        break;
      case 2:
        refused(404, "unknown model");
        plan_.model = "nobody";
        body = fill_model(make_question(random_, {.id = plan_.id, .client = client(), .max_bytes = 100}), "nobody");
        if (client() == Dialect::gemini) target_ = gemini_target("streamGenerateContent");
        break;
      default:
        refused(400, "no model");
        body = R"({"messages":[]})";
        if (client() != Dialect::gemini) break;
        if (!last_) return models();
        refused(404, "unknown method");
        plan_.refused_unread = true;
        target_ = gemini_target("generateNothing");
    }
    const std::string name = name_of(client()) + ", " + plan_.name;
    write(spoken_fields(), body);
    plan_.name = name;
  }

  const net::Options& limits_;
  bool faultless_;
  const SiteWish& wish_;
  const SpokenProvider* provider_ = nullptr;
  std::string wishes_;  // fields that say who may answer...
  std::string limit_;   // ...and what that may cost
};

}  // namespace

int SpokenWish::status_of(const dialect::FaultReport& error) const {
  const auto code = parse_decimal(error.code);
  if (code && *code >= 400 && *code <= 599) return static_cast<int>(*code);
  if (error.error_class == dialect::ErrorClass::server) return row(Fault::upstream_stream_error).status;
  return dialect::status_for(
      client, {.error_class = error.error_class, .status = 0, .message = {}, .code = {}, .type = {}, .param = {}});
}

RequestPlan plan_spoken_request(Random& random, int id, const net::Options& limits, bool faultless, bool last,
                                const SiteWish& wish) {
  return Maker(random, id, limits, faultless, last, wish).make();
}

RequestPlan plan_pooled_request(Random& random, int id, const net::Options& limits, const Pools& pools) {
  return Maker(random, id, limits, false, false, {}).make_pooled(pools);
}

}  // namespace weir::sim
