// The simulated provider, whole: a client of the simulated network asks, the answer is looked at byte by byte.
#include "weir/simulator/simulator.h"

#include <gtest/gtest.h>

#include "prompt.h"
#include "script.h"
#include "unit/simulator/client_world.h"
#include "weir/codec/json_reader.h"
#include "words.h"

namespace weir::simulator {
namespace {

TEST(Simulator, StreamAndDocumentSayTheSame) {
  for (const char* model : {"gpt-anything", "simulated/echo", "echo", "long=50", "tool-calls=3", "reasoning", "refusal",
                            "filtered", "echo,chunks=40"}) {
    SCOPED_TRACE(model);
    const Answer streamed = ask(chat(model)), whole = ask(chat(model, false));
    EXPECT_EQ(streamed.status, 200);
    EXPECT_TRUE(streamed.whole && whole.whole);
    Reading a(streamed), b(whole);
    EXPECT_TRUE(a.decoder.complete() && b.decoder.complete() && a.decoder.done());
    EXPECT_EQ(a.text, b.text);
    EXPECT_EQ(a.reasoning, b.reasoning);
    EXPECT_EQ(a.refusal, b.refusal);
    EXPECT_EQ(a.arguments, b.arguments);
    EXPECT_EQ(a.decoder.usage(), b.decoder.usage());
    EXPECT_EQ(a.decoder.finish_reason(), b.decoder.finish_reason());
    EXPECT_TRUE(a.decoder.usage().reported);
    const int calls = Bytes(model) == "tool-calls=3" ? 3 : 0;
    EXPECT_EQ(a.decoder.usage().output_total(), static_cast<std::uint64_t>(a.deltas + calls));
  }
}

TEST(Simulator, EchoRepeatsTheEscapedText) {
  EXPECT_EQ(Reading(ask(chat("echo"))).text, R"(Say \"hi\" now\n\u00e9\ud83d\ude00 ok)");
}

TEST(Simulator, TakesItsTime) {
  World world;
  Client client(world, chat("text", true, "delay-ms=300,first-token-ms=500,interval-ms=100,chunks=5"));
  const Instant begin = world.network.now();
  world.run_for(10s);
  EXPECT_GE(client.first - begin, 300ms);
  EXPECT_LE(client.first - begin, 310ms);
  EXPECT_GE(client.last - begin, 1200ms);
  EXPECT_LE(client.last - begin, 1230ms);
  EXPECT_EQ(Reading(Answer(client.answer)).deltas, 5);
}

TEST(Simulator, MaxTokensCutsTheText) {
  Reading reading(ask(chat("reasoning=4", true, "interval-ms=0", R"(,"max_tokens":6)")));
  EXPECT_EQ(reading.deltas, 6);
  EXPECT_EQ(reading.decoder.finish_reason(), dialect::FinishReason::length);
  EXPECT_EQ(reading.decoder.usage().reasoning, 4u);
  EXPECT_EQ(reading.decoder.usage().output, 2u);
  Reading nothing(ask(chat("echo", false, "", R"(,"max_completion_tokens":0)")));
  EXPECT_EQ(nothing.deltas, 0);
}

TEST(Simulator, Errors) {
  for (int status = 400; status < 600; ++status) {
    if (status % 100 > 30) continue;
    const Answer a = ask(chat("x", status % 2, "error=" + std::to_string(status)), 1s);
    EXPECT_EQ(a.status, status);
    EXPECT_TRUE(a.whole);
    EXPECT_TRUE(Reading(a).decoder.failed());
    EXPECT_EQ(a.head.find("retry-after: 1\r\n") != std::string::npos, status == 429 || status == 503 || status == 529);
  }
  Answer quota = ask(chat("quota"));
  EXPECT_EQ(quota.status, 429);
  EXPECT_NE(quota.body.find("\"code\":\"insufficient_quota\""), std::string::npos);
  EXPECT_EQ(quota.head.find("retry-after"), std::string::npos);
  EXPECT_EQ(ask(chat("context-length")).status, 400);
  EXPECT_NE(ask(chat("error=503,html,retry-after=7")).body.find("<html>"), std::string::npos);
  EXPECT_NE(ask(chat("error=503,html,retry-after=7")).head.find("retry-after: 7\r\n"), std::string::npos);

  const Answer first = ask(chat("error-first-event"));
  EXPECT_EQ(first.status, 200);
  EXPECT_TRUE(first.whole && first.body.starts_with("data: {\"error\""));
  const Answer mid = ask(chat("text", true, "error-mid-stream=4,error=429"));
  Reading reading(mid);
  EXPECT_TRUE(mid.whole && reading.decoder.failed() && !reading.decoder.done());
  EXPECT_EQ(reading.deltas, 4);
  const Answer document = ask(chat("text", false, "error-mid-stream"));
  EXPECT_EQ(document.status, 200);
  EXPECT_TRUE(Reading(document).decoder.failed());
}

TEST(Simulator, BreaksOff) {
  World world;
  Client cut(world, chat("text", true, "cut-after=4"));
  Client stalled(world, chat("text", true, "stall-after=2"));
  Client cut_document(world, chat("text", false, "cut-after"));
  Client stalled_document(world, chat("text", false, "stall-after"));
  Client leaver(world, chat("text", true, "stall-after=2"));
  world.run_for(20s);
  EXPECT_TRUE(cut.ended);
  EXPECT_FALSE(Answer(cut.answer).whole);
  EXPECT_EQ(Reading(Answer(cut.answer)).deltas, 4);
  EXPECT_FALSE(stalled.ended);
  EXPECT_EQ(Reading(Answer(stalled.answer)).deltas, 2);
  EXPECT_TRUE(cut_document.ended);
  EXPECT_FALSE(Answer(cut_document.answer).whole);
  EXPECT_FALSE(stalled_document.ended);
  EXPECT_FALSE(Answer(stalled_document.answer).whole);
  EXPECT_EQ(world.server.connections(), 3u);
  leaver.peer.close();
  world.run_for(5ms);
  EXPECT_EQ(world.server.connections(), 2u);  // at once
  world.run_for(600s);
  EXPECT_TRUE(stalled.ended);
  EXPECT_EQ(world.server.connections(), 0u);
}

TEST(Simulator, CutWhileStalled) {
  World world;
  Client stalled(world, chat("text", true, "stall-after=2"));
  Client slow(world, chat("text", true, "delay-ms=600000"));
  world.run_for(20s);
  EXPECT_EQ(world.server.connections(), 2u);
  world.finish();
  EXPECT_EQ(world.cut, 2u);
}

TEST(Simulator, LacksWhatItIsToldTo) {
  const Answer no_finish = ask(chat("no-finish"));
  EXPECT_TRUE(no_finish.whole);
  EXPECT_FALSE(Reading(no_finish).decoder.complete());
  Reading no_done(ask(chat("no-done")));
  EXPECT_TRUE(no_done.decoder.complete() && !no_done.decoder.done());
  EXPECT_FALSE(Reading(ask(chat("no-usage"))).decoder.usage().reported);
  EXPECT_FALSE(Reading(ask(chat("no-usage", false))).decoder.usage().reported);
}

TEST(Simulator, RefusesWhatItDoesNotKnow) {
  const Answer a = ask(chat("x", true, "chunks=5,frobnicate=2"));
  EXPECT_EQ(a.status, 400);
  EXPECT_NE(a.body.find("frobnicate"), std::string::npos);
  for (const Item& item : items()) EXPECT_NE(a.body.find(item.name), std::string::npos) << item.name;
  for (const char* bad : {"chunks=0", "chunks=x", "chunks=", "chunks=100001", "refusal=1", "error=200",
                          "error=99999999999999999999", "=", "chunks=-1"})
    EXPECT_EQ(ask(chat("x", true, bad)).status, 400) << bad;
  EXPECT_EQ(ask(chat("chunks=3,nonsense")).status, 400);
  EXPECT_EQ(ask(chat("textual")).status, 200);
  EXPECT_EQ(ask(chat("x", true, " chunks = 3 ,, interval-ms=0 ,")).status, 200);
  EXPECT_EQ(ask(post("{")).status, 400);
  EXPECT_EQ(ask(post("{\"model\":\"echo\"}", "content-encoding: gzip\r\n")).status, 415);
  EXPECT_EQ(ask(post("{\"model\":\"echo\"}")).status, 400);  // no messages
  EXPECT_EQ(
      ask(post("{\"model\":\"echo\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}", "", "/chat/completions"))
          .status,
      200);
  EXPECT_EQ(ask("GET /v1/models HTTP/1.1\r\nhost: x\r\n\r\n").status, 200);
  EXPECT_EQ(ask("GET /models/echo HTTP/1.1\r\nhost: x\r\n\r\n").status, 200);
  EXPECT_EQ(ask("GET /v1/chat/completions HTTP/1.1\r\nhost: x\r\n\r\n").status, 405);
  EXPECT_EQ(ask("GET /v1/nothing HTTP/1.1\r\nhost: x\r\n\r\n").status, 404);
  EXPECT_EQ(ask("BAD\r\n\r\n").status, 400);
}

TEST(Simulator, ManyChunksToASlowReaderStayBounded) {
  World world;
  Client client(world, chat("long=20000", true, "interval-ms=0"));
  client.peer.read_slowly(1000, 100'000);
  std::uint32_t most = 0;
  for (int i = 0; i < 2000; ++i) {
    world.run_for(1ms);
    most = std::max(most, world.loop.buffers().held());
  }
  EXPECT_LT(most, 64u);
  client.peer.read_slowly(0, 0);
  world.run_for(20s);
  EXPECT_EQ(Reading(Answer(client.answer)).deltas, 20000);
  Client big(world, chat("long=100000", false));
  world.run_for(20s);
  EXPECT_EQ(Reading(Answer(big.answer)).decoder.usage().output, 100000u);
}

TEST(Simulator, KeepsTheConnection) {
  World world;
  Client client(world, chat("echo") + chat("echo", false) + chat("error=429") + chat("echo", false));
  world.run_for(5s);
  EXPECT_NE(client.answer.find("chatcmpl-simulated-3"), std::string::npos);
  EXPECT_FALSE(client.ended);
}

TEST(Simulator, SeedsWithFaults) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    const bool rough = seed % 3 == 0;
    std::uint64_t hash[2];
    for (auto& h : hash) {
      World world(seed);
      world.network.set_faults(rough ? io::SimFaults::rough() : io::SimFaults::only_cuts());
      Client a(world, chat("echo")), b(world, chat("text", true, "interval-ms=0")),
          c(world, chat("text", true, "stall-after=3"));
      world.network.schedule(Duration(seed * 1'500'000), [&] { c.peer.reset(); });
      world.network.schedule(Duration(seed * 1'000'000), [&] { b.peer.close(); });
      world.run_for(2s);
      if (!rough) {
        EXPECT_EQ(Reading(Answer(a.answer)).text, R"(Say \"hi\" now\n\u00e9\ud83d\ude00 ok)");
        EXPECT_EQ(world.server.connections(), 1u);
      }
      world.finish();
      h = world.network.trace_hash();
    }
    EXPECT_EQ(hash[0], hash[1]);
  }
}

TEST(Words, CoverTheTextAndSplitNothing) {
  const Bytes text =
      R"(  a b\u00e9\n\nc\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude00 \\ \" 日本語日本語日本語日本語日本語日本語 \ud83d x)";
  Bytes rest = text;
  std::string joined;
  while (!rest.empty()) {
    const Bytes word = take_word(rest);
    ASSERT_FALSE(word.empty());
    codec::JsonString string;
    const std::string quoted = "\"" + std::string(word) + "\"";
    codec::JsonReader json(quoted);
    EXPECT_TRUE(json.read_string(string) && json.finish()) << quoted;
    joined += word;
  }
  EXPECT_EQ(joined, text);
  for (Bytes bad : {Bytes("\\"), Bytes("\\u1"), Bytes("\xff\xfe"), Bytes("\xe6\x97")}) EXPECT_GT(count_words(bad), 0u);
}

std::string said_behind(Bytes begun, const Scenario& scenario) {
  Script script(scenario, {.last_user = "one two three", .begun = std::string(begun)});
  std::string text;
  for (Delta delta; script.next(delta);) text += delta.text;
  return text;
}

TEST(Script, GoesOnWithWhatWasBegun) {
  for (const char* model : {"text", "echo", "long=30", "chunks=7", "chunks=200"}) {
    const Scenario scenario = *scenario_of_model(model);
    const std::string whole = said_behind("", scenario);
    for (std::size_t size = 0; size <= std::min<std::size_t>(whole.size(), 600); ++size)
      ASSERT_EQ(whole.substr(0, size) + said_behind(whole.substr(0, size), scenario), whole) << model;
    EXPECT_EQ(said_behind("Something else", scenario), whole);
  }
}

TEST(Prompt, EchoIsBounded) {
  std::string body = R"({"model":"x","messages":[{"role":"user","content":")";
  for (int i = 0; i < 20000; ++i) body += "\\u00e9";
  body += "\"}]}";
  dialect::Request request;
  dialect::Loss loss;
  dialect::read(dialect::Dialect::openai_chat, body, request, loss);
  EXPECT_FALSE(loss.refused()) << loss.refusal().why;
  const Prompt prompt = prompt_of(request);
  EXPECT_LE(prompt.last_user.size(), Prompt::kMaxEcho);
  EXPECT_EQ(prompt.last_user.size() % 6, 0u);
  EXPECT_GT(prompt.last_user.size(), Prompt::kMaxEcho - 6);
}

}  // namespace
}  // namespace weir::simulator
