// What is asked of every dialect alike, over the registry: answers replayed in any pieces, told to a client of any
// dialect, and heard again. Golden cases and recordings are both judged by it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "unit/dialect/stream_runner.h"
#include "weir/base/random.h"
#include "weir/dialect/registry.h"

namespace weir::dialect::test {

using AnyRunner = BasicStreamRunner<dialect::Decoder>;

/// The name of a test that is made for each dialect.
inline std::string name_of(const ::testing::TestParamInfo<Dialect>& info) { return std::string(to_string(info.param)); }

/// White space may come first: some providers keep the connection awake with it.
inline bool is_document(Bytes body) {
  const std::size_t first = body.find_first_not_of(" \t\r\n");
  return first != Bytes::npos && (body[first] == '{' || body[first] == '[');
}

/// A whole answer in pieces of this size; a document comes at once. `torn`: the connection broke behind it.
template <class Runner>
void replay(Runner& runner, Bytes body, bool torn, std::size_t piece) {
  if (is_document(body)) return runner.document(body);
  for (std::size_t at = 0; at < body.size(); at += piece) runner.feed(body.substr(at, piece));
  runner.finish(torn);
}

/// What a listener says of an answer is what the decoder says.
inline void expect_tap_agrees(const AnyRunner& runner) {
  EXPECT_EQ(runner.facts, runner.tap_facts);
  EXPECT_EQ(runner.tap.usage(), runner.decoder.usage());
  EXPECT_EQ(runner.tap.complete(), runner.decoder.complete());
  EXPECT_EQ(runner.tap.finish_reason(), runner.decoder.finish_reason());
}

/// The events do not depend on how the stream's bytes come: in two pieces cut anywhere, byte by byte, in random pieces.
inline void expect_cuts_do_not_matter(Dialect provider, Bytes stream, const std::string& lines) {
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    AnyRunner runner(provider);
    runner.feed_cut(stream, cut);
    runner.finish();
    ASSERT_EQ(runner.lines, lines) << "cut at " << cut;
  }
  Random random(1);
  for (int round = 0; round < 30; ++round) {
    AnyRunner runner(provider);
    for (Bytes rest = stream; !rest.empty();) {
      const std::size_t size = round == 0 ? 1 : 1 + random.below(std::min<std::size_t>(rest.size(), 300));
      runner.feed(rest.substr(0, size));
      rest.remove_prefix(size);
    }
    runner.finish();
    ASSERT_EQ(runner.lines, lines) << "round " << round;
  }
}

/// The stream that a client gets of these events, whatever batches they come in.
inline std::string encoded(Dialect client, const std::vector<Event>& events, const AnswerContext& context) {
  dialect::Encoder at_once(client, context);
  dialect::Encoder one_by_one(client, context);
  std::string out, again;
  at_once.encode(events, out);
  at_once.end(out);
  for (const Event& event : events) one_by_one.encode({&event, 1}, again);
  one_by_one.end(again);
  EXPECT_EQ(again, out) << "the output depends on the batches";
  return out;
}

/// The same as a document.
inline std::string documented(Dialect client, const std::vector<Event>& events, const AnswerContext& context) {
  Collector collector(1 << 20);
  collector.take(events);
  std::string out;
  write_document(client, collector.answer(), context, out);
  codec::JsonReader json(out);
  json.skip_value();
  EXPECT_TRUE(json.finish()) << out;
  return out;
}

/// What a client gets of an answer: a stream, and one document where the answer did not fail.
struct Told {
  std::string stream;
  std::string document;
  bool failed = false;
};

/// Tells an answer of `context.provider`, given by its payloads.
inline Told tell(const std::vector<std::string>& payloads, Dialect client, const AnswerContext& context) {
  struct Client {
    dialect::Encoder encoder;
    std::string& out;
    Collector collector{std::size_t{64} << 20};
    void take(std::span<const Event> events) {
      encoder.encode(events, out);
      collector.take(events);
    }
  };
  Told told;
  Client listener{dialect::Encoder(client, context), told.stream};
  EventBatch batch(listener);
  dialect::Decoder decoder(context.provider);
  for (const std::string& payload : payloads) decoder.decode(payload, batch);
  decoder.end(batch);
  listener.encoder.end(told.stream);
  EXPECT_FALSE(listener.collector.too_large());
  told.failed = decoder.failed();
  if (!told.failed) write_document(client, listener.collector.answer(), context, told.document);
  return told;
}

/// A client of `client` hears what it was told. Its stream must be ended by itself, not by the connection's end.
inline AnyRunner heard(Dialect client, Bytes told) {
  AnyRunner runner(client);
  replay(runner, told, true, told.size());
  EXPECT_EQ(runner.checker.broken_law(), "") << told.substr(0, 2000);
  return runner;
}

/// Usage without the parts that only a price wants to know: no client is told of them.
inline Usage classes(Usage usage) {
  usage.parts = {};
  return usage;
}

/// The answer as it was given and as it is heard say the same: texts, calls, finish and usage. Where no id was given
/// there may be one now.
inline void expect_same_answer(const AnyRunner& again, const AnyRunner& first) {
  EXPECT_EQ(classes(again.decoder.usage()), classes(first.decoder.usage()));
  ASSERT_EQ(again.answers.size(), first.answers.size());
  for (const auto& [index, said] : first.answers) {
    const Answer& told = again.answers.at(index);
    EXPECT_EQ(told.text, said.text);
    EXPECT_EQ(told.reasoning, said.reasoning);
    EXPECT_EQ(told.refusal, said.refusal);
    EXPECT_EQ(finish_told(told.finish, !told.tool_calls.empty()), finish_told(said.finish, !said.tool_calls.empty()));
    ASSERT_EQ(told.tool_calls.size(), said.tool_calls.size());
    for (std::size_t i = 0; i < told.tool_calls.size(); ++i) {
      const ToolCall& call = said.tool_calls[i];
      EXPECT_EQ(told.tool_calls[i].name, call.name);
      if (!call.id.empty()) EXPECT_EQ(told.tool_calls[i].id, call.id);
      EXPECT_EQ(told.tool_calls[i].arguments.empty() ? "{}" : told.tool_calls[i].arguments,
                call.arguments.empty() ? "{}" : call.arguments);
    }
  }
}

}  // namespace weir::dialect::test
