#include "eeg_intake/read_stream_end.hpp"

#include "base/strict_json.hpp"

#include <array>
#include <cstdint>
#include <limits>

namespace vigil::eeg_intake {

namespace {

using json::Path;
using json::ondemand::object;
using json::ondemand::value;

} // namespace

Result<v1::StreamEnd> read_stream_end_json(std::string& body) {
    static constexpr std::array<std::string_view, 3> names{"device", "stream", "end_sample"};
    return json::read_object(body, [](object root, const Path& path) -> Result<v1::StreamEnd> {
        v1::StreamEnd end;
        auto seen = json::each_member(
            root,
            names,
            path,
            [&](std::size_t name, value v, const Path& here) -> Result<void> {
                switch (name) {
                    case 0:
                        return json::keep(json::text(v, here), [&](std::string_view t) {
                            end.set_device(std::string(t));
                        });
                    case 1:
                        return json::keep(json::text(v, here), [&](std::string_view t) {
                            end.set_stream(std::string(t));
                        });
                    default:
                        return json::keep(
                            json::integer(v, here, 0, std::numeric_limits<std::int64_t>::max()),
                            [&](auto n) { end.set_end_sample(static_cast<std::uint64_t>(n)); }
                        );
                }
            }
        );
        if (!seen) {
            return std::unexpected(std::move(seen.error()));
        }
        return end;
    });
}

} // namespace vigil::eeg_intake
