#include "ward/make_entry.hpp"

#include "journal/journal.hpp"

#include <utility>

namespace vigil::ward {

v1::Entry make_entry(
    EntryParts parts,
    const google::protobuf::MessageLite& payload,
    const access::Directory& directory,
    Random& random
) {
    v1::Entry entry;
    entry.set_id(random_id(random));
    entry.set_type(parts.type);
    entry.set_schema_version(1);
    entry.set_source(std::move(parts.source));
    entry.set_partition(journal::partition_of(parts.patient, directory.state()->partitions));
    entry.set_patient(std::move(parts.patient));
    entry.set_receipt_time_us(parts.at_us);
    payload.SerializeToString(entry.mutable_payload());
    return entry;
}

} // namespace vigil::ward
