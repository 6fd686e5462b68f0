// Runs every test, or the one of the name given.
#include <exception>

#include "tests/check.hpp"

int main(int argc, char** argv) {
    auto& registry = pcpbench::testing::Registry::get();
    int ran = 0;
    for (const auto& [name, body] : registry.tests) {
        if (argc > 1 && name != argv[1]) continue;
        const int before = registry.failures;
        try {
            body();
        } catch (const std::exception& error) {
            pcpbench::testing::fail(name.c_str(), 0, error.what());
        }
        ++ran;
        if (registry.failures != before) std::cerr << "FAILED " << name << '\n';
    }
    std::cout << ran << " tests, " << registry.failures << " failed checks\n";
    return registry.failures == 0 && ran > 0 ? 0 : 1;
}
