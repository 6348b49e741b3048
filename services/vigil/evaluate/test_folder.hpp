// A folder for the files of one test.
#pragma once

#include "vigil/evaluate/run.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace vigil::evaluate {

/// A folder that is gone afterwards.
class TestFolder {
public:
    TestFolder() {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "vigil-evaluate-XXXXXX").string();
        path = ::mkdtemp(pattern.data());
    }

    ~TestFolder() { std::filesystem::remove_all(path); }

    TestFolder(const TestFolder&) = delete;
    TestFolder& operator=(const TestFolder&) = delete;

    void put(const std::string& name, const std::string& text) const {
        REQUIRE(write_file(path / name, text).has_value());
    }

    std::filesystem::path path;
};

} // namespace vigil::evaluate
