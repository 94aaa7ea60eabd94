#include "stitched_world.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>

#include "http_reader.h"
#include "script.h"
#include "weir/dialect/checker.h"
#include "weir/dialect/registry.h"
#include "weir/gateway/shard.h"
#include "weir/io/frame_pool.h"
#include "weir/net/client_gate.h"
#include "weir/net/server.h"
#include "weir/shared/load_board.h"

namespace weir::sim {
namespace {

using dialect::Dialect;

constexpr Bytes kLog = "access.log";
constexpr io::Address kGateway{.ip = {127, 0, 0, 1}, .port = 8080, .v6 = false};
constexpr std::uint64_t kMostTurns = 1'000'000;
constexpr std::uint32_t kAttempts = 4;
constexpr std::size_t kOpensBreaker =
    5;  // failures in a row; who is shut while a request is under way is not returned to
constexpr Bytes kThoughts = "thinking about it";

/// Who may be asked. The first may be anybody; the others are known to go on with a text.
struct Site {
  Bytes kind;
  Dialect dialect = Dialect::openai_chat;
  Bytes model;
  Bytes mark;  ///< in every request for a rest

  bool repeats() const { return mark == R"("prefix":true)"; }
};

io::Address address_of(std::size_t site) {
  return {.ip = {10, 0, 0, static_cast<std::uint8_t>(2 + site)}, .port = 9100, .v6 = false};
}

enum class End : std::uint8_t { whole, finish, reset, error };

/// One request, and how often and where its answers break off.
struct Question {
  Dialect client = Dialect::openai_chat;
  std::vector<std::string> words;  ///< of the text, each with the white space before it
  std::string text;                ///< all of them
  std::deque<End> ends;            ///< of its answers; behind them all are whole
  bool thinks = false;
  std::optional<std::size_t> calls_after;  ///< so many words, then breaks off
};

std::string trimmed(std::string text) {
  for (bool cut = true; cut;) {
    cut = false;
    for (const Bytes space : {" ", "\\n", "\\t"})
      while (text.ends_with(space)) text.resize(text.size() - space.size()), cut = true;
  }
  return text;
}

Question plan_question(Random& random, int number) {
  static constexpr Bytes kSpaces[] = {" ", " ", " ", "  ", "\\n", "\\n\\n", " \\n", "\\t", " \\u00e9", " \xc3\xa9\\\"",
                                      ", "};
  Question question;
  question.client = dialect::kDialects[random.below(4)];
  for (std::uint64_t n = random.between(1, random.one_in(4) ? 200 : 20); n > 0; --n) {
    std::string word = question.words.empty() ? "" : std::string(kSpaces[random.below(std::size(kSpaces))]);
    word.append("q").append(std::to_string(number)).append("w").append(std::to_string(question.words.size()));
    if (random.one_in(3)) word += kSpaces[random.below(8)];  // white space at the end, where answers may break off
    question.text += question.words.emplace_back(std::move(word));
  }
  for (std::uint64_t n = random.below(kAttempts + 1); n > 0; --n)
    question.ends.push_back(static_cast<End>(random.between(1, 3)));
  question.thinks = random.one_in(4);
  if (random.one_in(8)) question.calls_after = random.below(question.words.size());
  return question;
}

std::string request_of(const Question& question) {
  std::string path = "/v1/chat/completions", body;
  switch (question.client) {
    case Dialect::openai_chat:
      body = R"({"model":"m","stream":true,"messages":[{"role":"user","content":"Say it."}]})";
      break;
    case Dialect::openai_responses:
      path = "/v1/responses";
      body = R"({"model":"m","stream":true,"store":false,"input":"Say it."})";
      break;
    case Dialect::anthropic_messages:
      path = "/v1/messages";
      body = R"({"model":"m","stream":true,"max_tokens":900,"messages":[{"role":"user","content":"Say it."}]})";
      break;
    case Dialect::gemini:
      path = "/v1beta/models/m:streamGenerateContent?alt=sse";
      body = R"({"contents":[{"role":"user","parts":[{"text":"Say it."}]}]})";
      break;
  }
  return "POST " + path + " HTTP/1.1\r\nHost: weir.test\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// What a client of any dialect makes of a stream, however much of it has come.
class Heard {
 public:
  Heard(Dialect dialect, Bytes body) : decoder_(dialect) {
    dialect::EventBatch batch(*this);
    for (const std::string& payload : read_sse(body).whole)
      if (!decoder_.done() && !decoder_.failed()) decoder_.decode(payload, batch);
  }
  void take(std::span<const dialect::Event> events) {
    lawful &= checker_.take(events);
    for (const dialect::Event& event : events) {
      if (const auto* begin = std::get_if<dialect::BlockBegin>(&event)) {
        kinds_.resize(std::max<std::size_t>(kinds_.size(), begin->index + 1));
        kinds_[begin->index] = begin->kind;
        has_call |= begin->kind == dialect::BlockKind::tool_call;
      } else if (const auto* delta = std::get_if<dialect::BlockDelta>(&event)) {
        if (kinds_[delta->index] == dialect::BlockKind::text) text += delta->text;
        if (kinds_[delta->index] == dialect::BlockKind::reasoning) thoughts += delta->text;
      }
    }
  }
  bool complete() const { return decoder_.complete() && !decoder_.failed(); }
  bool failed() const { return decoder_.failed(); }

  std::string text, thoughts;
  bool has_call = false;
  bool lawful = true;

 private:
  dialect::Decoder decoder_;
  dialect::Checker checker_;
  std::vector<dialect::BlockKind> kinds_;
};

class World {
 public:
  World(std::uint64_t seed, const Story& story)
      : random_(seed ^ 0x73746974),
        quiet_(random_.one_in(2)),
        network_(options(seed, quiet_)),
        sites_(plan_sites(random_)),
        catalog_(make_catalog()),
        ring_(network_),
        log_(network_.open_file(std::string(kLog))) {
    if (story) {
      telling_.tell = [this, story](Lane lane, const std::string& text) { story(network_.now(), lane, text); };
      network_.set_story([story](Instant now, Bytes line) { story(now, Lane::weir, std::string(line)); });
    }
    for (std::size_t site = 0; site < sites_.size(); ++site)
      network_.listen(address_of(site), [this, site](io::SimPeer& peer) { accept(site, peer); });
    gateway::ShardOptions shard_options;
    shard_options.log = log_;
    shard_ = std::make_unique<gateway::Shard>(0, ring_, shard_options, catalog_, keys_, loads_);
    listener_ = std::make_unique<net::Listener>(shard_->loop(), *ring_.listen(kGateway, 16), [this](io::Fd fd) {
      shard_->serve(fd, 0, *gate_.enter(ring_.peer_address(fd)));
    });
  }

  Outcome run() {
    const Instant begin = network_.now();
    const std::uint64_t questions = random_.between(1, 3);
    for (std::uint64_t i = 0; i < questions && broken_.empty(); ++i) ask(static_cast<int>(i));
    shard_->scope().spawn(finish());
    turn_until([this] { return ended_ && shard_->scope().running() == 0; });
    check_rest();
    ring_.close(log_);
    Outcome outcome;
    outcome.trace_hash = network_.trace_hash();
    outcome.events = network_.census();
    outcome.exchanges = questions;
    outcome.lasted = network_.now() - begin;
    outcome.probes = telling_.probes;
    outcome.answers = std::move(answers_);
    outcome.broken = std::move(broken_);
    return outcome;
  }

 private:
  /// A connection to a provider.
  struct Connection {
    HttpReader reader{HttpReader::Side::requests};
    std::size_t answered = 0;
    std::string wire;
    End end = End::whole;
    bool over = false;
  };

  static io::SimOptions options(std::uint64_t seed, bool quiet) {
    io::SimOptions options;
    options.seed = seed * 0x9e3779b97f4a7c15U;
    options.faults.split_segment = 300;
    options.faults.small_receive = 300;
    options.faults.short_send = 200;
    options.faults.slow_segment = 20;
    options.faults.late_completion = 50;
    if (!quiet) {
      options.faults.reset_midway = 10;
      options.faults.reset_for_end = 100;
      options.faults.connect_refused = 50;
    }
    return options;
  }

  static std::vector<Site> plan_sites(Random& random) {
    static constexpr Site kFirst[] = {{"openai", Dialect::openai_chat, "gpt-4o-mini", {}},
                                      {"openai", Dialect::openai_responses, "gpt-4o-mini", {}},
                                      {"gemini", Dialect::gemini, "gemini-2.5-flash", {}},
                                      {"anthropic", Dialect::anthropic_messages, "claude-opus-4-6", {}}};
    static constexpr Site kGoOn[] = {{"vllm", Dialect::openai_chat, "m", R"("continue_final_message":true)"},
                                     {"mistral", Dialect::openai_chat, "m", R"("prefix":true)"},
                                     {"moonshot", Dialect::openai_chat, "m", R"("partial":true)"}};
    std::vector<Site> sites = {kFirst[random.below(std::size(kFirst))],
                               {"anthropic", Dialect::anthropic_messages, "claude-haiku-4-5", {}},
                               kGoOn[random.below(std::size(kGoOn))]};
    if (random.one_in(3)) std::swap(sites[0], sites[1 + random.below(2)]);
    return sites;
  }

  catalog::Catalog make_catalog() const {
    std::vector<catalog::Provider> providers;
    catalog::Model model{.name = "m", .deployments = {}, .policy = {}, .route = {}};
    model.route.after_commit = catalog::AfterCommit::stitch;
    model.route.most_attempts = kAttempts;
    for (std::size_t i = 0; i < sites_.size(); ++i) {
      catalog::Provider& provider =
          providers.emplace_back(catalog::provider_of(*catalog::find_provider_kind(sites_[i].kind)));
      provider.name = "site-" + std::to_string(i);
      provider.dialects = {sites_[i].dialect};
      provider.base_url =
          *catalog::parse_base_url("http://10.0.0." + std::to_string(2 + i) + ":" + std::to_string(9100) + "/v1");
      model.deployments.push_back({i, std::string(sites_[i].model)});
    }
    std::vector<catalog::Model> models;
    models.push_back(std::move(model));
    return {std::move(providers), std::move(models), {}};
  }

  void broken(const std::string& what) {
    if (broken_.size() < 5) broken_.push_back("stitched: " + what);
    telling_.say(Lane::weir, [&] { return "BROKEN: " + what; });
  }

  template <class Condition>
  void turn_until(Condition&& condition) {
    for (std::uint64_t turns = 0; !condition(); ++turns) {
      if (turns > kMostTurns) return broken("the world does not come to an end");
      shard_->loop().turn();
      network_.step();
    }
  }

  io::Task<> finish() {
    co_await listener_->close();
    co_await shard_->drain();
    co_await shard_->finish();
    ended_ = true;
  }

  // ---- The client.

  void ask(int number) {
    question_ = plan_question(random_, number);
    asked_ = asked_for_rest_ = ends_made_ = 0;
    called_ = false;
    HttpReader reader(HttpReader::Side::answers);
    reader_ = &reader;
    reader.expect("POST", true, false);
    bool over = false;
    io::SimPeer& peer = network_.connect(kGateway);
    peer.on_connect = [this](io::SimPeer& p) { p.write(request_of(question_)); };
    peer.on_data = [&](io::SimPeer&, Bytes bytes) {
      reader.feed(bytes);
      over |= reader.completed() == 1;
    };
    peer.on_end = peer.on_reset = peer.on_refused = [&](io::SimPeer&) {
      reader.end();
      over = true;
    };
    turn_until([&] { return over; });
    peer.on_data = nullptr;
    peer.on_end = peer.on_reset = peer.on_refused = nullptr;
    peer.close();
    judge();
    const bool complete = heard().complete();
    reader_ = nullptr;
    const Instant logged = network_.now() + 100ms;  // lines are written 20 ms after they were made
    turn_until([&] { return network_.now() > logged; });
    judge_log(complete);
  }

  Heard heard() const {
    const auto& messages = reader_->messages();
    return {question_.client, messages.empty() || messages[0].status != 200 ? Bytes() : Bytes(messages[0].body)};
  }

  void judge() {
    const Heard client = heard();
    const auto& messages = reader_->messages();
    const bool whole = !messages.empty() && messages[0].complete;
    answers_.push_back(messages.empty() ? "" : std::to_string(messages[0].status) + " " + messages[0].body);
    if (!reader_->error().empty()) broken("an answer is not HTTP: " + reader_->error());
    if (!client.lawful) broken("the client's events are not in order");
    if (!question_.text.starts_with(client.text)) broken("the client's text is not what was said: " + client.text);
    if (!kThoughts.starts_with(client.thoughts)) broken("thoughts came twice: " + client.thoughts);
    if (client.complete() && client.text != question_.text) broken("an answer ends well and is not whole");
    if (client.complete() && client.has_call) broken("an answer ends well behind a call that broke off");
    if (whole && messages[0].status == 200 && !client.complete() && !client.failed())
      broken("a stream ends without an end");
    // Who breaks off in the midst of a thought or of a call has said nothing that could be continued.
    const bool decided = quiet_ && !called_ && !question_.thinks && all_ends_ < kOpensBreaker;
    if (decided && ends_made_ < kAttempts && !client.complete())
      broken("fewer answers broke off than there are attempts, and the client got no whole one; it got " +
             std::to_string(client.text.size()) + " of " + std::to_string(question_.text.size()) + " bytes");
    if (asked_for_rest_ > 0 && client.complete()) telling_.count(Probe::stitched);
    if (asked_for_rest_ > 1 && client.complete()) telling_.count(Probe::stitched_twice);
    if (asked_for_rest_ > 0 && client.failed()) telling_.count(Probe::stitched_in_vain);
    if (called_ && client.has_call && client.failed()) telling_.count(Probe::not_stitched_behind_a_call);
  }

  void judge_log(bool complete) {
    // (No line: its connection broke before it was there.)
    const Bytes line = network_.written(kLog).substr(std::exchange(logged_, network_.written(kLog).size()));
    constexpr Bytes kField = "\"stitched\":";
    const std::size_t field = line.find(kField);
    const std::size_t stitched = field == Bytes::npos ? 0 : static_cast<std::size_t>(line[field + kField.size()] - '0');
    if (stitched > asked_for_rest_ && !question_.thinks) broken("the log tells more parts than were asked for");
    if (stitched == 0 && complete && asked_for_rest_ > 0) broken("the log does not tell that the answer was stitched");
    if (line.contains("q0w")) broken("a text of a conversation in the log");
  }

  // ---- The providers.

  void accept(std::size_t site, io::SimPeer& peer) {
    Connection& connection = connections_.emplace_back();
    peer.on_data = [this, site, &connection](io::SimPeer& p, Bytes bytes) {
      connection.reader.feed(bytes);
      if (!connection.over && connection.wire.empty() && connection.reader.completed() > connection.answered) {
        answer(site, connection);
        write(connection, p);
      }
    };
    peer.on_writable = [this, &connection](io::SimPeer& p) { write(connection, p); };
    peer.on_end = [&connection](io::SimPeer& p) {
      connection.over = true;
      p.close();
    };
    peer.on_reset = [&connection](io::SimPeer&) { connection.over = true; };
  }

  /// The text behind which the rest is asked for; nothing where all of it is.
  std::optional<std::string> beginning_in(Bytes body) const {
    constexpr Bytes kStart = R"("role":"assistant","content":")";
    const std::size_t start = body.find(kStart);
    if (start == Bytes::npos) return std::nullopt;
    std::size_t end = start + kStart.size();
    while (end < body.size() && body[end] != '"') end += body[end] == '\\' ? 2 : 1;
    return std::string(body.substr(start + kStart.size(), end - start - kStart.size()));
  }

  void answer(std::size_t site, Connection& connection) {
    const Site& own = sites_[site];
    if (!reader_) return connection.over = true, void();  // the client is gone
    // One that breaks off on a used connection without a byte is taken to be stale, and is asked anew.
    if (connection.answered == 0) ++asked_;
    const std::string& body = connection.reader.messages()[connection.answered++].body;
    if (asked_ > kAttempts) broken("asked more often than there are attempts");
    const Heard client = heard();
    const auto beginning = beginning_in(body);
    telling_.say(Lane::provider, [&] {
      return "site " + std::to_string(site) + " is asked" + (beginning ? " behind: " + *beginning : std::string());
    });
    if (client.has_call) broken("somebody is asked behind a call");
    if (client.complete() || client.failed()) broken("somebody is asked behind the end");
    if (!beginning && !client.text.empty()) broken("asked for all of it although the client has a part");
    if (beginning) {
      ++asked_for_rest_;
      if (!question_.text.starts_with(*beginning)) broken("not what was said: " + *beginning);
      if (beginning->empty() || trimmed(*beginning) != *beginning) broken("white space at the end of a beginning");
      if (beginning->size() < trimmed(client.text).size()) broken("the client has more than the provider is told");
      const bool can = own.model == "claude-haiku-4-5" || !own.mark.empty();
      if (!can || !body.contains(own.mark)) broken("who cannot go on is asked to, or not told how");
    }
    const std::string said = beginning.value_or("");
    write_answer(own, said, connection);
  }

  void write_answer(const Site& site, const std::string& said, Connection& connection) {
    Script script{.id = "a" + std::to_string(asked_), .model = "m", .blocks = {}};
    if (question_.thinks)
      script.blocks.push_back({.kind = ScriptBlock::Kind::reasoning, .pieces = {std::string(kThoughts)}});
    ScriptBlock text{.kind = ScriptBlock::Kind::text};
    std::string rest = question_.text.substr(std::min(said.size(), question_.text.size()));
    if (site.repeats() && !said.empty()) rest = said + rest;
    // In the words that the text is made of, as far as they are left.
    std::size_t at = question_.text.size() - rest.size();
    if (site.repeats() && !said.empty()) at = 0;
    std::size_t end = 0;
    for (const std::string& word : question_.words) {
      end += word.size();
      if (end > at) text.pieces.push_back(question_.text.substr(at, end - at)), at = end;
    }
    const bool calls = question_.calls_after && !std::exchange(called_, true);
    if (calls) text.pieces.resize(std::min(text.pieces.size(), *question_.calls_after));
    if (!text.pieces.empty()) script.blocks.push_back(std::move(text));
    if (calls)
      script.blocks.push_back({.kind = ScriptBlock::Kind::call, .id = "toolu_1", .name = "f", .pieces = {"{}"}});
    connection.end = End::whole;
    if (calls) {
      connection.end = End::finish;
    } else if (!question_.ends.empty()) {
      connection.end = question_.ends.front();
      question_.ends.pop_front();
    }
    auto payloads = payloads_of(random_, site.dialect, script);
    // Up to the first payload with the call in it, or to any up to the last one with some text.
    std::size_t kept = payloads.size();
    std::size_t last_said = 0;
    for (std::size_t i = 0; i < payloads.size(); ++i) {
      if (calls && kept == payloads.size() && payloads[i].data.contains(R"("toolu_1")")) kept = i + 1;
      if (payloads[i].data.contains(Bytes("q"))) last_said = i;
    }
    if (connection.end != End::whole && !calls) kept = random_.between(0, last_said);
    std::string cut_off;  // the beginning of a frame that does not come to its end
    if (kept < payloads.size() && connection.end != End::error && !calls)
      cut_off = "data: " + payloads[kept].data.substr(0, random_.below(payloads[kept].data.size()));
    payloads.resize(kept);
    if (connection.end == End::error) payloads.push_back(error_payload(site.dialect, "x", random_.one_in(2)));
    std::string& wire = connection.wire;
    wire = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    const auto chunk = [&wire](const std::string& bytes) {
      static constexpr char kDigits[] = "0123456789abcdef";
      std::string size;
      for (std::size_t left = bytes.size(); left > 0; left /= 16) size.insert(0, 1, kDigits[left % 16]);
      if (!bytes.empty()) wire.append(size).append("\r\n").append(bytes).append("\r\n");
    };
    for (const Payload& payload : payloads)
      chunk((payload.event.empty() ? "" : "event: " + payload.event + "\n") + "data: " + payload.data + "\n\n");
    chunk(cut_off);
    if (connection.end == End::whole || connection.end == End::error) wire += "0\r\n\r\n";
    if (connection.end != End::whole) ++ends_made_, ++all_ends_;
  }

  void write(Connection& connection, io::SimPeer& peer) {
    if (connection.over || connection.wire.empty()) return;
    const std::size_t taken = peer.write(Bytes(connection.wire).substr(0, random_.between(1, 3000)));
    connection.wire.erase(0, taken);
    if (!connection.wire.empty()) {
      network_.schedule(Duration(static_cast<std::int64_t>(random_.below(3'000'000))),
                        [this, &connection, &peer] { write(connection, peer); });
      return;
    }
    if (connection.end == End::whole || connection.end == End::error) return;
    connection.over = true;
    // (A reset overtakes what is on its way.)
    connection.end == End::finish ? peer.finish() : peer.reset();
  }

  void check_rest() {
    const auto metrics = shard_->measure();
    if (metrics.in_flight != 0) broken("exchanges in flight at the end");
    if (metrics.connections != 0 || metrics.upstream_open != 0) broken("connections at the end");
    if (metrics.buffer_bytes_held != 0) broken("buffers held at the end");
    for (const std::uint64_t used : metrics.memory_used)
      if (used != 0) broken("memory reserved at the end");
    if (ring_.operations_in_flight() != 0) broken("operations in flight at the end");
  }

  Random random_;
  const bool quiet_;  // the network breaks nothing
  io::SimNetwork network_;
  const std::vector<Site> sites_;
  catalog::Catalog catalog_;
  admission::KeyTable keys_{{}, true};
  shared::LoadBoard loads_{1};
  shared::ClientTable client_table_{64, 1};
  net::ClientGate gate_{{.max_connections = 0, .exempt = {}}, client_table_};
  io::SimRing ring_;
  io::Fd log_;
  std::unique_ptr<gateway::Shard> shard_;
  std::unique_ptr<net::Listener> listener_;
  std::deque<Connection> connections_;
  Question question_;
  HttpReader* reader_ = nullptr;
  std::size_t logged_ = 0;
  std::size_t asked_ = 0;
  std::size_t asked_for_rest_ = 0;
  std::size_t ends_made_ = 0;  // answers that broke off
  std::size_t all_ends_ = 0;   // in this world
  bool called_ = false;
  bool ended_ = false;
  std::vector<std::string> answers_;
  std::vector<std::string> broken_;
  Telling telling_;
};

}  // namespace

Outcome run_stitched_world(std::uint64_t seed, const Story& story) { return World(seed, story).run(); }

}  // namespace weir::sim
