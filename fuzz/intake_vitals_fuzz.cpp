// Reads a foreign body as a health export, as vitals, as beats and as a time with its offset.
#include "check.hpp"
#include "heart_intake/check_vital.hpp"
#include "heart_intake/read_vitals.hpp"
#include "heart_intake/vital_limits.hpp"

#include <cstdint>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace vigil;
    using namespace vigil::heart_intake;
    std::string body(reinterpret_cast<const char*>(data), size);
    const auto latest = from_us(1'725'876'007'000'000);
    static_cast<void>(read_offset_time(body));
    for (const auto& posted :
         {read_health_export(body), read_vitals_json(body), read_vitals_protobuf(body)}) {
        if (!posted) {
            continue;
        }
        fuzz::check(posted->points.size() + posted->refused.size() + posted->skipped <= max_points);
        for (const auto& point : posted->points) {
            if (const auto checked = check_vital(point.vital, latest); !checked) {
                fuzz::check(!checked.error().field.empty());
            }
        }
    }
    if (const auto beats = read_beats_json(body)) {
        static_cast<void>(check_beats(*beats, latest));
    }
    return 0;
}
