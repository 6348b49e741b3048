// An entry that a ward writes about what staff, a station or the ward itself did. Used by the
// desks, StationBoard, SecondWay and ChainTrial; the directory's entries are made in libs/access.
#pragma once

#include "access/directory.hpp"
#include "base/random.hpp"
#include "http/message.hpp"
#include "vigil/v1/entry.pb.h"

#include <cstdint>
#include <string>

namespace vigil::ward {

struct EntryParts {
    v1::EntryType type = v1::ENTRY_TYPE_UNSPECIFIED;
    std::string patient = {}; // empty: Vigil itself, or nobody
    std::string source = "ward";
    std::int64_t at_us = 0;
};

/// With an id of its own, in the partition of its patient.
[[nodiscard]] v1::Entry make_entry(
    EntryParts parts,
    const google::protobuf::MessageLite& payload,
    const access::Directory& directory,
    Random& random
);

/// The station where it was asked for, else the ward itself.
[[nodiscard]] inline std::string source_of(const std::string& station) {
    return station.empty() ? "ward" : "station/" + station;
}

/// Of a person with several roles the one that decides about patients.
[[nodiscard]] inline v1::StaffUser::Role role_of(const http::Principal& principal) {
    return principal.clinician       ? v1::StaffUser::CLINICIAN
           : principal.administrator ? v1::StaffUser::ADMINISTRATOR
                                     : v1::StaffUser::VIEWER;
}

} // namespace vigil::ward
