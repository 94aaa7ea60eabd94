// From a pointer to member to the two functions that fill it: the one place where the table of keys meets types.
// A row whose value type does not fit its member is caught by the test that reads every example and default.
#pragma once

#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "config_schema.h"
#include "weir/base/assert.h"
#include "written_config.h"

namespace weir::control {

namespace binding_detail {

template <class T>
struct MemberOf;
template <class S, class T>
struct MemberOf<T S::*> {
  using Section = S;
  using Type = T;
};

template <class T>
struct IsWritten : std::false_type {};
template <class T>
struct IsWritten<Written<T>> : std::true_type {
  using Type = T;
};

template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {
  using Type = T;
};

template <class T, class Variant>
struct IsAlternative;
template <class T, class... Ts>
struct IsAlternative<T, std::variant<Ts...>> : std::disjunction<std::is_same<T, Ts>...> {};

template <class T>
T take(Value&& value) {
  T* typed = std::get_if<T>(&value);
  WEIR_ASSERT(typed != nullptr, "a row's value type fits the member it is bound to");
  return std::move(*typed);
}

template <class Element>
void* append(std::vector<Element>& list, Bytes name, Position at) {
  Element& element = list.emplace_back();
  if constexpr (requires { element.name = std::string(name); }) element.name = std::string(name);
  element.at = at;
  return &element;
}

}  // namespace binding_detail

template <auto Member>
constexpr Binding bind() {
  using namespace binding_detail;
  using Section = typename MemberOf<decltype(Member)>::Section;
  using Type = typename MemberOf<decltype(Member)>::Type;
  if constexpr (IsAlternative<Type, Value>::value) {
    return {.store = [](void* section, Value&& value, Position) {
      static_cast<Section*>(section)->*Member = take<Type>(std::move(value));
    }};
  } else if constexpr (IsWritten<Type>::value) {
    return {.store = [](void* section, Value&& value, Position at) {
      static_cast<Section*>(section)->*Member = {take<typename IsWritten<Type>::Type>(std::move(value)), at};
    }};
  } else if constexpr (!IsVector<Type>::value) {
    return {.child = [](void* section, Bytes, Position at) -> void* {
      Type& child = static_cast<Section*>(section)->*Member;
      if constexpr (requires { child.at = at; }) child.at = at;
      return &child;
    }};
  } else if constexpr (IsWritten<typename IsVector<Type>::Type>::value) {
    using Element = typename IsVector<Type>::Type;
    return {.store = [](void* section, Value&& value, Position at) {
      (static_cast<Section*>(section)->*Member)
          .push_back({take<typename IsWritten<Element>::Type>(std::move(value)), at});
    }};
  } else {
    return {.child = [](void* section, Bytes name, Position at) -> void* {
      return append(static_cast<Section*>(section)->*Member, name, at);
    }};
  }
}

}  // namespace weir::control
