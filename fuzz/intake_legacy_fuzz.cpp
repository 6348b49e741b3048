// Reads a foreign body as an old-contract window, and as one of its times.
#include "check.hpp"
#include "eeg_intake/check_block.hpp"
#include "eeg_intake/legacy_window.hpp"

#include <cstdint>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace vigil;
    using namespace vigil::eeg_intake;
    static const LocalZone zone = LocalZone::named("Europe/Berlin").value();
    std::string body(reinterpret_cast<const char*>(data), size);
    if (const auto local = read_local_time(body)) {
        const auto utc = zone.to_utc(*local);
        fuzz::check(
            std::chrono::abs(utc.time_since_epoch() - local->time_since_epoch()) <=
            std::chrono::hours(26)
        );
    }
    static_cast<void>(legacy_call(body));
    if (const auto window = read_legacy_window(body, zone)) {
        const auto block = legacy_block(*window);
        fuzz::check(block.data().size() == legacy_samples * 2);
        const auto checked = check_block(block, from_us(1'725'876'007'000'000));
        fuzz::check(
            checked || checked.error().field == "start_time_us" ||
            checked.error().field == "first_sample"
        );
    }
    return 0;
}
