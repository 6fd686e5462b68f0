// parameters.hpp: reads the integer parameters of a native stream, and names what is wrong.
#pragma once

#include <set>
#include <stdexcept>
#include <string>

#include "simulation/stream.hpp"

namespace pcpbench {

class ParameterReader {
  public:
    ParameterReader(std::string kind, const StreamParameters& given)
        : kind_(std::move(kind)), given_(&given) {}

    std::int64_t take(const std::string& name, std::int64_t least, std::int64_t most) {
        const auto found = given_->find(name);
        if (found == given_->end()) fail(name + " is missing");
        if (found->second < least || found->second > most) {
            fail(name + " is " + std::to_string(found->second) + ", must be from " +
                 std::to_string(least) + " to " + std::to_string(most));
        }
        taken_.insert(name);
        return found->second;
    }
    // One that may be left out.
    std::int64_t take_or(std::int64_t without, const std::string& name, std::int64_t least,
                         std::int64_t most) {
        return given_->contains(name) ? take(name, least, most) : without;
    }
    void finish() const {
        for (const auto& [name, value] : *given_) {
            if (!taken_.contains(name)) fail("there is no parameter " + name);
        }
    }

  private:
    [[noreturn]] void fail(const std::string& what) const {
        throw std::invalid_argument("native stream " + kind_ + ": " + what);
    }
    std::string kind_;
    const StreamParameters* given_;
    std::set<std::string> taken_;
};

}  // namespace pcpbench
