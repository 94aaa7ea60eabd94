#include "weir/codec/header_table.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::codec {
namespace {

std::string upper(Bytes text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  return out;
}

/// Both ways to look, which must agree whatever stands behind the name.
HeaderId find(Bytes name) {
  for (const char behind : {':', 'x', '-'}) {
    const std::string ahead = std::string(name) + std::string(kHeaderLookahead, behind);
    EXPECT_EQ(find_header_in(ahead.data(), name.size()), find_header(name)) << name;
  }
  return find_header(name);
}

TEST(HeaderTable, FindsEveryNameInAnyCase) {
  for (std::size_t i = 1; i < static_cast<std::size_t>(HeaderId::x_forwarded); ++i) {
    const auto id = static_cast<HeaderId>(i);
    const std::string name(header_name(id));
    EXPECT_EQ(find(name), id) << name;
    EXPECT_EQ(find(upper(name)), id) << name;
    std::string mixed = name;
    for (std::size_t at = 0; at < mixed.size(); at += 2) mixed[at] = upper(mixed)[at];
    EXPECT_EQ(find(mixed), id) << mixed;
  }
}

// The words compared eight bytes at a time must not take a neighbour for a letter: '-' and CR, '[' and '{', 'M' and
// '-'.
TEST(HeaderTable, OneOtherByteIsAnotherName) {
  for (std::size_t i = 1; i < static_cast<std::size_t>(HeaderId::x_forwarded); ++i) {
    const std::string name(header_name(static_cast<HeaderId>(i)));
    for (std::size_t at = 0; at < name.size(); ++at)
      for (int c = 0; c < 256; ++c) {
        std::string other = name;
        other[at] = static_cast<char>(c);
        EXPECT_EQ(find(other) == static_cast<HeaderId>(i), equals_ignore_case(other, name)) << other;
      }
    EXPECT_NE(find(name + "x"), static_cast<HeaderId>(i));
    EXPECT_NE(find(Bytes(name).substr(1)), static_cast<HeaderId>(i));
    EXPECT_NE(find(Bytes(name).substr(0, name.size() - 1)), static_cast<HeaderId>(i));
  }
}

TEST(HeaderTable, KnowsFamiliesByTheirBeginning) {
  EXPECT_EQ(find("X-Weir-Cache"), HeaderId::x_weir);
  EXPECT_EQ(find("x-weir-a-name-that-is-longer-than-any-of-the-table"), HeaderId::x_weir);
  for (Bytes name : {"x-weir-", "X-WEIR-TAGS", "x_weir_tags", "X-Weir_Tags", "x_weir-"})
    EXPECT_EQ(find(name), HeaderId::x_weir) << name;
  for (Bytes name : {"x-weir", "x-weird", "x-weird-tags", "xx-weir-tags", "x--weir-tags", "weir-tags"})
    EXPECT_EQ(find(name), HeaderId::other) << name;
  EXPECT_EQ(find("X-Forwarded-Proto"), HeaderId::x_forwarded);
  EXPECT_EQ(find("X-Forwarded-For"), HeaderId::x_forwarded_for);
  EXPECT_EQ(find("x-forwarded-"), HeaderId::x_forwarded);
  EXPECT_EQ(find("X_Forwarded_Proto"), HeaderId::x_forwarded);
  for (Bytes name : {"X-Original-URL", "x-http-method-override", "CF-Connecting-IP", "Sec-Fetch-Site"})
    EXPECT_EQ(find(name), HeaderId::x_forwarded) << name;
  EXPECT_EQ(find("Access-Control-Allow-Origin"), HeaderId::access_control);
  for (Bytes name : {"x-original", "x-https", "cfg", "cf", "sec", "section-a", "access-controls"})
    EXPECT_EQ(find(name), HeaderId::other) << name;
}

TEST(HeaderTable, UnknownNamesAreOther) {
  for (Bytes name : {"", "x", "a", "anthropic-version", "openai-beta", "x-stainless-arch", "content_length", "hosts"})
    EXPECT_EQ(find(name), HeaderId::other) << name;
  EXPECT_EQ(find(std::string(5000, 'h')), HeaderId::other);
}

TEST(HeaderTable, CredentialsNeverTravel) {
  for (HeaderId id : {HeaderId::authorization, HeaderId::proxy_authorization, HeaderId::x_api_key, HeaderId::api_key,
                      HeaderId::x_goog_api_key, HeaderId::x_portkey_api_key, HeaderId::x_amz_security_token,
                      HeaderId::x_auth_token, HeaderId::subscription_key, HeaderId::cookie, HeaderId::set_cookie}) {
    EXPECT_TRUE(is_secret(id)) << header_name(id);
    EXPECT_FALSE(may_forward(id)) << header_name(id);
    EXPECT_FALSE(may_return(id)) << header_name(id);
  }
}

TEST(HeaderTable, WhatMayTravel) {
  struct Case {
    HeaderId id;
    bool forward, back;
  };
  for (const auto& [id, forward, back] : {
           Case{HeaderId::other, true, true},
           {HeaderId::content_type, true, true},
           {HeaderId::user_agent, true, true},
           {HeaderId::retry_after, true, true},
           {HeaderId::x_request_id, true, true},
           {HeaderId::host, false, true},
           {HeaderId::content_length, false, false},
           {HeaderId::transfer_encoding, false, false},
           {HeaderId::connection, false, false},
           {HeaderId::te, false, false},
           {HeaderId::upgrade, false, false},
           {HeaderId::accept_encoding, false, true},
           {HeaderId::expect, false, true},
           {HeaderId::openai_organization, false, false},
           {HeaderId::alt_svc, true, false},
           {HeaderId::x_forwarded, false, true},
           {HeaderId::access_control, false, false},
           {HeaderId::strict_transport, true, false},
           {HeaderId::server, true, false},
           {HeaderId::via, false, false},
           {HeaderId::www_authenticate, false, false},
           {HeaderId::origin, false, true},
           {HeaderId::x_rewrite_url, false, true},
           {HeaderId::http2_settings, false, false},
           {HeaderId::x_forwarded_for, false, true},
           {HeaderId::x_weir, false, false},
       }) {
    EXPECT_EQ(may_forward(id), forward) << header_name(id);
    EXPECT_EQ(may_return(id), back) << header_name(id);
  }
}

}  // namespace
}  // namespace weir::codec
