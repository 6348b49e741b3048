// What BlockIntake learns from the journal's tail: blocks of other instances, those of the time
// before a restart, and buttons that were pressed.
#include "eeg_intake/block_intake.hpp"

namespace vigil::eeg_intake {

void BlockIntake::apply_block(
    const v1::EegBlock& block,
    const std::string& patient,
    const std::string& id,
    journal::Sequence sequence
) {
    const journal::SampleRange range{block.first_sample(), block.first_sample() + block.samples()};
    const journal::BlockSamples compared(
        range,
        block.data(),
        static_cast<std::size_t>(block.channels_size())
    );
    const auto layout = channels_digest(block);
    const std::lock_guard lock(mutex_);
    auto& stream =
        table_.at(StreamTable::key(patient, block.device(), block.stream()), block.isolated());
    if (stream.differs(block, layout) == nullptr) {
        stream.take_layout(block, layout);
        stream.seen.hold(compared.cells(block.isolated()), sequence);
        stream.remember(range, id);
    }
}

void BlockIntake::apply(std::span<const journal::StoredPtr> entries) {
    v1::EegBlock block;
    v1::Quarantined quarantined;
    for (const auto& stored : entries) {
        const auto& entry = stored->entry;
        if (entry.type() == v1::MARK) {
            presses_.held(entry.id());
            continue;
        }
        const bool is_quarantined = entry.type() == v1::QUARANTINED;
        if (entry.type() != v1::EEG_BLOCK && !is_quarantined) {
            continue;
        }
        {
            const std::lock_guard lock(mutex_);
            if (own_.holds(entry.id())) {
                continue;
            }
        }
        if (is_quarantined && (!quarantined.ParseFromString(entry.payload()) ||
                               quarantined.type() != v1::EEG_BLOCK)) {
            continue;
        }
        if (entry.key_id() != 0 ||
            !block.ParseFromString(is_quarantined ? quarantined.payload() : entry.payload())) {
            continue; // its owner reports it; here only a repeat would go unnoticed
        }
        apply_block(block, entry.patient(), entry.id(), stored->sequence);
    }
}

} // namespace vigil::eeg_intake
