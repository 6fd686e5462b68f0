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
    int cache_kib = 1024;  // last-level cache of a cluster; of a socket if clusters are single cores

    int cores() const { return sockets * cores_per_socket; }
    // CPU numbers as Linux gives them: first one thread of every core, then the siblings.
    int core(int cpu) const { return cpu % cores(); }
};

enum class Distance : std::uint8_t { same, smt, cluster, socket, remote };

// Where a CPU is: in which of all cores, clusters and sockets.
struct CpuPlace {
    int core = 0;
    int cluster = 0;
    int socket = 0;
};

inline CpuPlace place_of(const Topology& topology, int cpu) {
    const int core = topology.core(cpu);
    return {core, core / topology.cores_per_cluster, core / topology.cores_per_socket};
}

// Of two CPUs that are not the same.
inline Distance distance(const CpuPlace& a, const CpuPlace& b) {
    if (a.core == b.core) return Distance::smt;
    if (a.socket != b.socket) return Distance::remote;
    return a.cluster == b.cluster ? Distance::cluster : Distance::socket;
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
