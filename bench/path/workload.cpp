#include "workload.h"

namespace weir::path {
namespace {

using enum dialect::Dialect;

/// Content frames of a client that speaks another dialect than the provider, or passes those of another one on.
constexpr Workload chunk_of(Bytes name, dialect::Dialect client, dialect::Dialect provider) {
  return {.name = name,
          .unit = "chunk",
          .exchanges = 32,
          .stream = true,
          .frames = 100,
          .client = client,
          .provider = provider,
          .frames_count = true};
}

/// A request and its document.
constexpr Workload request_of(Bytes name, dialect::Dialect client, dialect::Dialect provider) {
  return {.name = name, .unit = "request", .exchanges = 320, .client = client, .provider = provider};
}

constexpr Workload kWorkloads[] = {
    {.name = "request", .unit = "request", .exchanges = 1600},
    {.name = "lone_request", .unit = "request", .connections = 1, .exchanges = 400},
    {.name = "chunk", .unit = "chunk", .exchanges = 32, .stream = true, .frames = 100, .frames_count = true},
    {.name = "chunk_of_four",
     .unit = "chunk",
     .exchanges = 32,
     .stream = true,
     .frames = 200,
     .frames_a_write = 4,
     .frames_count = true},
    {.name = "padded_chunk",
     .unit = "chunk",
     .exchanges = 32,
     .stream = true,
     .frames = 100,
     .kind = Frames::padded,
     .frames_count = true},
    {.name = "tool_chunk",
     .unit = "chunk",
     .exchanges = 32,
     .stream = true,
     .frames = 100,
     .kind = Frames::tools,
     .frames_count = true},
    {.name = "short_stream", .unit = "stream", .exchanges = 320, .stream = true, .frames = 5},
    {.name = "large_request", .unit = "300 KB", .connections = 8, .exchanges = 32, .body_bytes = 300'000},
    {.name = "refused_key", .unit = "request", .exchanges = 1600, .authorized = false},
    {.name = "cold_client", .unit = "request", .exchanges = 640, .client_closes = true},
    {.name = "cold_provider", .unit = "request", .exchanges = 640, .provider_closes = true},
    chunk_of("anthropic_chunk", anthropic_messages, anthropic_messages),
    chunk_of("responses_chunk", openai_responses, openai_responses),
    chunk_of("gemini_chunk", gemini, gemini),
    chunk_of("chat_from_anthropic", openai_chat, anthropic_messages),
    chunk_of("anthropic_from_chat", anthropic_messages, openai_chat),
    chunk_of("responses_from_chat", openai_responses, openai_chat),
    chunk_of("gemini_from_chat", gemini, openai_chat),
    chunk_of("chat_from_gemini", openai_chat, gemini),
    chunk_of("chat_from_responses", openai_chat, openai_responses),
    request_of("ask_chat_from_anthropic", openai_chat, anthropic_messages),
    request_of("ask_anthropic_from_chat", anthropic_messages, openai_chat),
    request_of("ask_responses_from_chat", openai_responses, openai_chat),
    request_of("ask_gemini_from_chat", gemini, openai_chat),
    request_of("ask_chat_from_gemini", openai_chat, gemini),
    request_of("ask_chat_from_responses", openai_chat, openai_responses),
    // A choice of several deployments.
    {.name = "request_plan", .unit = "request", .exchanges = 1600, .deployments = 2},
    {.name = "large_request_plan",
     .unit = "300 KB",
     .connections = 8,
     .exchanges = 32,
     .body_bytes = 300'000,
     .deployments = 2},
    {.name = "ask_plan", .unit = "request", .exchanges = 320, .deployments = 2, .provider = anthropic_messages},
    // Hundreds of the smallest events in one segment, and events that come in many.
    {.name = "tiny_chunks",
     .unit = "chunk",
     .connections = 4,
     .exchanges = 8,
     .stream = true,
     .frames = 1000,
     .frames_a_write = 400,
     .kind = Frames::tiny,
     .client = openai_chat,
     .provider = anthropic_messages,
     .frames_count = true},
    {.name = "large_chunk",
     .unit = "500 KB",
     .connections = 2,
     .exchanges = 4,
     .stream = true,
     .frames = 2,
     .kind = Frames::large,
     .client = openai_chat,
     .provider = anthropic_messages,
     .frames_count = true},
};

}  // namespace

std::span<const Workload> workloads() { return kWorkloads; }

}  // namespace weir::path
