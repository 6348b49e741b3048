// What `vigil play` is asked to do. Filled by the command line and by `vigil serve`.
#pragma once

#include "signal/synthetic/ward.hpp"
#include "vigil/v1/eeg.pb.h"

#include <chrono>
#include <cstddef>
#include <map>
#include <string>

namespace vigil::play {

struct PlayOptions {
    /// Where the intake is: "http://host:port".
    std::string url = "http://127.0.0.1:8080";
    /// Folder whose recordings are played, each file a patient; empty: the synthetic ward.
    std::string recordings = {};
    /// Seconds into each recording that is longer; also where it begins again.
    double start_s = 0;
    signal::SyntheticWardOptions ward = {};
    /// What every block says of its channels; unspecified where nobody knows.
    v1::EegBlock::SignalKind signal_kind = v1::EegBlock::SIGNAL_KIND_UNSPECIFIED;
    v1::EegBlock::Reference reference = v1::EegBlock::REFERENCE_UNSPECIFIED;
    /// Patient to device key. Every played patient needs one, except in the old contract.
    std::map<std::string, std::string> keys = {};

    std::chrono::milliseconds block{250};
    /// Times faster than real time; 0: as fast as the server takes it.
    double speed = 1;
    /// Seconds of signal per patient; 0: until stopped, or until the recordings end with `once`.
    double duration_s = 0;
    /// Recordings end at their end; else they begin again as a new stream.
    bool once = false;

    /// Live blocks go by GET /v1/eeg/stream, one socket a patient; else by POST /v1/eeg/blocks.
    bool websocket = false;
    /// The old contract: windows of 178 values of the first channel by POST /eeg, heart rate by
    /// POST /heartbeat, no keys.
    bool legacy = false;
    /// fk_user of the first patient.
    unsigned legacy_first_user = 1;
    /// Seconds of the patient's time between two values of heart rate.
    double heart_every_s = 1;

    /// Connections of the live lane; 0: one a patient, at most 16.
    unsigned live_connections = 0;
    unsigned backfill_connections = 2;
    std::chrono::milliseconds timeout{10'000};
    /// Of the live lane, where they are less than the others: together 5 s, so that the newest
    /// block is there so soon after a network is back that swallowed what was under way.
    std::chrono::milliseconds live_timeout{3'000};
    std::chrono::milliseconds longest_live_pause{2'000};
    /// Pauses before a request is tried again: doubled from the first to the longest, with jitter.
    std::chrono::milliseconds first_pause{200};
    std::chrono::milliseconds longest_pause{5'000};
    /// Tries of an item on which the server fails (500); then it is set aside for the next run.
    unsigned item_tries = 8;
    /// How long undelivered data are tried again after the last block was made.
    std::chrono::milliseconds drain{60'000};

    /// Newest items of a patient that the live lane sends; older ones are backfill.
    std::size_t live_items = 16;
    /// Undelivered items of all patients that are kept in memory; what is beyond goes to files.
    std::size_t memory_bytes = 64 << 20;
    /// Folder of these files; what is in them from an earlier run is sent too. Empty: none.
    std::string spool_folder = {};
    std::size_t spool_bytes = std::size_t{4} << 30;
};

} // namespace vigil::play
