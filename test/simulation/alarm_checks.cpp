// What must hold of alarms when a world has finished: whoever owned a partition, what was put out
// is what one machine makes of the journal's entries in their order, each once.
#include "detector/alarms.hpp"
#include "detector/block_windows.hpp"
#include "detector/hearts.hpp"
#include "detector/journal_time.hpp"
#include "detector/partition.hpp"
#include "simulation/checks.hpp"

#include <algorithm>
#include <format>

namespace vigil::simulation {

namespace {

using Told = std::map<std::uint32_t, std::vector<std::string>>; // by partition, in order

std::uint32_t partition_of(const v1::Entry& entry) {
    return entry.key().empty() || entry.patient().empty()
               ? entry.partition()
               : journal::partition_of(entry.patient(), World::partitions);
}

std::string in_words(const std::string& output) {
    v1::AlarmOutput message;
    return message.ParseFromString(output) ? message.ShortDebugString() : "nothing";
}

/// One partition without owners, checkpoints and fences.
struct Witness {
    detector::Hearts hearts;
    detector::Alarms alarms;

    void take(const v1::Entry& entry, std::int64_t now_us, std::vector<std::string>& told) {
        const auto tell = [&told](const alarm::Outputs& outputs) {
            for (const auto& output : outputs) {
                told.push_back(output.SerializeAsString());
            }
        };
        if (const auto read =
                entry.type() == v1::EEG_BLOCK ? detector::read_block(entry) : std::nullopt) {
            tell(alarms.data(entry, *read, detector::layout_of(read->block)));
        }
        const auto changes = hearts.take(entry, now_us);
        tell(alarms.heart(entry, changes));
        tell(alarms.take(entry));
        if (const auto* settings = alarms.settings(entry.patient());
            settings != nullptr && entry.type() == v1::ALARM_SETTINGS) {
            hearts.set_limits(entry.patient(), settings->limits());
        }
        v1::Step step;
        if (entry.type() == v1::STEP && step.ParseFromString(entry.payload())) {
            tell(alarms.events(entry, step));
        }
    }
};

Told witnessed(const std::vector<journal::StoredPtr>& entries) {
    Told told;
    std::map<std::uint32_t, Witness> witnesses;
    detector::JournalTime time;
    for (const auto& stored : entries) {
        const auto& entry = stored->entry;
        if (!journal::is_output(entry)) {
            time.pass(entry.receipt_time_us());
        }
        const auto number = partition_of(entry);
        witnesses[number].take(entry, time.now_us(), told[number]);
    }
    std::erase_if(told, [](const auto& one) { return one.second.empty(); });
    return told;
}

} // namespace

std::map<v1::Alarm::Condition, std::size_t> check_alarms(
    const std::vector<journal::StoredPtr>& entries
) {
    Told told;
    std::map<v1::Alarm::Condition, std::size_t> raised;
    for (const auto& stored : entries) {
        v1::Step step;
        if (stored->entry.type() != v1::STEP || !step.ParseFromString(stored->entry.payload())) {
            continue;
        }
        for (const auto& output : step.alarms()) {
            told[stored->entry.partition()].push_back(output.SerializeAsString());
            if (output.has_alarm() && output.alarm().revision() == 1) {
                ++raised[output.alarm().condition()];
            }
        }
    }
    const auto expected = witnessed(entries);
    for (const auto& [number, outputs] : expected) {
        const auto& found = told[number];
        const auto [put_out, follows] = std::ranges::mismatch(found, outputs);
        require(found == outputs, [&] {
            return std::format(
                "partition {}: {} was put out, {} follows from the journal",
                number,
                put_out == found.end() ? "nothing" : in_words(*put_out),
                follows == outputs.end() ? "nothing" : in_words(*follows)
            );
        });
    }
    require(told.size() == expected.size(), "alarms of a partition that has none");
    return raised;
}

} // namespace vigil::simulation
