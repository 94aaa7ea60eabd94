#include "route.h"

#include <gtest/gtest.h>

namespace weir::simulator {
namespace {

using enum dialect::Dialect;
using Kind = Route::Kind;

TEST(Route, KnowsWhatIsAskedFor) {
  struct Case {
    Bytes target;
    Kind kind;
    dialect::Dialect dialect;
    Bytes name = {};
    bool stream = false;
    bool array = false;
  };
  for (const Case& c : {
           Case{"/v1/chat/completions", Kind::generate, openai_chat},
           Case{"/chat/completions?x=1", Kind::generate, openai_chat},
           Case{"/v1/responses", Kind::generate, openai_responses},
           Case{"/v1/responses/input_tokens", Kind::count, openai_responses},
           Case{"/v1/responses/resp_1", Kind::stored, openai_responses, "resp_1"},
           Case{"/v1/responses/resp_1/cancel", Kind::cancel, openai_responses, "resp_1"},
           Case{"/v1/responses/resp_1/input_items", Kind::unknown, openai_responses, "resp_1"},
           Case{"/v1/messages?beta=true", Kind::generate, anthropic_messages},
           Case{"/v1/messages/count_tokens", Kind::count, anthropic_messages},
           Case{"/v1beta/models/m:generateContent", Kind::generate, gemini, "m"},
           Case{"/v1/models/m:generateContent", Kind::generate, gemini, "m"},
           Case{"/v1beta/models/m:streamGenerateContent?alt=sse", Kind::generate, gemini, "m", true, false},
           Case{"/v1beta/models/m:streamGenerateContent?key=k&alt=sse", Kind::generate, gemini, "m", true, false},
           Case{"/v1beta/models/m:streamGenerateContent", Kind::generate, gemini, "m", true, true},
           Case{"/v1beta/models/a%2Cb:countTokens", Kind::count, gemini, "a%2Cb"},
           Case{"/v1/models", Kind::models, openai_chat},
           Case{"/v1beta/models", Kind::models, gemini},
           Case{"/v1/models/org/m", Kind::model, openai_chat, "org/m"},
           Case{"/v1/models/llama3:8b", Kind::model, openai_chat, "llama3:8b"},
           Case{"/v1beta/models/m", Kind::model, gemini, "m"},
           Case{"/v1/nothing", Kind::unknown, openai_chat},
           Case{"/", Kind::unknown, openai_chat},
           Case{"*", Kind::unknown, openai_chat},
       }) {
    SCOPED_TRACE(c.target);
    const Route route = route_of(c.target);
    EXPECT_EQ(route.kind, c.kind);
    EXPECT_EQ(route.dialect, c.dialect);
    EXPECT_EQ(route.name, c.name);
    EXPECT_EQ(route.stream, c.stream);
    EXPECT_EQ(route.array, c.array);
  }
}

TEST(Route, AllowsTheUsualMethods) {
  using enum codec::Method;
  EXPECT_TRUE(allows(route_of("/v1/messages"), post));
  EXPECT_FALSE(allows(route_of("/v1/messages"), get));
  EXPECT_TRUE(allows(route_of("/v1/responses/r"), get));
  EXPECT_TRUE(allows(route_of("/v1/responses/r"), delete_));
  EXPECT_FALSE(allows(route_of("/v1/responses/r"), post));
  EXPECT_TRUE(allows(route_of("/v1/responses/r/cancel"), post));
  EXPECT_TRUE(allows(route_of("/v1/models"), head));
  EXPECT_FALSE(allows(route_of("/v1/models"), post));
  EXPECT_TRUE(allows(route_of("/nothing"), other));
}

TEST(Route, LooksIntoQueries) {
  EXPECT_TRUE(query_says("/x?stream=true", "stream=true"));
  EXPECT_TRUE(query_says("/x?a=b&stream=true&c", "stream=true"));
  for (const Bytes target : {"/x", "/x?", "/x?stream=truer", "/x?xstream=true", "/stream=true"})
    EXPECT_FALSE(query_says(target, "stream=true")) << target;
}

}  // namespace
}  // namespace weir::simulator
