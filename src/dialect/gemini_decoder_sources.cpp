#include "gemini_decoder_parts.h"

#include <array>

// Where the text comes from: citationMetadata (recited sources) and groundingMetadata (searched ones). Offsets count
// bytes of UTF-8, which the neutral form counts in characters: they are told while the candidate's text is ASCII.

namespace weir::dialect::gemini {

namespace {

constexpr std::size_t kMaxSources = 256;  // of one payload's grounding

struct Source {
  Bytes url;
  Bytes title;
  Bytes quoted;
  bool cited = false;
  bool empty() const { return url.empty() && title.empty() && quoted.empty(); }
};

std::int64_t read_offset(JsonReader& json) {
  const auto offset = json.unsigned_or_skip();
  return offset && *offset < 0x7fff'ffff ? static_cast<std::int64_t>(*offset) : -1;
}

/// `{web|retrievedContext|maps: {uri, title, text}}`.
void read_source(JsonReader& json, Source& source) {
  for_members(json, [&](const JsonString&) {
    for_members(json, [&](const JsonString& key) {
      if (key.is("uri")) return read_text(json, source.url);
      if (key.is("title")) return read_text(json, source.title);
      if (key.is("text")) return read_text(json, source.quoted);
      json.skip_value();
    });
  });
}

struct Segment {
  std::int64_t start = 0;  // left out when it is zero
  std::int64_t end = -1;
  bool first_part = true;
};

Segment read_segment(JsonReader& json) {
  Segment segment;
  for_members(json, [&](const JsonString& key) {
    if (key.is("startIndex")) {
      segment.start = read_offset(json);
    } else if (key.is("endIndex")) {
      segment.end = read_offset(json);
    } else if (key.is("partIndex")) {
      segment.first_part = json.unsigned_or_skip() == 0U;
    } else {
      json.skip_value();
    }
  });
  return segment;
}

}  // namespace

void Decoder::tell_citations(std::uint32_t choice, Bytes citations, EventBatch& batch) {
  const bool placed = state_of(choice).ascii;
  JsonReader json(citations);
  for_members(json, [&](const JsonString& list) {
    if (!list.is("citations") && !list.is("citationSources")) return void(json.skip_value());
    for_elements(json, [&] {
      Source source;
      Segment segment;
      for_members(json, [&](const JsonString& key) {
        if (key.is("uri")) return read_text(json, source.url);
        if (key.is("title")) return read_text(json, source.title);
        if (key.is("startIndex")) return void(segment.start = read_offset(json));
        if (key.is("endIndex")) return void(segment.end = read_offset(json));
        json.skip_value();
      });
      if (source.empty()) return;
      const bool known = placed && segment.end > segment.start && segment.start >= 0;
      batch.push(Citation{choice, source.url, source.title, {}, known ? segment.start : -1, known ? segment.end : -1});
    });
  });
}

void Decoder::tell_grounding(std::uint32_t choice, Bytes grounding, EventBatch& batch) {
  std::array<Source, kMaxSources> sources;
  std::size_t count = 0;
  Bytes supports;
  JsonReader json(grounding);
  for_members(json, [&](const JsonString& key) {
    if (key.is("groundingSupports")) {
      json.raw_value(supports);
    } else if (key.is("groundingChunks")) {
      for_elements(json, [&] {
        Source ignored;
        read_source(json, count < kMaxSources ? sources[count++] : ignored);
      });
    } else {
      json.skip_value();
    }
  });
  const bool placed = state_of(choice).ascii;
  JsonReader list(supports);
  if (!supports.empty())
    for_elements(list, [&] {
      Segment segment;
      Bytes indices;
      for_members(list, [&](const JsonString& key) {
        if (key.is("segment")) {
          segment = read_segment(list);
        } else if (key.is("groundingChunkIndices")) {
          list.raw_value(indices);
        } else {
          list.skip_value();
        }
      });
      const bool known = placed && segment.first_part && segment.start >= 0 && segment.end > segment.start;
      JsonReader numbers(indices);
      if (indices.empty()) return;
      for_elements(numbers, [&] {
        const auto index = numbers.unsigned_or_skip();
        if (!index || *index >= count || sources[*index].empty()) return;
        Source& source = sources[*index];
        source.cited = true;
        batch.push(Citation{choice, source.url, source.title, source.quoted, known ? segment.start : -1,
                            known ? segment.end : -1});
      });
    });
  for (std::size_t i = 0; i < count; ++i)
    if (const Source& source = sources[i]; !source.cited && !source.empty())
      batch.push(Citation{choice, source.url, source.title, source.quoted});
}

}  // namespace weir::dialect::gemini
