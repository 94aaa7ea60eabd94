// An answer whose provider breaks off and another one goes on: for a client of any dialect it is one answer, however
// the network cut either part.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "translation.h"
#include "weir/dialect/checker.h"

namespace weir::gateway {
namespace {

using dialect::Dialect;
using dialect::Event;

constexpr Dialect kWhoGoesOn[] = {Dialect::openai_chat, Dialect::anthropic_messages};

std::string frames_of(const std::vector<std::string>& payloads) {
  std::string body;
  for (const std::string& payload : payloads) body += "data: " + payload + "\n\n";
  return body;
}

std::string chat_chunk(const std::string& id, const std::string& delta, const std::string& finish = "null") {
  return R"({"id":")" + id + R"(","object":"chat.completion.chunk","created":5,"model":"m","choices":[{"index":0,)" +
         R"("delta":{)" + delta + R"(},"finish_reason":)" + finish + "}]}";
}

std::string block_delta(const std::string& text) {
  return R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":")" + text + "\"}}";
}

constexpr const char* kBlockStart =
    R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})";

std::string message_start(const std::string& id, int input) {
  return R"({"type":"message_start","message":{"id":")" + id + R"(","type":"message","role":"assistant","model":"m",)" +
         R"("content":[],"usage":{"input_tokens":)" + std::to_string(input) + R"(,"output_tokens":1}}})";
}

/// "one two ", and the connection is gone.
std::vector<std::string> beginning_of(Dialect provider) {
  switch (provider) {
    case Dialect::openai_chat:
      return {chat_chunk("first", R"("role":"assistant","content":"")"), chat_chunk("first", R"("content":"one ")"),
              chat_chunk("first", R"("content":"two ")")};
    case Dialect::anthropic_messages:
      return {message_start("first", 9), kBlockStart, block_delta("one "), block_delta("two ")};
    case Dialect::gemini: {
      const auto chunk = [](const std::string& text) {
        return R"({"candidates":[{"content":{"parts":[{"text":")" + text +
               R"("}],"role":"model"},"index":0}],"modelVersion":"m","responseId":"first"})";
      };
      return {chunk("one "), chunk("two ")};
    }
    case Dialect::openai_responses:
      return {
          R"({"type":"response.created","sequence_number":0,"response":{"id":"first","object":"response","created_at":5,"model":"m","status":"in_progress","output":[]}})",
          R"({"type":"response.output_item.added","output_index":0,"item":{"type":"message","id":"ms1","role":"assistant","status":"in_progress","content":[]}})",
          R"({"type":"response.output_text.delta","item_id":"ms1","output_index":0,"content_index":0,"delta":"one "})",
          R"({"type":"response.output_text.delta","item_id":"ms1","output_index":0,"content_index":0,"delta":"two "})"};
  }
  return {};
}

/// " three", " four", and a finish.
std::vector<std::string> rest_of(Dialect provider) {
  if (provider == Dialect::openai_chat)
    return {
        chat_chunk("second", R"("role":"assistant","content":"")"),
        chat_chunk("second", R"("content":" three")"),
        chat_chunk("second", R"("content":" four")"),
        chat_chunk("second", "", R"("stop")"),
        R"({"id":"second","object":"chat.completion.chunk","created":5,"model":"m","choices":[],"usage":{"prompt_tokens":20,"completion_tokens":4,"total_tokens":24}})",
        "[DONE]"};
  return {
      message_start("second", 20),
      kBlockStart,
      block_delta(" three"),
      block_delta(" four"),
      R"({"type":"content_block_stop","index":0})",
      R"({"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":4}})",
      R"({"type":"message_stop"})"};
}

/// A client of any dialect.
class Client {
 public:
  Client(Dialect dialect, Bytes body, bool array = false) : decoder_(dialect) {
    dialect::EventBatch batch(*this);
    std::string scratch;
    codec::SseScanner frames;
    codec::JsonArrayScanner elements;
    while (!body.empty()) {
      const std::size_t size = array ? elements.find_end(body) : frames.find_end(body);
      if (size == Bytes::npos) break;
      const auto frame = array ? codec::SseFrame{} : codec::parse_sse_frame(body.substr(0, size), scratch);
      const Bytes payload = array ? elements.element(body.substr(0, size)) : frame.data;
      if (array || frame.has_data) decoder_.decode(payload, batch);
      body.remove_prefix(size);
    }
    left_over = body.size();
    decoder_.end(batch);
  }
  void take(std::span<const Event> events) {
    EXPECT_TRUE(checker_.take(events)) << checker_.broken_law();
    for (const Event& event : events) {
      if (const auto* begin = std::get_if<dialect::Begin>(&event)) id = begin->id;
      if (std::holds_alternative<dialect::BlockBegin>(event)) ++blocks;
      if (const auto* delta = std::get_if<dialect::BlockDelta>(&event)) text += delta->text;
    }
  }
  const dialect::Decoder& decoder() const { return decoder_; }

  std::string id, text;
  int blocks = 0;
  std::size_t left_over = 0;

 private:
  dialect::Decoder decoder_;
  dialect::Checker checker_;
};

struct Pieces {
  std::string beginning, rest;
  std::size_t cut = 0;  // of both, where there is a byte at this place
};

class Stitched {
 public:
  Stitched(Dialect client, Dialect provider, bool array = false)
      : translation(client,
                    {.provider = provider, .array = array, .seed = 7, .now = 1'700'000'000, .model = "asked-for"},
                    false, true) {}

  void read(Bytes body, std::size_t cut) {
    cut = std::min(cut, body.size());
    for (const Bytes piece : {body.substr(0, cut), body.substr(cut)}) {
      if (piece.empty() || translation.failed() || translation.done()) continue;
      net::BodyPart part;
      part.payloads[part.count++] = piece;
      translation.read(part, out);
    }
  }
  void go_on(Dialect provider, bool repeats = false) {
    ASSERT_TRUE(translation.can_go_on());
    translation.resume(provider, repeats);
  }

  Translation translation;
  std::string out;
};

std::string stitch(Dialect client, Dialect first, Dialect second, const Pieces& pieces, bool array = false) {
  Stitched answer(client, first, array);
  answer.read(pieces.beginning, pieces.cut);
  answer.translation.fail(Fault::upstream_reset, answer.out);
  EXPECT_EQ(answer.translation.said(), "one two");
  EXPECT_GT(answer.translation.said_bytes(), 0U);
  answer.go_on(second);
  answer.read(pieces.rest, pieces.cut);
  EXPECT_FALSE(answer.translation.failed());
  answer.translation.end(answer.out);
  return answer.out;
}

TEST(StitchedTranslation, IsOneAnswerInAnyCut) {
  for (const Dialect client : dialect::kDialects)
    for (const Dialect first : dialect::kDialects)
      for (const Dialect second : kWhoGoesOn)
        for (const bool array : {false, true}) {
          if (array && client != Dialect::gemini) continue;
          SCOPED_TRACE(std::string(to_string(client)) + " from " + std::string(to_string(first)) + " and " +
                       std::string(to_string(second)));
          Pieces pieces = {frames_of(beginning_of(first)), frames_of(rest_of(second))};
          const std::string whole = stitch(client, first, second, pieces, array);
          const Client seen(client, whole, array);
          EXPECT_EQ(seen.text, "one two three four");
          EXPECT_EQ(seen.blocks, 1);
          EXPECT_FALSE(seen.id.contains("second")) << seen.id;
          EXPECT_EQ(seen.decoder().finish_reason(), dialect::FinishReason::stop);
          EXPECT_TRUE(seen.decoder().complete());
          EXPECT_FALSE(seen.decoder().failed());
          const bool told = first == Dialect::anthropic_messages;  // its beginning, in front of the text
          EXPECT_EQ(seen.decoder().usage().input_total(), told ? 29U : 20U);
          EXPECT_EQ(seen.decoder().usage().output_total(), told ? 5U : 4U);
          for (pieces.cut = 1; pieces.cut < std::max(pieces.beginning.size(), pieces.rest.size()); ++pieces.cut)
            ASSERT_EQ(stitch(client, first, second, pieces, array), whole) << "cut at " << pieces.cut;
        }
}

TEST(StitchedTranslation, WithoutACutItIsTheSameAsAnyOther) {
  for (const Dialect client : dialect::kDialects)
    for (const Dialect provider : kWhoGoesOn) {
      const dialect::AnswerContext context = {.provider = provider, .seed = 7, .now = 5, .model = "asked-for"};
      const std::string body = frames_of(rest_of(provider));
      std::string out[2];
      for (const bool stitches : {false, true}) {
        Translation translation(client, context, false, stitches);
        net::BodyPart part;
        part.payloads[part.count++] = body;
        translation.read(part, out[stitches]);
        translation.end(out[stitches]);
        EXPECT_FALSE(translation.can_go_on());
      }
      EXPECT_EQ(out[0], out[1]);
    }
}

TEST(StitchedTranslation, AnErrorIsToldOnlyWhenNobodyGoesOn) {
  const std::string error = R"({"error":{"message":"The server is overloaded.","type":"server_error","code":503}})";
  for (const Dialect client : dialect::kDialects) {
    Stitched answer(client, Dialect::openai_chat);
    answer.read(frames_of(beginning_of(Dialect::openai_chat)) + frames_of({error}), 0);
    EXPECT_TRUE(answer.translation.failed());
    EXPECT_EQ(answer.translation.fault(), Fault::upstream_stream_error);
    EXPECT_FALSE(answer.out.contains("overloaded"));
    answer.go_on(Dialect::anthropic_messages);
    EXPECT_FALSE(answer.translation.failed());
    answer.read(frames_of({message_start("second", 9), kBlockStart, block_delta(" three")}), 0);
    answer.translation.fail(Fault::idle_timeout, answer.out);
    EXPECT_EQ(answer.translation.said(), "one two three");
    const std::string before = answer.out;
    answer.translation.tell_failure(answer.out);
    const Client seen(client, answer.out);
    EXPECT_TRUE(answer.out.starts_with(before));
    EXPECT_EQ(seen.text, "one two three");
    EXPECT_TRUE(seen.decoder().failed());
    EXPECT_FALSE(answer.out.contains("overloaded"));
  }
}

TEST(StitchedTranslation, WhatIsRepeatedIsToldOnce) {
  for (const Dialect client : dialect::kDialects) {
    Stitched answer(client, Dialect::gemini);
    answer.read(frames_of(beginning_of(Dialect::gemini)), 0);
    answer.translation.fail(Fault::upstream_reset, answer.out);
    answer.go_on(Dialect::openai_chat, true);
    answer.read(frames_of({chat_chunk("second", R"("role":"assistant","content":"")"),
                           chat_chunk("second", R"("content":"one ")"), chat_chunk("second", R"("content":"two")"),
                           chat_chunk("second", R"("content":" thr")"), chat_chunk("second", R"("content":"ee")"),
                           chat_chunk("second", R"("content":"ee")"), chat_chunk("second", "", R"("stop")"), "[DONE]"}),
                0);
    answer.translation.end(answer.out);
    EXPECT_EQ(Client(client, answer.out).text, "one two threeee");
  }
}

TEST(StitchedTranslation, NothingGoesOnBehindACallOrAFinish) {
  const std::string call =
      R"("tool_calls":[{"index":0,"id":"a1","type":"function","function":{"name":"f","arguments":""}}])";
  for (const std::string& last : {chat_chunk("first", call), chat_chunk("first", "", R"("stop")")}) {
    std::vector<std::string> payloads = beginning_of(Dialect::openai_chat);
    payloads.push_back(last);
    Stitched answer(Dialect::anthropic_messages, Dialect::openai_chat);
    answer.read(frames_of(payloads), 0);
    answer.translation.fail(Fault::upstream_reset, answer.out);
    EXPECT_FALSE(answer.translation.can_go_on());
    answer.translation.tell_failure(answer.out);
    EXPECT_TRUE(Client(Dialect::anthropic_messages, answer.out).decoder().failed());
  }
}

TEST(StitchedTranslation, NothingGoesOnWhereNothingHasBegun) {
  Stitched answer(Dialect::openai_chat, Dialect::openai_chat);
  answer.read(frames_of({beginning_of(Dialect::openai_chat)[0]}), 0);
  answer.translation.fail(Fault::upstream_reset, answer.out);
  EXPECT_FALSE(answer.translation.can_go_on());
  answer.translation.tell_failure(answer.out);
  EXPECT_EQ(answer.out, "");
}

}  // namespace
}  // namespace weir::gateway
