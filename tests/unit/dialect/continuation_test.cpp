#include "weir/dialect/continuation.h"

#include <gtest/gtest.h>

#include <string>

#include "weir/dialect/registry.h"

namespace weir::dialect {
namespace {

TEST(Continuation, IsKnownOfATarget) {
  const ModelTraits old = {.prefill = Prefill::continued};
  const ModelTraits later = {.prefill = Prefill::refused};
  EXPECT_TRUE(can_continue(Dialect::anthropic_messages, {}, old));
  EXPECT_FALSE(can_continue(Dialect::anthropic_messages, {}, later));
  EXPECT_FALSE(can_continue(Dialect::anthropic_messages, {}, {}));
  EXPECT_FALSE(can_continue(Dialect::anthropic_messages, kContinuing, {}));
  EXPECT_FALSE(can_continue(Dialect::openai_chat, {}, old));
  for (const Quirk quirk : {Quirk::continues_prefix, Quirk::continues_partial, Quirk::continues_final_message}) {
    EXPECT_TRUE(can_continue(Dialect::openai_chat, {Quirk::max_tokens_only, quirk}, later));
    EXPECT_EQ(repeats_what_was_said(Dialect::openai_chat, {quirk}), quirk == Quirk::continues_prefix);
  }
  EXPECT_FALSE(can_continue(Dialect::openai_responses, kContinuing, old));
  EXPECT_FALSE(can_continue(Dialect::gemini, kContinuing, old));
  EXPECT_FALSE(repeats_what_was_said(Dialect::anthropic_messages, kContinuing));
}

/// Members behind one message of the user's.
bool is_continuable(const std::string& members, Dialect client = Dialect::openai_chat) {
  const std::string body = R"({"model":"m","messages":[{"role":"user","content":"hi"}])" + members + "}";
  Request request;
  Loss loss;
  read(client, body, request, loss);
  EXPECT_FALSE(loss.refused()) << loss.refusal().why;
  return can_be_continued(request);
}

TEST(Continuation, IsOfOnePlainText) {
  const std::string tool = R"(,"tools":[{"type":"function","function":{"name":"f"}}])";
  EXPECT_TRUE(is_continuable(""));
  EXPECT_TRUE(is_continuable(R"(,"n":1,"stop":["x"],"temperature":0.1)"));
  EXPECT_TRUE(is_continuable(tool));
  EXPECT_TRUE(is_continuable(tool + R"(,"tool_choice":"auto")"));
  EXPECT_FALSE(is_continuable(tool + R"(,"tool_choice":"required")"));
  EXPECT_FALSE(is_continuable(tool + R"(,"tool_choice":{"type":"function","function":{"name":"f"}})"));
  EXPECT_FALSE(is_continuable(R"(,"n":2)"));
  EXPECT_FALSE(is_continuable(R"(,"logprobs":true)"));
  EXPECT_FALSE(is_continuable(R"(,"response_format":{"type":"json_object"})"));
  Request empty;
  EXPECT_FALSE(can_be_continued(empty));
  Request begun;
  begun.messages = {{.role = Role::user, .parts = {}, .name = {}}, {.role = Role::assistant, .parts = {}, .name = {}}};
  EXPECT_FALSE(can_be_continued(begun));
}

Request question() {
  Request request;
  request.messages = {{.role = Role::user, .parts = {{.kind = PartKind::text, .text = "Count."}}, .name = {}}};
  request.reasoning = {.mode = Reasoning::Mode::on, .effort = "high"};
  request.max_tokens = 100;
  return request;
}

TEST(Continuation, TheRestIsAskedForBehindWhatWasSaid) {
  Request request = question();
  ask_for_rest(request, R"(\"one\", two)");
  EXPECT_EQ(request.max_tokens, 100U - 3U);
  std::string body;
  Loss loss;
  write(Dialect::anthropic_messages, request, {.model_id = "claude", .traits = {.prefill = Prefill::continued}}, body,
        loss);
  EXPECT_FALSE(loss.refused());
  EXPECT_EQ(body, R"({"model":"claude","max_tokens":97,"messages":[{"role":"user","content":"Count."},)"
                  R"({"role":"assistant","content":"\"one\", two"}]})");
}

TEST(Continuation, SomethingMayAlwaysBeSaid) {
  Request request = question();
  request.max_tokens = 2;
  ask_for_rest(request, "one, two, three, four, five");
  EXPECT_EQ(request.max_tokens, 1U);
  Request unlimited = question();
  unlimited.max_tokens.reset();
  ask_for_rest(unlimited, "one");
  EXPECT_FALSE(unlimited.max_tokens);
  Request none = question();
  none.max_tokens = 0;
  ask_for_rest(none, "one");
  EXPECT_EQ(none.max_tokens, 0U);
}

TEST(Continuation, WhereNothingWasSaidTheRequestIsTheSameWithoutThoughts) {
  Request request = question();
  ask_for_rest(request, "");
  EXPECT_EQ(request.messages.size(), 1U);
  EXPECT_FALSE(request.is_begun);
  EXPECT_EQ(request.max_tokens, 100U);
  EXPECT_EQ(request.reasoning.mode, Reasoning::Mode::unset);
}

TEST(Continuation, IsNotWrittenForAnybodyElse) {
  for (const Dialect provider : kDialects) {
    Request request = question();
    ask_for_rest(request, "one");
    std::string body;
    Loss loss;
    write(provider, request, {.model_id = "m"}, body, loss);
    EXPECT_TRUE(loss.refused()) << to_string(provider);
    EXPECT_EQ(loss.refusal().field, "messages");
  }
}

TEST(Continuation, SpaceAtTheEndIsLeftOut) {
  EXPECT_EQ(without_space_at_end("one \\n\\t\\r "), "one");
  EXPECT_EQ(without_space_at_end(" one\\\\"), " one\\\\");
  EXPECT_EQ(without_space_at_end("one\\\\n"), "one\\\\n");
  EXPECT_EQ(without_space_at_end(" \\n"), "");
  EXPECT_EQ(without_space_at_end("one\\u0020\\u000A\\u000a\\u0009 \\u000d"), "one") << "written in another way";
  EXPECT_EQ(without_space_at_end("one\\\\u0020"), "one\\\\u0020");
  EXPECT_EQ(without_space_at_end("\\u0020one\\u00200"), "\\u0020one\\u00200");
  EXPECT_EQ(without_space_at_end("one\\u00e9 \\u20"), "one\\u00e9 \\u20") << "no JSON, but no reason to read on";
}

}  // namespace
}  // namespace weir::dialect
