#include "endpoint.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::gateway {
namespace {

using dialect::Dialect;

std::string told(const char* request) {
  codec::RequestHead head;
  const std::string text = std::string(request) + "\r\n";
  EXPECT_TRUE(codec::parse_request_head(text, head)) << request;
  const auto endpoint = find_endpoint(head);
  if (!endpoint)
    return std::string(to_string(endpoint.error())) + ' ' + std::string(to_string(dialect_of_client(head)));
  constexpr const char* kOperations[] = {"answer", "count_tokens", "stored", "list_models", "show_model"};
  std::string out = kOperations[static_cast<int>(endpoint->operation)];
  out.append(" ").append(to_string(endpoint->client));
  if (!endpoint->model.empty()) out.append(" model=").append(endpoint->model);
  if (!endpoint->stored.empty()) out.append(" stored=").append(endpoint->stored);
  if (endpoint->stream) out += endpoint->array ? " array" : " stream";
  return out;
}

TEST(Endpoint, IsReadFromMethodAndPath) {
  struct Row {
    const char* request;
    const char* told;
  };
  const Row rows[] = {
      {"POST /v1/chat/completions", "answer openai_chat"},
      {"GET /v1/chat/completions", "method_not_allowed openai_chat"},
      {"POST /v1/messages", "answer anthropic_messages"},
      {"POST /v1/messages?beta=true", "answer anthropic_messages"},
      {"POST /v1/messages/count_tokens", "count_tokens anthropic_messages"},
      {"POST /v1/messages/batches", "not_found anthropic_messages"},
      {"POST /v1/responses", "answer openai_responses"},
      {"POST /v1/responses/input_tokens", "count_tokens openai_responses"},
      {"GET /v1/responses/resp_1", "stored openai_responses stored=resp_1"},
      {"DELETE /v1/responses/resp_1", "stored openai_responses stored=resp_1"},
      {"POST /v1/responses/resp_1/cancel", "stored openai_responses stored=resp_1/cancel"},
      {"GET /v1/responses/", "not_found openai_chat"},
      {"POST /v1beta/models/gemini-3-pro:generateContent", "answer gemini model=gemini-3-pro"},
      {"POST /v1/models/gemini-3-pro:generateContent", "answer gemini model=gemini-3-pro"},
      {"POST /v1beta/models/g/m:streamGenerateContent?alt=sse", "answer gemini model=g/m stream"},
      {"POST /v1beta/models/g:streamGenerateContent?a=1&alt=sse", "answer gemini model=g stream"},
      {"POST /v1beta/models/g:streamGenerateContent", "answer gemini model=g array"},
      {"POST /v1beta/models/g:streamGenerateContent?xalt=sse", "answer gemini model=g array"},
      {"POST /v1beta/p/g:generateContent", "answer gemini model=p/g"},
      {"POST /v1beta/models/g%2Fm:countTokens", "count_tokens gemini model=g%2Fm"},
      {"POST /v1beta/models/g:embedContent", "not_found gemini"},
      {"POST /v1beta/models/:generateContent", "not_found gemini"},
      {"PUT /v1beta/models/g:generateContent", "method_not_allowed gemini"},
      {"GET /v1/models", "list_models openai_chat"},
      {"HEAD /v1/models", "list_models openai_chat"},
      {"POST /v1/models", "method_not_allowed openai_chat"},
      {"GET /v1/models/", "not_found openai_chat"},
      {"GET /v1/models/a/b", "show_model openai_chat model=a/b"},
      {"GET /v1beta/models", "list_models gemini"},
      {"GET /v1beta/models/a", "show_model gemini model=a"},
      {"GET /v1/modelsx", "not_found openai_chat"},
      {"GET /", "not_found openai_chat"},
      {"GET /v1beta", "not_found openai_chat"},
  };
  for (const Row& row : rows) {
    const std::string request = std::string(row.request) + " HTTP/1.1\r\nhost: x\r\n";
    EXPECT_EQ(told(request.c_str()), row.told) << row.request;
  }
}

TEST(Endpoint, ModelsComeInTheShapeOfWhoeverAsks) {
  EXPECT_EQ(told("GET /v1/models HTTP/1.1\r\nhost: x\r\nanthropic-version: 2023-06-01\r\n"),
            "list_models anthropic_messages");
  EXPECT_EQ(told("GET /v1/models HTTP/1.1\r\nhost: x\r\nx-goog-api-key: k\r\n"), "list_models gemini");
  EXPECT_EQ(told("GET /v1/models/m HTTP/1.1\r\nhost: x\r\nauthorization: Bearer k\r\n"),
            "show_model openai_chat model=m");
}

}  // namespace
}  // namespace weir::gateway
