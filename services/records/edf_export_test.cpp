#include "records/edf_export.hpp"

#include "records/test_entries.hpp"
#include "signal/edf_writer.hpp"
#include "signal/recording.hpp"
#include "store/memory_store.hpp"
#include "vigil/v1/mark.pb.h"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>

using namespace vigil;
using namespace vigil::records;

namespace {

struct Stored {
    store::MemoryStore store;
    Core core{store};
    Entries entries;

    Stored() { REQUIRE(core.load()); }

    Result<EdfExport>
    exported(int from_s, int until_s, const std::string& device = {}, EdfExportLimits limits = {}) {
        core.apply(entries.all());
        const auto start = to_us(test_start);
        return edf_export(
            Queries(core, store),
            "p1",
            {.from_us = start + from_s * std::int64_t{1'000'000},
             .until_us = start + until_s * std::int64_t{1'000'000}},
            device,
            limits
        );
    }
};

std::unique_ptr<signal::Recording> opened(const EdfExport& made) {
    return signal::open_recording("export.edf", made.bytes, {}).value();
}

v1::Event event_at(const std::string& id, int onset_s, int end_s) {
    v1::Event event;
    event.set_id(id);
    event.set_revision(1);
    event.set_state(v1::Event::ENDED);
    event.set_patient("p1");
    event.set_model("window-178");
    event.set_model_version("1");
    event.set_standing(v1::Detection::ACTIVE);
    event.mutable_span()->set_onset_us(to_us(test_start) + onset_s * std::int64_t{1'000'000});
    event.mutable_span()->set_end_us(to_us(test_start) + end_s * std::int64_t{1'000'000});
    event.mutable_span()->set_peak_q16(58'982); // 0.90
    return event;
}

v1::Mark mark_at(v1::Mark::Kind kind, int said_s, int from_s = 0, int until_s = 0) {
    v1::Mark mark;
    mark.set_kind(kind);
    mark.set_patient("p1");
    mark.set_user("anna");
    const auto us = [](int second) { return to_us(test_start) + second * std::int64_t{1'000'000}; };
    mark.set_time_us(us(said_s));
    if (from_s != 0) {
        mark.set_from_us(us(from_s));
    }
    if (until_s != 0) {
        mark.set_until_us(us(until_s));
    }
    return mark;
}

/// Every annotation of an EDF+ file, read by its bytes: record by record, list by list.
/// source  EDF+: Kemp and Olivan, Clin. Neurophysiol. 114 (2003) 1755, "Time-stamped annotations
/// lists"
std::vector<std::string> annotations_in(const std::string& file) {
    const auto number = [&](std::size_t at, std::size_t length) {
        return static_cast<std::size_t>(std::stoul(file.substr(at, length)));
    };
    const auto header = number(184, 8);
    const auto records = number(236, 8);
    const auto signals = number(252, 4);
    const auto samples_at = 256 + signals * (16 + 80 + 8 + 8 + 8 + 8 + 8 + 80);
    std::size_t before = 0;
    std::size_t record = 0;
    std::size_t length = 0;
    for (std::size_t signal = 0; signal < signals; ++signal) {
        const auto bytes = 2 * number(samples_at + 8 * signal, 8);
        if (file.substr(256 + 16 * signal, 16) == "EDF Annotations ") {
            before = record;
            length = bytes;
        }
        record += bytes;
    }
    std::vector<std::string> found;
    for (std::size_t each = 0; each < records; ++each) {
        auto list = file.substr(header + each * record + before, length);
        bool is_time_keeping = true;
        for (std::size_t end = list.find('\0'); end != std::string::npos && end != 0;
             end = list.find('\0')) {
            if (!is_time_keeping) {
                auto text = list.substr(0, end);
                std::ranges::replace(text, '\x14', '|');
                std::ranges::replace(text, '\x15', '/');
                found.push_back(text);
            }
            is_time_keeping = false;
            list.erase(0, end + 1);
        }
    }
    return found;
}

} // namespace

TEST_CASE("an exported stretch has every sample of it, and its events") {
    Stored stored;
    for (std::uint64_t second = 0; second < 20; ++second) {
        stored.entries.block({.scale = 0.5}, second * 256, 256);
    }
    v1::Event event;
    event.set_id("0123456789abcdef");
    event.set_revision(1);
    event.set_state(v1::Event::ENDED);
    event.set_patient("p1");
    event.set_model("window-178");
    event.set_model_version("1");
    event.mutable_span()->set_onset_us(to_us(test_start) + 7'500'000);
    event.mutable_span()->set_end_us(to_us(test_start) + 12'000'000);
    event.mutable_span()->set_peak_q16(49'152);
    v1::Step step;
    *step.add_events() = event;
    stored.entries.add(v1::STEP, step);
    const auto made = stored.exported(5, 15).value();
    CHECK(made.file_name == "p1_20261124T000005Z.edf");
    const auto recording = opened(made);
    const auto& info = recording->info();
    CHECK(info.samples == 10 * 256);
    CHECK(info.start == test_start + std::chrono::seconds{5});
    CHECK(std::abs(info.channels[0].scale - 0.5) < 1e-6);
    const auto values = recording->read(0, 2560).value();
    for (std::uint64_t i = 0; i < 2560; ++i) {
        REQUIRE(values[i] == sample_at(5 * 256 + i, 0));
        REQUIRE(values[2560 + i] == sample_at(5 * 256 + i, 1));
    }
    REQUIRE(info.annotations.size() == 1);
    CHECK(info.annotations[0].sample == 640);
    CHECK(info.annotations[0].duration_s == 4.5);
    CHECK(
        info.annotations[0].text ==
        "Detected by window-178 1: peak score 0.75, not validated for this signal"
    );
}

TEST_CASE("an exported stretch carries what the detector found and what people said of it") {
    Stored stored;
    for (std::uint64_t second = 0; second < 60; ++second) {
        stored.entries.block({}, second * 256, 256);
    }
    v1::Step step;
    *step.add_events() = event_at("0123456789abcdef", 12, 20);
    *step.add_events() = event_at("elsewhere-------", 50, 55);
    stored.entries.add(v1::STEP, step);
    auto seizure = mark_at(v1::Mark::ANNOTATION, 600, 14, 22);
    seizure.set_type(v1::Mark::FOCAL_CLONIC);
    seizure.set_awareness(v1::Mark::IMPAIRED);
    seizure.set_text("left arm, \x14 then rest");
    stored.entries.add(v1::MARK, seizure);
    auto remark = mark_at(v1::Mark::ANNOTATION, 601, 11);
    remark.set_text("camera moved");
    stored.entries.add(v1::MARK, remark);
    auto verdict = mark_at(v1::Mark::VERDICT, 700);
    verdict.set_event("0123456789abcdef");
    verdict.set_verdict(v1::Mark::NO_SEIZURE);
    stored.entries.add(v1::MARK, verdict);
    auto other = verdict;
    other.set_event("elsewhere-------");
    stored.entries.add(v1::MARK, other);
    stored.entries.add(v1::MARK, mark_at(v1::Mark::MANUAL_ALARM, 16));
    stored.entries.add(v1::MARK, mark_at(v1::Mark::ALL_CLEAR, 29));
    auto button = mark_at(v1::Mark::BUTTON, 13);
    button.set_user({});
    button.set_device("strap-7");
    stored.entries.add(v1::MARK, button);
    stored.entries.add(v1::MARK, mark_at(v1::Mark::ALL_CLEAR, 45)); // after the stretch
    auto mistaken = mark_at(v1::Mark::ANNOTATION, 602, 15);
    mistaken.set_text("of another patient");
    stored.entries.add(v1::MARK, mistaken);
    auto withdrawn = mark_at(v1::Mark::WITHDRAWN, 603);
    withdrawn.set_withdraws(stored.entries.all().back()->entry.id());
    stored.entries.add(v1::MARK, withdrawn);

    const auto made = stored.exported(10, 30).value();
    auto found = annotations_in(made.bytes);
    std::ranges::sort(found);
    const std::vector<std::string> expected{
        "+19|All clear (anna, 2026-11-24T00:00:29.000000Z)|",
        "+1|Remark (anna, 2026-11-24T00:10:01.000000Z): camera moved|",
        "+2/8|Detected by window-178 1: peak score 0.90|",
        "+2/8|Verdict on this event: no seizure (anna, 2026-11-24T00:11:40.000000Z)|",
        "+3|Event button pressed (strap-7, 2026-11-24T00:00:13.000000Z)|",
        "+4/8|Seizure, focal clonic, impaired (anna, 2026-11-24T00:10:00.000000Z): left arm,   "
        "then "
        "rest|",
        "+6|Manual alarm (anna, 2026-11-24T00:00:16.000000Z)|",
    };
    CHECK(found == expected);
    // Vigil's own reader finds them at the same samples.
    const auto recording = opened(made);
    const auto& read = recording->info().annotations;
    REQUIRE(read.size() == expected.size());
    const auto button_read = std::ranges::find_if(read, [](const auto& one) {
        return one.text.starts_with("Event button");
    });
    REQUIRE(button_read != read.end());
    CHECK(button_read->sample == 3 * 256);
}

TEST_CASE("what people said stands at its samples, whatever the device's clock says of them") {
    Stored stored;
    constexpr std::int64_t second_us = 1'000'000;
    for (int second = 0; second < 400; ++second) {
        stored.entries.block({}, static_cast<std::uint64_t>(second) * 256, 256);
        // 4 s ahead: what it calls the end of this second was so much earlier.
        stored.entries.received(to_us(test_start) + (second + 1 - 4) * second_us + 5'000);
    }
    auto remark = mark_at(v1::Mark::ANNOTATION, 600, 96, 98);
    remark.set_text("arm");
    stored.entries.add(v1::MARK, remark);
    const auto found = annotations_in(stored.exported(90, 120).value().bytes);
    REQUIRE(found.size() == 1);
    double onset_s = 0;
    REQUIRE(std::sscanf(found[0].c_str(), "%lf/", &onset_s) == 1);
    CHECK(std::abs(onset_s - 10) < 0.05);
}

TEST_CASE("a remark of any length is in the file whole, and no letter is parted") {
    Stored stored;
    stored.entries.block({}, 0, 10 * 256);
    auto remark = mark_at(v1::Mark::ANNOTATION, 600, 2);
    std::string text;
    for (int i = 0; i < 166; ++i) {
        text += "\u00e4b"; // 3 bytes
    }
    remark.set_text(text);
    stored.entries.add(v1::MARK, remark);
    std::string joined;
    for (auto piece : annotations_in(stored.exported(0, 10).value().bytes)) {
        REQUIRE(piece.starts_with("+2|"));
        REQUIRE(piece.ends_with('|'));
        piece = piece.substr(3, piece.size() - 4);
        CHECK(piece.size() <= signal::max_edf_note_bytes);
        if (piece.starts_with("... ")) {
            piece.erase(0, 4);
        }
        if (piece.ends_with(" ...")) {
            piece.erase(piece.size() - 4);
        }
        CHECK((static_cast<unsigned char>(piece.front()) & 0xc0) != 0x80);
        joined += piece;
    }
    CHECK(joined == "Remark (anna, 2026-11-24T00:10:00.000000Z): " + text);
}

TEST_CASE("a gap is a gap in the file, and what fills its last record is said") {
    Stored stored;
    stored.entries.block({}, 0, 256 + 128).block({}, 10 * 256, 512);
    const auto recording = opened(stored.exported(0, 60).value());
    const auto& info = recording->info();
    REQUIRE(info.segments.size() == 2);
    CHECK(info.segments[0] == signal::RecordingSegment{.first = 0, .count = 512});
    CHECK(info.segments[1] == signal::RecordingSegment{.first = 2560, .count = 512});
    CHECK(recording->read(300, 1).value()[0] == sample_at(300, 0));
    CHECK(recording->read(500, 1).value()[0] == sample_at(383, 0));
    REQUIRE(info.annotations.size() == 1);
    CHECK(info.annotations[0].sample == 384);
    CHECK(info.annotations[0].text == "No samples: filled with the last value");
}

TEST_CASE("samples wider than 16 bits are divided, and that is said") {
    Stored stored;
    auto block = block_of({}, 0, 256);
    std::vector<std::int32_t> values(512, 100'000);
    signal::set_block_samples(block, values, v1::INT24_LE).value();
    stored.entries.add(v1::EEG_BLOCK, block);
    const auto recording = opened(stored.exported(0, 60).value());
    CHECK(recording->read(0, 1).value()[0] == 25'000);
    CHECK(std::abs(recording->info().channels[0].scale - 4) < 1e-5);
    CHECK(recording->info().annotations[0].text == "C0: samples divided by 4 to fit in 16 bits");
}

TEST_CASE("of several devices the one that is named is exported, else the one with most samples") {
    Stored stored;
    stored.entries.block({.device = "short"}, 0, 256).block({.device = "long"}, 0, 1024);
    CHECK(opened(stored.exported(0, 60).value())->info().samples == 1024);
    CHECK(opened(stored.exported(0, 60, "short").value())->info().samples == 256);
    CHECK(stored.exported(0, 60, "none").error().code == ErrorCode::not_found);
}

TEST_CASE("a file over the limit is refused, also where only its many pieces make it so") {
    Stored stored;
    for (std::uint64_t second = 0; second < 20; ++second) {
        stored.entries.block({}, second * 512, 16);
    }
    stored.entries.block({.device = "long"}, 0, 20 * 256);
    CHECK(stored.exported(0, 60, "long", {.file_bytes = 23'000}).has_value());
    CHECK(
        stored.exported(0, 60, "long", {.file_bytes = 20'000}).error().code == ErrorCode::too_large
    );
    CHECK(
        stored.exported(0, 60, "d1", {.file_bytes = 20'000}).error().code == ErrorCode::too_large
    );
}
