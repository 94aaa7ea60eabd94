#include "workload.h"

namespace weir::path {
namespace {

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
};

}  // namespace

std::span<const Workload> workloads() { return kWorkloads; }

}  // namespace weir::path
