#include "openai_chat_ids.h"

#include <algorithm>

#include "weir/codec/json_reader.h"
#include "weir/dialect/encoder.h"

namespace weir::dialect::openai_chat {

namespace {

constexpr Bytes kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::size_t kNine = 9;

/// FNV-1a and a finisher (splitmix64's), so that ids that differ in their last character differ everywhere.
std::uint64_t hash_of(Bytes id) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  codec::decode_json_string(
      id,
      [](void* receiver, Bytes part) {
        auto& value = *static_cast<std::uint64_t*>(receiver);
        for (const char c : part) value = (value ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
        return true;
      },
      &hash);
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9U;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebU;
  return hash ^ (hash >> 31);
}

}  // namespace

void append_nine(std::string& out, Bytes id) {
  const auto fits = [](char c) { return kDigits.find(c) != Bytes::npos; };
  if (id.size() == kNine && std::ranges::all_of(id, fits)) return void(out += id);
  std::uint64_t hash = hash_of(id);
  for (std::size_t i = 0; i < kNine; ++i, hash /= kDigits.size()) out += kDigits[hash % kDigits.size()];
}

Bytes CallIds::of_call(const Part& call) {
  Call& kept = calls_.emplace_back();
  kept.name = call.name;
  if (call.id.empty()) {
    std::string made;
    append_id(made, "call_", 0, made_++);
    append(kept.id, made);
  } else {
    append(kept.id, call.id);
  }
  return kept.id;
}

Bytes CallIds::of_result(const Part& result) {
  id_.clear();
  if (!result.id.empty()) append(id_, result.id);
  for (Call& call : calls_) {
    if (call.answered || (id_.empty() ? !result.name.empty() && call.name != result.name : call.id != id_)) continue;
    call.answered = true;
    return call.id;
  }
  if (id_.empty()) {
    std::string made;
    append_id(made, "call_", 0, made_++);
    append(id_, made);
  }
  return id_;
}

}  // namespace weir::dialect::openai_chat
