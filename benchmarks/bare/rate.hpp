// rate.hpp: how many calls a second of CPU time a bare program carries out.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>

// Takes steps, each of which returns its calls, for so many seconds; prints the rate in millions.
template <class Step>
void print_rate(const char* seconds, Step step) {
    constexpr int kStepsALook = 64;
    const double least = std::atof(seconds);
    std::int64_t calls = 0;
    double taken = 0;
    const std::clock_t began = std::clock();
    while (taken < least) {
        for (int i = 0; i < kStepsALook; ++i) calls += step();
        taken = static_cast<double>(std::clock() - began) / CLOCKS_PER_SEC;
    }
    std::printf("%.6f\n", static_cast<double>(calls) / taken / 1e6);
}
