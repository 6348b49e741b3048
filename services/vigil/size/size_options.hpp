// The options of `vigil size`. Used by size_command.
#pragma once

#include "vigil/size/pulling_size.hpp"
#include "vigil/size/size_simulation.hpp"
#include "vigil/size/sizing.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace vigil::size {

inline constexpr const char* refusing = "refusing";
inline constexpr const char* pulling = "pulling";
inline constexpr const char* streams = "streams";

struct Arguments {
    std::string kind = refusing;
    PullingLoad pulling;
    StreamsLoad streams;
    ServiceLoad load;
    std::vector<std::string> services;
    Sizing sizing;
    std::optional<std::uint64_t> slots = {};
    std::uint64_t pods = 0;
    std::uint32_t attempts = 1;
    std::string dispatch = std::string(queueing::name(queueing::Dispatch::random));
    bool simulate = false;
    SimulationOptions simulation;
    std::string svg;
    bool json = false;
    bool tables = false;
    std::string access_log;
    std::string prometheus;
    std::uint32_t hours = 24;
    std::string only;
    bool profile = false;
    bool check = false;
    std::string kustomize;
    std::uint32_t nodes = 3;
    std::uint32_t unavailable_percent = 25;
};

void add_options(CLI::App& command, Arguments& arguments);

} // namespace vigil::size
