// topology.hpp: how far two CPUs are from each other, and what moving a cache line between them costs.
#pragma once

#include <cstdint>

#include "machine/costs.hpp"

namespace pcpbench {

struct Topology {
    int sockets = 1;
    int cores_per_socket = 1;
    int cores_per_cluster = 1;  // cores that share a last-level cache slice (CCX) or DSU cluster
    int smt = 1;

    int cores() const { return sockets * cores_per_socket; }
    // CPU numbers as Linux gives them: first one thread of every core, then the siblings.
    int core(int cpu) const { return cpu % cores(); }
};

enum class Distance : std::uint8_t { same, smt, cluster, socket, remote };

inline Distance distance(const Topology& topology, int a, int b) {
    if (a == b) return Distance::same;
    const int core_a = topology.core(a);
    const int core_b = topology.core(b);
    if (core_a == core_b) return Distance::smt;
    if (core_a / topology.cores_per_socket != core_b / topology.cores_per_socket) {
        return Distance::remote;
    }
    return core_a / topology.cores_per_cluster == core_b / topology.cores_per_cluster
               ? Distance::cluster
               : Distance::socket;
}

inline Picoseconds transfer_ps(const Costs& costs, Distance distance) {
    switch (distance) {
        case Distance::same: return 0;
        case Distance::smt: return costs.line_transfer_smt;
        case Distance::cluster: return costs.line_transfer_cluster;
        case Distance::socket: return costs.line_transfer_socket;
        case Distance::remote: return costs.line_transfer_remote;
    }
    return 0;
}

}  // namespace pcpbench
