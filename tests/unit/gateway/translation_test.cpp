// What a client gets of a translated answer is what the pure functions of room dialect make of the provider's payloads,
// whatever frames they came in and however the network cut them.
#include "translation.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "weir/base/random.h"

namespace weir::gateway {
namespace {

using dialect::Dialect;
using dialect::Event;

constexpr Bytes kModel = "asked-for";

dialect::AnswerContext context_of(Dialect provider, bool array = false) {
  return {.provider = provider, .array = array, .seed = 7, .now = 1'700'000'000, .model = kModel};
}

/// Everything a Translation said of one answer.
struct Told {
  std::string out;
  bool begun = false;
  bool failed = false;
  Fault fault{};
  dialect::ErrorClass error_class{};
  std::string message;
  std::uint64_t input = 0, output = 0;
  std::size_t most_held = 0;
  friend bool operator==(const Told&, const Told&) = default;
};

Told finish(Translation& translation, Told told) {
  told.begun = translation.begun();
  told.failed = translation.failed();
  if (told.failed) {
    told.fault = translation.fault();
    told.error_class = translation.error().error_class;
    told.message = translation.error().message;
  }
  told.input = translation.decoder().usage().input_total();
  told.output = translation.decoder().usage().output_total();
  return told;
}

Told translate(Dialect client, const dialect::AnswerContext& context, bool document, const std::vector<Bytes>& pieces) {
  Translation translation(client, context, document);
  Told told;
  for (const Bytes piece : pieces) {
    if (translation.failed() || translation.done()) break;
    net::BodyPart part;
    part.payloads[part.count++] = piece;
    translation.read(part, told.out);
    told.most_held = std::max(told.most_held, translation.held_bytes());
  }
  if (!translation.failed()) translation.end(told.out);
  told = finish(translation, std::move(told));
  return told;
}

Told without_memory(Told told) {
  told.most_held = 0;
  return told;
}

/// The same by hand, payload by payload, each event by itself.
class Reference {
 public:
  Reference(Dialect client, const dialect::AnswerContext& context)
      : client_(client), context_(context), decoder_(context.provider), encoder_(client, context) {}

  std::string stream(const std::vector<std::string>& payloads) {
    decode(payloads);
    encoder_.end(out_);
    return out_;
  }
  std::string document(const std::vector<std::string>& payloads) {
    collects_ = true;
    decode(payloads);
    write_document(client_, collector_.answer(), context_, out_);
    return out_;
  }
  void take(std::span<const Event> events) {
    for (const Event& event : events) collects_ ? collector_.take({&event, 1}) : encoder_.encode({&event, 1}, out_);
  }

 private:
  void decode(const std::vector<std::string>& payloads) {
    dialect::EventBatch batch(*this);
    for (const std::string& payload : payloads)
      if (!decoder_.done()) decoder_.decode(payload, batch);
    decoder_.end(batch);
  }

  Dialect client_;
  const dialect::AnswerContext& context_;
  dialect::Decoder decoder_;
  dialect::Encoder encoder_;
  dialect::Collector collector_{1 << 20};
  bool collects_ = false;
  std::string out_;
};

// ---- One answer of every provider: reasoning with its seal, text, two calls, usage.

std::string chat_chunk(const std::string& delta, const std::string& finish = "null") {
  return R"({"id":"c1","object":"chat.completion.chunk","created":5,"model":"m","choices":[{"index":0,"delta":{)" +
         delta + R"(},"finish_reason":)" + finish + "}]}";
}

std::vector<std::string> chat() {
  return {
      chat_chunk(R"("role":"assistant","content":"")"),
      chat_chunk(R"("reasoning_content":"hm ")"),
      chat_chunk(R"("reasoning_content":"so")"),
      chat_chunk(R"("content":"one ")"),
      chat_chunk(R"("content":"two \u00e9 ")"),
      chat_chunk(R"("content":"<think>")"),
      chat_chunk(R"("content":"thr\"ee")"),
      chat_chunk(R"("tool_calls":[{"index":0,"id":"a1","type":"function","function":{"name":"f","arguments":""}}])"),
      chat_chunk(R"("tool_calls":[{"index":0,"function":{"arguments":"{\"q\":"}}])"),
      chat_chunk(R"("tool_calls":[{"index":0,"function":{"arguments":"1.10}"}}])"),
      chat_chunk(R"("tool_calls":[{"index":1,"id":"a2","type":"function","function":{"name":"g","arguments":""}}])"),
      chat_chunk("", R"("tool_calls")"),
      R"({"id":"c1","object":"chat.completion.chunk","created":5,"model":"m","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13}})",
      "[DONE]"};
}

std::vector<std::string> anthropic() {
  return {
      R"({"type":"message_start","message":{"id":"m1","type":"message","role":"assistant","model":"m","content":[],"usage":{"input_tokens":9,"output_tokens":1}}})",
      R"({"type":"ping"})",
      R"({"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}})",
      R"({"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm "}})",
      R"({"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"so"}})",
      R"({"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"c2ln"}})",
      R"({"type":"content_block_stop","index":0})",
      R"({"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}})",
      R"({"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"one "}})",
      R"({"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"two"}})",
      R"({"type":"content_block_stop","index":1})",
      R"({"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"t1","name":"f","input":{}}})",
      R"({"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":""}})",
      R"({"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"q\":1}"}})",
      R"({"type":"content_block_stop","index":2})",
      R"({"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":4}})",
      R"({"type":"message_stop"})"};
}

std::vector<std::string> gemini() {
  const auto chunk = [](const std::string& parts, const std::string& more = "") {
    return R"({"candidates":[{"content":{"parts":[)" + parts + R"(],"role":"model"},"index":0)" + more +
           R"(}],"modelVersion":"m","responseId":"g1"})";
  };
  return {
      chunk(R"({"text":"hm","thought":true})"),
      chunk(R"({"text":"one "})"),
      chunk(R"({"text":"two "})"),
      chunk(R"({"text":"dr\u00fcben "})"),
      chunk(
          R"({"functionCall":{"name":"f","args":{"q":1.10}},"thoughtSignature":"c2ln"},{"functionCall":{"name":"g"}})"),
      R"({"candidates":[{"content":{"parts":[{"text":""}],"role":"model"},"finishReason":"STOP","index":0}],)"
      R"("usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":3,"thoughtsTokenCount":1,"totalTokenCount":13}})"};
}

std::vector<std::string> responses() {
  return {
      R"({"type":"response.created","sequence_number":0,"response":{"id":"r1","object":"response","created_at":5,"model":"m","status":"in_progress","output":[]}})",
      R"({"type":"response.output_item.added","output_index":0,"item":{"type":"reasoning","id":"rs1","summary":[]}})",
      R"({"type":"response.reasoning_summary_text.delta","item_id":"rs1","output_index":0,"summary_index":0,"delta":"hm"})",
      R"({"type":"response.output_item.done","output_index":0,"item":{"type":"reasoning","id":"rs1","summary":[{"type":"summary_text","text":"hm"}],"encrypted_content":"c2ln"}})",
      R"({"type":"response.output_item.added","output_index":1,"item":{"type":"message","id":"ms1","role":"assistant","status":"in_progress","content":[]}})",
      R"({"type":"response.output_text.delta","item_id":"ms1","output_index":1,"content_index":0,"delta":"one "})",
      R"({"type":"response.output_text.delta","item_id":"ms1","output_index":1,"content_index":0,"delta":"two"})",
      R"({"type":"response.output_text.done","item_id":"ms1","output_index":1,"content_index":0,"text":"one two"})",
      R"({"type":"response.output_item.added","output_index":2,"item":{"type":"function_call","id":"fc1","call_id":"a1","name":"f","arguments":""}})",
      R"({"type":"response.function_call_arguments.delta","item_id":"fc1","output_index":2,"delta":"{\"q\":1}"})",
      R"({"type":"response.output_item.done","output_index":2,"item":{"type":"function_call","id":"fc1","call_id":"a1","name":"f","arguments":"{\"q\":1}"}})",
      R"({"type":"response.completed","response":{"id":"r1","object":"response","created_at":5,"model":"m","status":"completed","output":[],"usage":{"input_tokens":9,"output_tokens":4,"total_tokens":13}}})"};
}

std::vector<std::string> payloads_of(Dialect provider) {
  switch (provider) {
    case Dialect::openai_chat:
      return chat();
    case Dialect::openai_responses:
      return responses();
    case Dialect::anthropic_messages:
      return anthropic();
    case Dialect::gemini:
      return gemini();
  }
  return {};
}

std::string frames_of(const std::vector<std::string>& payloads, const std::string& line_end = "\n") {
  std::string body;
  for (const std::string& payload : payloads) body += "data: " + payload + line_end + line_end;
  return body;
}

std::string name_of(Dialect client, Dialect provider) {
  return std::string(to_string(client)) + " from " + std::string(to_string(provider));
}

template <class Visit>
void for_each_pair(Visit&& visit) {
  for (const Dialect client : dialect::kDialects)
    for (const Dialect provider : dialect::kDialects) {
      SCOPED_TRACE(name_of(client, provider));
      visit(client, provider);
    }
}

/// Empty when both are the same, else where they part.
std::string difference(Bytes got, Bytes wanted) {
  if (got == wanted) return {};
  std::size_t at = 0;
  while (at < got.size() && at < wanted.size() && got[at] == wanted[at]) ++at;
  const std::size_t begin = at < 40 ? 0 : at - 40;
  return "at byte " + std::to_string(at) + " got ..." + std::string(got.substr(begin, 120)) + "... wanted ..." +
         std::string(wanted.substr(begin, 120));
}

/// Whole, at every single cut, byte by byte, and in random pieces: always the same.
void expect_in_any_cut(Dialect client, const dialect::AnswerContext& context, bool document, Bytes body,
                       const std::string& wanted) {
  const Told whole = translate(client, context, document, {body});
  ASSERT_FALSE(whole.failed) << whole.message;
  ASSERT_EQ(difference(whole.out, wanted), "");
  const Told expected = without_memory(whole);
  for (std::size_t cut = 1; cut < body.size(); ++cut)
    ASSERT_EQ(without_memory(translate(client, context, document, {body.substr(0, cut), body.substr(cut)})), expected)
        << "cut at " << cut;
  std::vector<Bytes> bytes;
  for (std::size_t i = 0; i < body.size(); ++i) bytes.push_back(body.substr(i, 1));
  ASSERT_EQ(without_memory(translate(client, context, document, bytes)), expected) << "byte by byte";
  Random random(client == Dialect::gemini ? 3 : 4);
  for (int round = 0; round < 30; ++round) {
    std::vector<Bytes> pieces;
    for (std::size_t at = 0; at < body.size();) {
      pieces.push_back(body.substr(at, random.between(1, random.one_in(2) ? 9 : 400)));
      at += pieces.back().size();
    }
    ASSERT_EQ(without_memory(translate(client, context, document, pieces)), expected) << "round " << round;
  }
}

TEST(Translation, StreamsOfAllPairsInAnyCut) {
  for_each_pair([](Dialect client, Dialect provider) {
    const auto context = context_of(provider);
    const std::vector<std::string> payloads = payloads_of(provider);
    const std::string wanted = Reference(client, context).stream(payloads);
    expect_in_any_cut(client, context, false, frames_of(payloads), wanted);
    expect_in_any_cut(client, context, false, frames_of(payloads, "\r\n"), wanted);
  });
}

TEST(Translation, StreamsAreCollectedIntoDocumentsInAnyCut) {
  for_each_pair([](Dialect client, Dialect provider) {
    const auto context = context_of(provider);
    const std::vector<std::string> payloads = payloads_of(provider);
    expect_in_any_cut(client, context, true, frames_of(payloads), Reference(client, context).document(payloads));
  });
}

TEST(Translation, ArraysAreReadAndTold) {
  const std::vector<std::string> payloads = gemini();
  std::string body = "[";
  for (const std::string& payload : payloads) body += (body.size() > 1 ? ",\r\n" : "") + payload;
  body += "\r\n]";
  for (const Dialect client : dialect::kDialects) {
    const auto context = context_of(Dialect::gemini);
    expect_in_any_cut(client, context, false, body, Reference(client, context).stream(payloads));
    expect_in_any_cut(client, context, true, body, Reference(client, context).document(payloads));
  }
  for (const Dialect provider : dialect::kDialects) {
    const auto context = context_of(provider, true);
    const std::string wanted =  // Gemini's own elements stay as they came
        provider == Dialect::gemini ? body : Reference(Dialect::gemini, context).stream(payloads_of(provider));
    EXPECT_TRUE(wanted.starts_with('[') && wanted.ends_with(']'));
    expect_in_any_cut(Dialect::gemini, context, false, frames_of(payloads_of(provider)), wanted);
  }
}

TEST(Translation, AnArrayOfGeminisOwnKeepsWhatNobodyElseKnows) {
  const auto context = context_of(Dialect::gemini, true);
  const std::string first =
      R"({"candidates":[{"content":{"parts":[{"executableCode":{"language":"PYTHON","code":"1"}},{"text":"a"}]},)"
      R"("safetyRatings":[{"category":"C"}]}]})";
  const std::string second = R"({"candidates":[{"finishReason":"STOP","avgLogprobs":-0.10}],"x":{"y":1.0}})";
  expect_in_any_cut(Dialect::gemini, context, false, frames_of({first, second}),
                    "[" + first + ",\r\n" + second + "\r\n]");
  const std::string error = R"({"error":{"code":503,"message":"busy","status":"UNAVAILABLE"}})";
  const Told cut = translate(Dialect::gemini, context, false, {frames_of({first, error})});
  EXPECT_TRUE(cut.failed);
  EXPECT_EQ(cut.out, "[" + first + ",\r\n" + error + "]");
  const Told refused = translate(Dialect::gemini, context, false, {frames_of({error})});
  EXPECT_FALSE(refused.begun);
  EXPECT_EQ(refused.out, "");
}

TEST(Translation, DocumentsBecomeStreamsAndDocuments) {
  const std::string document =
      R"({"id":"c1","object":"chat.completion","created":5,"model":"m","choices":[{"index":0,"message":{"role":"assistant",)"
      R"("content":"one","tool_calls":[{"id":"a1","type":"function","function":{"name":"f","arguments":"{}"}}]},)"
      R"("finish_reason":"tool_calls"}],"usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13}})";
  for (const Dialect client : dialect::kDialects) {
    const auto context = context_of(Dialect::openai_chat);
    // Under load DeepSeek sends line ends before it.
    for (const std::string& before : {std::string(), std::string("\n\r\n ")}) {
      expect_in_any_cut(client, context, false, before + document, Reference(client, context).stream({document}));
      expect_in_any_cut(client, context, true, before + document, Reference(client, context).document({document}));
    }
  }
}

TEST(Translation, LastFrameNeedsNoBlankLine) {
  for_each_pair([](Dialect client, Dialect provider) {
    const auto context = context_of(provider);
    const std::vector<std::string> payloads = payloads_of(provider);
    const std::string wanted = Reference(client, context).stream(payloads);
    const std::string body = frames_of(payloads);
    EXPECT_EQ(translate(client, context, false, {Bytes(body).substr(0, body.size() - 1)}).out, wanted);
    EXPECT_EQ(translate(client, context, false, {Bytes(body).substr(0, body.size() - 2)}).out, wanted);
  });
}

TEST(Translation, WhatTheModelThoughtIsKeptFromTheClient) {
  for_each_pair([](Dialect client, Dialect provider) {
    auto context = context_of(provider);
    const std::string body = frames_of(payloads_of(provider));
    for (const bool document : {false, true}) {
      const Told told = translate(client, context, document, {body});
      ASSERT_NE(told.out.find("hm"), std::string::npos);  // the thought, where it is not hidden
      context.include_reasoning = false;
      const Told hidden = translate(client, context, document, {body});
      context.include_reasoning = true;
      EXPECT_FALSE(hidden.failed);
      EXPECT_EQ(hidden.out.find("hm"), std::string::npos) << hidden.out;
      EXPECT_NE(hidden.out.find("one "), std::string::npos);
      EXPECT_EQ(hidden.output, told.output);
      // The seal stays.
      EXPECT_EQ(hidden.out.find("c2ln") != std::string::npos, told.out.find("c2ln") != std::string::npos);
      context.include_reasoning = false;
      std::vector<Bytes> bytes;
      for (std::size_t i = 0; i < body.size(); ++i) bytes.push_back(Bytes(body).substr(i, 1));
      EXPECT_EQ(without_memory(translate(client, context, document, bytes)), without_memory(hidden));
      context.include_reasoning = true;
    }
  });
}

// ---- What is remembered of a frame.

TEST(Translation, FrameAsBeforeInAnotherBlockIsReadAgain) {
  const std::string delta = R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"same"}})";
  const std::string start = R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})";
  const std::string stop = R"({"type":"content_block_stop","index":0})";
  std::vector<std::string> payloads = anthropic();
  payloads.resize(1);
  for (const std::string* payload : {&start, &delta, &delta, &stop, &start, &delta, &delta, &stop})
    payloads.push_back(*payload);
  payloads.push_back(R"({"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null}})");
  payloads.push_back(R"({"type":"message_stop"})");
  for (const Dialect client : dialect::kDialects) {
    const auto context = context_of(Dialect::anthropic_messages);
    expect_in_any_cut(client, context, false, frames_of(payloads), Reference(client, context).stream(payloads));
  }
}

TEST(Translation, RepeatedTextsAreMarkedUpAsTheyAre) {
  std::vector<std::string> payloads = {chat_chunk(R"("role":"assistant","content":"")")};
  for (const Bytes text : {"<", "think>", "hm", "</think", ">", "said", "said", "a < b", "\\u003cthink>", "end"})
    payloads.push_back(chat_chunk(R"("content":")" + std::string(text) + "\""));
  payloads.push_back(chat_chunk("", R"("stop")"));
  payloads.push_back("[DONE]");
  for (const Dialect client : dialect::kDialects) {
    const auto context = context_of(Dialect::openai_chat);
    expect_in_any_cut(client, context, false, frames_of(payloads), Reference(client, context).stream(payloads));
  }
}

/// Places of sources are told in bytes; as long as a text is ASCII that is as good as characters.
TEST(Translation, RepeatedTextsAreCounted) {
  const auto chunk = [](const std::string& text, const std::string& more = "") {
    return R"({"candidates":[{"content":{"parts":[{"text":")" + text + R"("}],"role":"model"},"index":0)" + more +
           R"(}],"modelVersion":"m","responseId":"g1"})";
  };
  const std::string grounding =
      R"(,"finishReason":"STOP","groundingMetadata":{"groundingChunks":[{"web":{"uri":"https://example.com/a","title":"A"}}],)"
      R"("groundingSupports":[{"segment":{"startIndex":5,"endIndex":9,"text":"more"},"groundingChunkIndices":[0]}]})";
  const std::vector<std::string> payloads = {chunk("plain"), chunk("again"), chunk("d\xc3\xa9j\xc3\xa0"), chunk("more"),
                                             chunk("", grounding)};
  for (const Dialect client : dialect::kDialects) {
    SCOPED_TRACE(to_string(client));
    const auto context = context_of(Dialect::gemini);
    expect_in_any_cut(client, context, false, frames_of(payloads), Reference(client, context).stream(payloads));
  }
}

// ---- Signs of life.

TEST(Translation, SignsOfLifeArePassedOnOnceSomethingWasSaid) {
  const std::vector<std::string> all = chat();
  const std::string before = frames_of({all[0], all[3]});
  const std::string behind = frames_of({all[11], all[12], all[13]});
  const std::string comment = ": OPENROUTER PROCESSING\n\n";
  const std::string quiet = before + behind;
  const auto context = context_of(Dialect::openai_chat);
  for (const Dialect client : dialect::kDialects) {
    const std::string plain = translate(client, context, false, {quiet}).out;
    EXPECT_EQ(translate(client, context, false, {comment + quiet}).out, plain) << "nothing was said yet";
    const std::string told = translate(client, context, false, {before + comment + behind}).out;
    EXPECT_EQ(told.size(), plain.size() + 3);
    EXPECT_TRUE(told.contains(":\n\n"));
    EXPECT_EQ(translate(client, context, true, {before + comment + behind}).out,
              translate(client, context, true, {quiet}).out);
  }
  const auto array = context_of(Dialect::openai_chat, true);
  EXPECT_EQ(translate(Dialect::gemini, array, false, {before + comment + behind}).out,
            translate(Dialect::gemini, array, false, {quiet}).out);
}

// ---- Errors.

TEST(Translation, ErrorBeforeContentIsKeptForTheStatus) {
  const std::string start = anthropic()[0];
  const std::string error = R"({"type":"error","error":{"type":"overloaded_error","message":"too \"busy\""}})";
  for (const Dialect client : dialect::kDialects)
    for (const bool document : {false, true})
      for (const std::string& body : {frames_of({error}), frames_of({start, error}), error}) {
        SCOPED_TRACE(to_string(client));
        for (std::size_t cut = 0; cut < body.size(); ++cut) {
          const Told told = translate(client, context_of(Dialect::anthropic_messages), document,
                                      {Bytes(body).substr(0, cut), Bytes(body).substr(cut)});
          ASSERT_TRUE(told.failed);
          ASSERT_FALSE(told.begun);
          ASSERT_EQ(told.out, "");
          ASSERT_EQ(told.error_class, dialect::ErrorClass::overloaded);
          ASSERT_EQ(told.message, R"(too \"busy\")");
        }
      }
}

TEST(Translation, ErrorBehindContentEndsTheStreamInTheClientsWords) {
  const std::vector<std::string> all = anthropic();
  const std::string error = R"({"type":"error","error":{"type":"overloaded_error","message":"too busy"}})";
  const std::string body = frames_of({all[0], all[7], all[8], error, all[9]});
  for (const Dialect client : dialect::kDialects) {
    SCOPED_TRACE(to_string(client));
    const auto context = context_of(Dialect::anthropic_messages);
    const Told told = translate(client, context, false, {body});
    EXPECT_TRUE(told.failed);
    EXPECT_TRUE(told.begun);
    EXPECT_EQ(told.error_class, dialect::ErrorClass::overloaded);
    EXPECT_TRUE(told.out.contains("one "));
    EXPECT_TRUE(told.out.contains("too busy"));
    for (const Bytes made_up : {"[DONE]", "message_stop", "response.completed", "finishReason", "two"})
      EXPECT_FALSE(told.out.contains(made_up)) << made_up;
    for (std::size_t cut = 1; cut < body.size(); ++cut)
      ASSERT_EQ(
          without_memory(translate(client, context, false, {Bytes(body).substr(0, cut), Bytes(body).substr(cut)})),
          without_memory(told));
    const Told document = translate(client, context, true, {body});
    EXPECT_TRUE(document.failed);
    EXPECT_FALSE(document.begun);
    EXPECT_EQ(document.out, "");
  }
}

TEST(Translation, AnswerWithoutItsEndFails) {
  for_each_pair([](Dialect client, Dialect provider) {
    std::vector<std::string> payloads = payloads_of(provider);
    payloads.resize(5);
    const Told told = translate(client, context_of(provider), false, {frames_of(payloads)});
    EXPECT_TRUE(told.failed);
    EXPECT_EQ(told.fault, Fault::upstream_truncated);
    EXPECT_TRUE(translate(client, context_of(provider), true, {frames_of(payloads)}).failed);
    EXPECT_TRUE(translate(client, context_of(provider), false, {": nothing\n\n"}).failed);
    EXPECT_TRUE(translate(client, context_of(provider), false, {"plain words"}).failed);
    EXPECT_TRUE(translate(client, context_of(provider), true, {"{\"id\":"}).failed);
  });
}

TEST(Translation, BrokenConnectionIsTold) {
  const std::string body = frames_of({chat()[0], chat()[3]});
  for (const Dialect client : dialect::kDialects) {
    Translation translation(client, context_of(Dialect::openai_chat), false);
    std::string out;
    net::BodyPart part;
    part.payloads[part.count++] = body;
    translation.read(part, out);
    ASSERT_TRUE(translation.begun());
    const std::size_t before = out.size();
    translation.fail(Fault::idle_timeout, out);
    EXPECT_TRUE(translation.failed());
    EXPECT_EQ(translation.fault(), Fault::idle_timeout);
    EXPECT_TRUE(Bytes(out).substr(before).contains(row(Fault::idle_timeout).sentence));
    const std::size_t told = out.size();
    translation.fail(Fault::shed, out);
    EXPECT_EQ(out.size(), told) << "a stream ends once";
  }
}

// ---- Sizes.

TEST(Translation, LargeFramesAndManySmallOnes) {
  const std::string large(3 << 20, 'x');
  std::vector<std::string> payloads = {chat()[0], chat_chunk(R"("content":")" + large + "\"")};
  for (int i = 0; i < 5000; ++i) payloads.push_back(chat_chunk(R"("content":"w)" + std::to_string(i) + "\""));
  payloads.push_back(chat_chunk("", R"("stop")"));
  payloads.push_back("[DONE]");
  const std::string body = frames_of(payloads);
  for (const Dialect client : dialect::kDialects) {
    const auto context = context_of(Dialect::openai_chat);
    const std::string wanted = Reference(client, context).stream(payloads);
    std::vector<Bytes> pieces;
    for (std::size_t at = 0; at < body.size(); at += 16'384) pieces.push_back(Bytes(body).substr(at, 16'384));
    const Told told = translate(client, context, false, pieces);
    EXPECT_EQ(difference(told.out, wanted), "");
    EXPECT_LE(told.most_held, 8U << 20) << "a frame, and what its string grew by";
  }
}

TEST(Translation, WhatIsHeldIsBounded) {
  const std::string start = frames_of({chat()[0], chat()[3]});
  const std::string piece(1 << 20, 'x');
  std::vector<Bytes> endless = {start, R"(data: {"choices":[{"index":0,"delta":{"content":")"};
  for (std::size_t i = 0; i <= Translation::kMaxHeld >> 20; ++i) endless.push_back(piece);
  const auto context = context_of(Dialect::openai_chat);
  const Told stream = translate(Dialect::anthropic_messages, context, false, endless);
  EXPECT_EQ(stream.fault, Fault::answer_too_large);
  EXPECT_TRUE(stream.begun);
  EXPECT_TRUE(stream.out.contains("event: error"));
  EXPECT_LE(stream.most_held, 2 * Translation::kMaxHeld);

  endless[0] = "{";
  const Told document = translate(Dialect::anthropic_messages, context, true, endless);
  EXPECT_EQ(document.fault, Fault::answer_too_large);
  EXPECT_FALSE(document.begun);
  EXPECT_EQ(document.out, "");
}

}  // namespace
}  // namespace weir::gateway
