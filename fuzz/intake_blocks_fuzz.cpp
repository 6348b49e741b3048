// Reads a foreign body as blocks in JSON and in protobuf; what is read and passes the check has the
// size that it says.
#include "check.hpp"
#include "eeg_intake/check_block.hpp"
#include "eeg_intake/read_blocks.hpp"
#include "eeg_intake/read_stream_end.hpp"

#include <cstdint>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace vigil;
    using namespace vigil::eeg_intake;
    std::string body(reinterpret_cast<const char*>(data), size);
    const auto latest = from_us(1'725'876'007'000'000);
    for (const auto& posted : {read_blocks_protobuf(body), read_blocks_json(body)}) {
        if (!posted) {
            continue;
        }
        fuzz::check(!posted->blocks.empty());
        for (const auto& block : posted->blocks) {
            if (const auto checked = check_block(block, latest); !checked) {
                fuzz::check(!checked.error().field.empty());
                continue;
            }
            fuzz::check(
                block.data().size() == static_cast<std::size_t>(block.channels_size()) *
                                           block.samples() * bytes_per_sample(block.codec())
            );
        }
    }
    static_cast<void>(read_stream_end_json(body));
    return 0;
}
