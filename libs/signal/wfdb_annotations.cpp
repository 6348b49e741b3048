// source  symbols and which of them are beats: ecgcodes.h and ecgmap.h of the WFDB library
#include "signal/wfdb_annotations.hpp"

#include "signal/recording_parts.hpp"

#include <array>

namespace vigil::signal {
namespace {

constexpr std::string_view symbols = " NLRaVFJASEj/Q~ | sT*D\"=pB^t+u?![]en@xf()r";
constexpr std::string_view beat_symbols = "NLRaVFJASEj/QB?!enfr";
static_assert(symbols.size() == 42);

enum Code : unsigned { skip = 59, number = 60, subtype = 61, channel = 62, note = 63 };

constexpr unsigned highest_annotation = 49;
constexpr std::int64_t latest_sample = std::int64_t{1} << 48;

} // namespace

Result<std::vector<RecordingAnnotation>> wfdb_annotations(std::string_view bytes) {
    std::vector<RecordingAnnotation> out;
    const auto word = [bytes](std::size_t at) {
        return static_cast<unsigned>(static_cast<unsigned char>(bytes[at])) |
               (static_cast<unsigned>(static_cast<unsigned char>(bytes[at + 1])) << 8);
    };
    std::int64_t time = 0;
    for (std::size_t at = 0; at + 2 <= bytes.size();) {
        const unsigned code = word(at) >> 10;
        const unsigned data = word(at) & 1023;
        at += 2;
        if (code == 0 && data == 0) {
            return out;
        }
        if (code == skip) {
            if (at + 4 > bytes.size()) {
                return bad_file("WFDB: the annotations end within an interval");
            }
            time += static_cast<std::int32_t>(
                (word(at) << 16) | word(at + 2)
            ); // the high half comes first
            at += 4;
        } else if (code == note) {
            if (at + data > bytes.size()) {
                return bad_file("WFDB: the annotations end within a note");
            }
            std::string_view text = bytes.substr(at, data);
            text = text.substr(0, text.find('\0'));
            if (!out.empty() && !text.empty()) {
                out.back().text += ' ';
                out.back().text += text;
            }
            at += data + data % 2;
        } else if (code <= highest_annotation) {
            time += data;
            if (code != 0) {
                const char symbol =
                    code < symbols.size() && symbols[code] != ' ' ? symbols[code] : '?';
                const bool known = code < symbols.size();
                out.push_back({
                    .sample = time,
                    .text = std::string(1, symbol),
                    .beat = known && symbols[code] != ' ' && beat_symbols.contains(symbol),
                });
            }
        }
        if (time < 0 || time > latest_sample) {
            return bad_file("WFDB: an annotation lies before the record or absurdly late");
        }
    }
    return out;
}

} // namespace vigil::signal
