<<<<<<< HEAD
// What a client gets of a translated answer is what the pure functions of room dialect make of the provider's payloads,
// whatever frames they came in and however the network cut them.
#include "translation.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "weir/base/random.h"
=======
// What a client gets of a translated stream must not depend on how the network cut it: frames that come whole may be
// known again from the one before and are then not read, frames that were cut are always read. So every stream goes
// through twice, and the fast way is held against the ordinary one.
#include "translation.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "unit/gateway/source_root.h"
#include "weir/base/random.h"
#include "weir/dialect/dialect.h"
>>>>>>> path

namespace weir::gateway {
namespace {

using dialect::Dialect;
<<<<<<< HEAD
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
=======
namespace fs = std::filesystem;
namespace dom = simdjson::dom;

/// Everything that a translation said of one answer.
struct Told {
  std::string out;
  bool failed = false, begun = false, done = false, content = false;
  Fault fault{};
  dialect::Usage usage;
  dialect::FinishReason finish{};
  std::size_t most_held = 0;
  friend bool operator==(const Told& a, const Told& b) {
    return a.out == b.out && a.failed == b.failed && a.begun == b.begun && a.done == b.done && a.content == b.content &&
           a.fault == b.fault && a.usage == b.usage && a.finish == b.finish;
  }
};

Told translate(Dialect client, Dialect provider, const std::vector<Bytes>& pieces, bool breaks_off = false) {
  Translation translation(client, {.provider = provider, .seed = 7, .now = 1700000000, .model = "m"}, false);
  Told told;
  for (const Bytes piece : pieces) {
>>>>>>> path
    net::BodyPart part;
    part.payloads[part.count++] = piece;
    translation.read(part, told.out);
    told.most_held = std::max(told.most_held, translation.held_bytes());
<<<<<<< HEAD
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

TEST(TranslationFrames, StreamsOfAllPairsInAnyCut) {
  for_each_pair([](Dialect client, Dialect provider) {
    const auto context = context_of(provider);
    const std::vector<std::string> payloads = payloads_of(provider);
    const std::string wanted = Reference(client, context).stream(payloads);
    expect_in_any_cut(client, context, false, frames_of(payloads), wanted);
    expect_in_any_cut(client, context, false, frames_of(payloads, "\r\n"), wanted);
  });
}

TEST(TranslationFrames, StreamsAreCollectedIntoDocumentsInAnyCut) {
  for_each_pair([](Dialect client, Dialect provider) {
    const auto context = context_of(provider);
    const std::vector<std::string> payloads = payloads_of(provider);
    expect_in_any_cut(client, context, true, frames_of(payloads), Reference(client, context).document(payloads));
  });
}

TEST(TranslationFrames, ArraysAreReadAndTold) {
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
    const std::string wanted = Reference(Dialect::gemini, context).stream(payloads_of(provider));
    EXPECT_TRUE(wanted.starts_with('[') && wanted.ends_with(']'));
    expect_in_any_cut(Dialect::gemini, context, false, frames_of(payloads_of(provider)), wanted);
  }
}

TEST(TranslationFrames, DocumentsBecomeStreamsAndDocuments) {
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

TEST(TranslationFrames, LastFrameNeedsNoBlankLine) {
  for_each_pair([](Dialect client, Dialect provider) {
    const auto context = context_of(provider);
    const std::vector<std::string> payloads = payloads_of(provider);
    const std::string wanted = Reference(client, context).stream(payloads);
    const std::string body = frames_of(payloads);
    EXPECT_EQ(translate(client, context, false, {Bytes(body).substr(0, body.size() - 1)}).out, wanted);
    EXPECT_EQ(translate(client, context, false, {Bytes(body).substr(0, body.size() - 2)}).out, wanted);
  });
}

// ---- What is remembered of a frame.

TEST(TranslationFrames, FrameAsBeforeInAnotherBlockIsReadAgain) {
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

TEST(TranslationFrames, RepeatedTextsAreMarkedUpAsTheyAre) {
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
TEST(TranslationFrames, RepeatedTextsAreCounted) {
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

TEST(TranslationFrames, SignsOfLifeArePassedOnOnceSomethingWasSaid) {
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

TEST(TranslationFrames, ErrorBeforeContentIsKeptForTheStatus) {
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

TEST(TranslationFrames, ErrorBehindContentEndsTheStreamInTheClientsWords) {
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

TEST(TranslationFrames, AnswerWithoutItsEndFails) {
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

TEST(TranslationFrames, BrokenConnectionIsTold) {
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

TEST(TranslationFrames, LargeFramesAndManySmallOnes) {
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

TEST(TranslationFrames, WhatIsHeldIsBounded) {
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

=======
    if (translation.failed() || translation.done()) break;
  }
  if (breaks_off) {
    if (translation.begun()) translation.fail(Fault::upstream_truncated, told.out);
  } else if (!translation.failed()) {
    translation.end(told.out);
  }
  told.failed = translation.failed();
  told.begun = translation.begun();
  told.done = translation.done();
  told.content = translation.has_content();
  told.fault = translation.fault();
  told.usage = translation.decoder().usage();
  told.finish = translation.decoder().finish_reason();
  return told;
}

/// Cut in the middle of every frame: none comes whole, so each is read in the ordinary way.
std::vector<Bytes> cut_within_frames(Bytes body) {
  std::vector<Bytes> pieces;
  codec::SseScanner scanner;
  std::size_t at = 0, last = 0;
  while (at < body.size()) {
    std::size_t size = scanner.find_end(body.substr(at));
    if (size == codec::SseScanner::npos) size = body.size() - at;
    const std::size_t middle = at + (size + 1) / 2;
    pieces.push_back(body.substr(last, middle - last));
    last = middle;
    at += size;
  }
  pieces.push_back(body.substr(last));
  return pieces;
}

void expect_same(Dialect provider, Bytes body, bool breaks_off = false) {
  const std::vector<Bytes> cut = cut_within_frames(body);
  for (const Dialect client : dialect::kDialects) {
    const Told whole = translate(client, provider, {body}, breaks_off);
    const Told ordinary = translate(client, provider, cut, breaks_off);
    ASSERT_EQ(whole.out, ordinary.out) << "client " << static_cast<int>(client) << "\n" << body;
    ASSERT_TRUE(whole == ordinary) << "client " << static_cast<int>(client) << "\n" << body;
  }
}

// ---- Recorded streams.

fs::path shared_data() {
  const char* given = std::getenv("WEIR_SHARED");
  return (given ? fs::path(given) : fs::path(WEIR_SOURCE_ROOT) / ".." / "shared") / "data";
}

TEST(TranslationFrames, RecordedStreamsInEveryClientsDialect) {
  const fs::path recordings = shared_data() / "recordings";
  if (!fs::exists(recordings)) GTEST_SKIP() << "the shared data are not here (" << recordings.string() << ")";
  constexpr std::pair<const char*, Dialect> kFolders[] = {{"openai-chat", Dialect::openai_chat},
                                                          {"openai-responses", Dialect::openai_responses},
                                                          {"anthropic-messages", Dialect::anthropic_messages},
                                                          {"gemini-stream", Dialect::gemini}};
  std::size_t streams[std::size(kFolders)] = {};
  dom::parser parser;
  for (const auto& file : fs::recursive_directory_iterator(recordings)) {
    if (file.path().extension() != ".json") continue;
    for (std::size_t i = 0; i < std::size(kFolders); ++i) {
      if (file.path().parent_path().filename() != kFolders[i].first) continue;
      dom::element root;
      bool stream = false;
      std::string_view body, encoding;
      if (parser.load(file.path().string()).get(root) != simdjson::SUCCESS ||
          root["stream"].get(stream) != simdjson::SUCCESS || !stream ||
          root["response"]["body"].get(body) != simdjson::SUCCESS ||
          root["response"]["body_encoding"].get(encoding) != simdjson::SUCCESS || encoding != "utf8" || body.empty())
        continue;
      if (body.find_first_not_of(" \t\r\n") != Bytes::npos &&
          Bytes("{[").contains(body[body.find_first_not_of(" \t\r\n")]))
        continue;  // no server-sent events
      SCOPED_TRACE(file.path().string());
      expect_same(kFolders[i].second, body);
      expect_same(kFolders[i].second, body.substr(0, body.size() / 2), true);
      if (testing::Test::HasFatalFailure()) return;
      ++streams[i];
    }
  }
  for (const std::size_t count : streams) EXPECT_GT(count, 20u);
}

// ---- Streams of our own, with anything in them.

std::string escaped_word(Random& random) {
  constexpr Bytes kWords[] = {"a",      " word",
                              "\\n",    "\\u00e9",
                              "\u00e9", " \U0001F600",
                              "<b>",    "\\\"quoted\\\"",
                              "{}",     "}  }",
                              "\\\\",   "data: x",
                              "12345",  " a longer run of plain words that takes more than sixty-four bytes to write"};
  std::string text;
  for (std::uint64_t n = 1 + random.below(3); n > 0; --n) text += kWords[random.below(std::size(kWords))];
  return text;
}

std::string number(std::uint64_t n) { return std::to_string(n); }

/// The n-th frame of a stream; most are texts of one block.
std::string frame_of(Dialect provider, Random& random, std::uint64_t n) {
  const std::string text = escaped_word(random);
  const std::uint64_t kind = random.below(12);
  switch (provider) {
    case Dialect::openai_chat: {
      const std::string head = R"(data: {"id":"c1","created":1700000000,"model":"m","choices":[)";
      const std::string tail = random.one_in(2) ? R"(,"obfuscation":")" + std::string(random.below(9), 'x') + "\"" : "";
      if (kind == 0) return ": comment\n\n";
      if (kind == 1)
        return head + R"({"index":0,"delta":{"tool_calls":[{"index":)" + number(random.below(2)) +
               R"(,"id":"call_1","function":{"name":"f","arguments":")" + text + R"("}}]}}]})" + "\n\n";
      if (kind == 2)
        return head + R"({"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":")" + text +
               R"("}}]}}]})" + "\n\n";
      if (kind == 3)
        return head + R"({"index":0,"delta":{"content":")" + text + R"("}}],"usage":{"prompt_tokens":)" + number(n) +
               R"(,"completion_tokens":3}})" + "\n\n";
      return head + R"({"index":)" + (random.one_in(8) ? "1" : "0") + R"(,"delta":{")" +
             (random.one_in(5) ? "reasoning_content" : "content") + R"(":")" + text + R"("}}])" + tail + "}\n\n";
    }
    case Dialect::openai_responses: {
      const std::string sequence = R"(,"sequence_number":)" + number(n * (random.one_in(20) ? 1'000'003 : 1));
      const std::string padding =
          random.one_in(2) ? R"(,"obfuscation":")" + std::string(random.below(9), 'x') + "\"" : "";
      const auto event = [&](const std::string& type, const std::string& members) {
        return "event: " + type + "\ndata: {\"type\":\"" + type + "\"" + sequence + members + "}\n\n";
      };
      if (kind == 0)
        return event("response.output_text.done", R"(,"output_index":0,"content_index":0,"text":")" + text + "\"");
      if (kind == 1)
        return event("response.output_item.added",
                     R"(,"output_index":1,"item":{"type":"function_call","id":"fc","call_id":"call_1","name":"f"})");
      if (kind == 2)
        return event("response.function_call_arguments.delta",
                     R"(,"output_index":1,"delta":")" + text + "\"" + padding);
      if (kind == 3)
        return event("response.function_call_arguments.done", R"(,"output_index":1,"arguments":")" + text + "\"");
      if (kind == 4)
        return event("response.reasoning_summary_text.delta",
                     R"(,"output_index":2,"summary_index":)" + number(random.below(2)) + R"(,"delta":")" + text + "\"");
      return event("response.output_text.delta",
                   R"(,"item_id":"msg_1","output_index":0,"content_index":0,"delta":")" + text + "\"" + padding);
    }
    case Dialect::anthropic_messages: {
      const auto event = [](const std::string& type, const std::string& members) {
        return "event: " + type + "\ndata: {\"type\":\"" + type + "\"" + members + "}\n\n";
      };
      if (kind == 0) return event("ping", "");
      if (kind == 1)
        return event("content_block_start",
                     R"(,"index":1,"content_block":{"type":"tool_use","id":"toolu_1","name":"f","input":{}})");
      if (kind == 2)
        return event("content_block_delta",
                     R"(,"index":1,"delta":{"type":"input_json_delta","partial_json":")" + text + "\"}");
      if (kind == 3) return event("content_block_stop", R"(,"index":)" + number(random.below(3)));
      if (kind == 4)
        return event("content_block_delta",
                     R"(,"index":2,"delta":{"type":"thinking_delta","thinking":")" + text + "\"}");
      if (kind == 5)
        return event("content_block_delta", R"(,"index":2,"delta":{"type":"signature_delta","signature":"c2ln"})");
      return event("content_block_delta", R"(,"index":0,"delta":{"type":"text_delta","text":")" + text + "\"}" +
                                              std::string(random.below(5), ' '));
    }
    case Dialect::gemini:
      break;
  }
  const std::uint64_t output = random.one_in(3) ? n : random.below(3) == 0 ? 9 + n * 7 : 1'000'000 + n;
  std::string usage = R"(,"usageMetadata": {"promptTokenCount": 200,"candidatesTokenCount": )" + number(output) +
                      R"(,"totalTokenCount": )" + number(200 + output) +
                      R"(,"promptTokensDetails": [{"modality": "TEXT","tokenCount": 200}]})";
  if (random.one_in(10)) usage = "";
  std::string part = R"({"text": ")" + text + "\"" + (random.one_in(6) ? R"(,"thought": true)" : "") + "}";
  if (kind == 0) part = R"({"functionCall": {"name": "f","args": {"a": 1}}})";
  if (kind == 1) part += R"(,{"text": "more"})";
  std::string citation;
  if (kind == 2)
    citation = R"(,"citationMetadata": {"citations": [{"startIndex": 1,"endIndex": 4,"uri": "http://x"}]})";
  return R"(data: {"candidates": [{"content": {"parts": [)" + part + R"(],"role": "model"})" + citation +
         R"(,"index": )" + (random.one_in(8) ? "1" : "0") + "}]" + usage +
         R"(,"modelVersion": "m","responseId": "r"})" + "\r\n\r\n";
}

std::string end_of(Dialect provider, Random& random) {
  switch (provider) {
    case Dialect::openai_chat:
      return "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    case Dialect::openai_responses:
      return "data: {\"type\":\"response.completed\",\"response\":{\"status\":\"completed\",\"output\":[],"
             "\"usage\":{\"input_tokens\":2,\"output_tokens\":3}}}\n\n";
    case Dialect::anthropic_messages:
      return "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},"
             "\"usage\":{\"output_tokens\":9}}\n\ndata: {\"type\":\"message_stop\"}\n\n";
    case Dialect::gemini:
      break;
  }
  // With counts, or without: then those of the last frame hold.
  return std::string("data: {\"candidates\": [{\"finishReason\": \"STOP\",\"index\": 0}]") +
         (random.one_in(2) ? ",\"usageMetadata\": {\"candidatesTokenCount\": 77}" : "") + "}\r\n\r\n";
}

void change(std::string& body, Random& random) {
  constexpr Bytes kBytes = "\"\\\n\r{}[]:,0123456789-.e \x01\xc3\xa9x";
  const std::size_t at = random.below(body.size());
  const char c = kBytes[random.below(kBytes.size())];
  switch (random.below(3)) {
    case 0:
      body[at] = c;
      break;
    case 1:
      body.insert(at, 1, c);
      break;
    default:
      body.erase(at, 1);
  }
}

TEST(TranslationFrames, FramesThatAreKnownAgainSayWhatReadingSays) {
  Random random(11);
  for (int round = 0; round < 3000; ++round) {
    for (const Dialect provider : dialect::kDialects) {
      std::string body;
      const std::uint64_t frames = 4 + random.below(12);
      for (std::uint64_t n = 1; n <= frames; ++n) {
        // Mostly runs of the same kind, as streams have them.
        Random kind(random.one_in(4) ? random.next() : 3);
        body += frame_of(provider, random.one_in(3) ? random : kind, n * n);
      }
      if (!random.one_in(5)) body += end_of(provider, random);
      if (random.one_in(3)) change(body, random);
      expect_same(provider, body, random.one_in(5));
      if (testing::Test::HasFatalFailure()) return;
    }
  }
}

// ---- Bounds.

std::vector<Bytes> pieces_of(Bytes body, std::size_t size) {
  std::vector<Bytes> pieces;
  for (std::size_t at = 0; at < body.size(); at += size) pieces.push_back(body.substr(at, size));
  return pieces;
}

// One event of 10 MB: held until it is whole, once, and told once.
TEST(TranslationFrames, AnEventOfTenMegabytes) {
  constexpr std::size_t kSize = 10 << 20;
  const std::string text(kSize, 'x');
  const std::string body =
      "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":"
      "{\"type\":\"text_delta\",\"text\":\"" +
      text + "\"}}\n\n";
  for (const Dialect client : {Dialect::openai_chat, Dialect::gemini}) {
    const Told told = translate(client, Dialect::anthropic_messages, pieces_of(body, 16 * 1024));
    EXPECT_TRUE(told.out.contains(text));
    EXPECT_LT(told.out.size(), kSize + 4096);
    EXPECT_LT(told.most_held, 2 * kSize + 65'536) << "what is held grows by doubling";
  }
  // One that is larger than what may be held ends the stream, and nothing of it is kept.
  const std::string begun =
      "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":"
      "{\"type\":\"text_delta\",\"text\":\"x\"}}\n\n";
  std::string endless = begun + "data: {\"text\":\"";
  endless.append(Translation::kMaxHeld + (1 << 20), 'x');
  const Told told = translate(Dialect::openai_chat, Dialect::anthropic_messages, pieces_of(endless, 16 * 1024));
  EXPECT_TRUE(told.failed);
  EXPECT_EQ(told.fault, Fault::answer_too_large);
  EXPECT_LE(told.most_held, 2 * Translation::kMaxHeld + 65'536);
}

// Thousands of the smallest events in one segment: nothing is held, and each becomes one frame.
TEST(TranslationFrames, ThousandsOfTinyEventsInOneSegment) {
  constexpr std::size_t kEvents = 20'000;
  std::string body = "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}\n\n";
  for (std::size_t i = 0; i < kEvents; ++i) body += "data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\n";
  for (const Dialect client : dialect::kDialects) {
    const Told told = translate(client, Dialect::openai_chat, {body});
    std::size_t frames = 0;
    codec::SseScanner scanner;
    for (Bytes rest = told.out; !rest.empty(); ++frames) {
      const std::size_t size = scanner.find_end(rest);
      ASSERT_NE(size, codec::SseScanner::npos);
      rest.remove_prefix(size);
    }
    EXPECT_GE(frames, kEvents);
    EXPECT_LE(frames, kEvents + 16);
    EXPECT_LT(told.most_held, 4096u);
    EXPECT_LT(told.out.size(), kEvents * 400);
  }
}

>>>>>>> path
}  // namespace
}  // namespace weir::gateway
