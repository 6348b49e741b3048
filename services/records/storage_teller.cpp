#include "records/storage_teller.hpp"

#include "base/random.hpp"
#include "vigil/v1/directory.pb.h"
#include "vigil/v1/technical.pb.h"

#include <format>

namespace vigil::records {

void StorageTeller::look(bool is_failing) {
    const auto now = clock_.steady();
    if (is_failing && since_us_ == 0) {
        since_us_ = to_us(clock_.utc());
        next_ = now + pace_.after;
    } else if (!is_failing && since_us_ != 0) {
        since_us_ = 0;
        next_ = now;
    }
    if (now < next_ || (!is_failing && *takes_known_)) {
        return;
    }
    next_ = now + (is_failing ? pace_.every : pace_.after);
    if (is_failing) {
        takes_known_ = std::make_shared<std::atomic<bool>>(false);
    }
    say(is_failing);
}

void StorageTeller::say(bool is_failing) {
    v1::StorageState state;
    state.set_failing(is_failing);
    state.set_since_us(since_us_);
    const auto now_us = to_us(clock_.utc());
    v1::Entry entry;
    entry.set_id(derived_id("records", std::format("storage/{}/{}", now_us, is_failing)));
    entry.set_type(v1::STORAGE_STATE);
    entry.set_schema_version(1);
    entry.set_partition(partition());
    entry.set_source("records");
    entry.set_receipt_time_us(now_us);
    state.SerializeToString(entry.mutable_payload());
    journal_.append(
        {.entries = {std::move(entry)}, .fences = {}},
        [is_failing, takes_known = takes_known_](const Result<journal::Appended>& done) {
            *takes_known = done && !is_failing;
        }
    );
}

/// Where the settings of Vigil's own alarms are: access::directory_entry().
std::uint32_t StorageTeller::partition() const {
    auto count = journal::default_partitions;
    if (const auto directory = journal_.directory()) {
        for (const auto& stored : directory->entries) {
            v1::Partitions partitions;
            if (stored->entry.type() == v1::PARTITIONS &&
                partitions.ParseFromString(stored->entry.payload())) {
                count = partitions.count();
            }
        }
    }
    return journal::partition_of("", count);
}

} // namespace vigil::records
