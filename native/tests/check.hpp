// check.hpp: TEST, CHECK and CHECK_EQ for the core's own test binary.
#pragma once

#include <functional>
#include <iostream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace pcpbench::testing {

struct Registry {
    std::vector<std::pair<std::string, std::function<void()>>> tests;
    int failures = 0;
    static Registry& get() {
        static Registry registry;
        return registry;
    }
};

struct Registrar {
    Registrar(const char* name, std::function<void()> body) {
        Registry::get().tests.emplace_back(name, std::move(body));
    }
};

inline void fail(const char* file, int line, const std::string& what) {
    ++Registry::get().failures;
    std::cerr << file << ':' << line << ": " << what << '\n';
}

template <class A, class B>
void check_equal(const char* file, int line, const char* what, const A& a, const B& b) {
    if (a == b) return;
    std::ostringstream text;
    text << what << ": " << a << " is not " << b;
    fail(file, line, text.str());
}

}  // namespace pcpbench::testing

#define TEST(name)                                                                    \
    static void test_##name();                                                        \
    static const pcpbench::testing::Registrar registrar_##name{#name, test_##name};   \
    static void test_##name()
#define CHECK(condition)                                                              \
    do {                                                                              \
        if (!(condition)) pcpbench::testing::fail(__FILE__, __LINE__, #condition);    \
    } while (false)
#define CHECK_EQ(a, b) \
    pcpbench::testing::check_equal(__FILE__, __LINE__, #a " == " #b, (a), (b))
