// A mariadbd of the tests' own on loopback. Used by the suite of the store's port, by this folder's
// tests and by the benchmark.
#pragma once

#include "journal/journal_suite.hpp"
#include "store/mariadb/connection.hpp"
#include "store/mariadb/mariadb_store.hpp"

#include <fcntl.h>

namespace vigil::store::suite {

using journal::suite::QuietLog;
using journal::suite::TemporaryFolder;

/// How long a test waits for what must come.
constexpr std::chrono::seconds patience{60};

/// Whether `done` comes true in time.
bool comes_true(auto done) {
    const auto until = std::chrono::steady_clock::now() + patience;
    while (!done()) {
        if (std::chrono::steady_clock::now() >= until) {
            return false;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return true;
}

/// A program that was started; `output` and what it complains of go to files, the first one only
/// where it is named.
inline pid_t start_program(
    const std::vector<std::string>& words,
    const std::filesystem::path& complaints,
    const std::filesystem::path& output = "/dev/null",
    const std::filesystem::path& input = "/dev/null"
) {
    std::vector<char*> pointers;
    for (const auto& word : words) {
        pointers.push_back(const_cast<char*>(word.c_str()));
    }
    pointers.push_back(nullptr);
    posix_spawn_file_actions_t files{};
    ::posix_spawn_file_actions_init(&files);
    constexpr int fresh = O_WRONLY | O_CREAT | O_TRUNC;
    constexpr int further = O_WRONLY | O_CREAT | O_APPEND;
    ::posix_spawn_file_actions_addopen(&files, 0, input.c_str(), O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&files, 1, output.c_str(), fresh, 0600);
    ::posix_spawn_file_actions_addopen(&files, 2, complaints.c_str(), further, 0600);
    pid_t process = 0;
    const auto failed =
        ::posix_spawnp(&process, pointers[0], &files, nullptr, pointers.data(), environ);
    ::posix_spawn_file_actions_destroy(&files);
    if (failed != 0) {
        throw std::runtime_error("does not start: " + words[0]);
    }
    return process;
}

inline void run_program(
    const std::vector<std::string>& words,
    const std::filesystem::path& complaints,
    const std::filesystem::path& output = "/dev/null",
    const std::filesystem::path& input = "/dev/null"
) {
    int status = 0;
    ::waitpid(start_program(words, complaints, output, input), &status, 0);
    if (status != 0) {
        throw std::runtime_error(
            words[0] +
            " failed: " + (std::stringstream() << std::ifstream(complaints).rdbuf()).str()
        );
    }
}

class MariadbServer {
public:
    /// The one that the process's tests share; each takes a database of its own. Skips the test
    /// where MariaDB is not installed.
    static MariadbServer& shared() {
        if (!is_installed()) {
            SKIP("no mariadbd (Debian package mariadb-server)");
        }
        static MariadbServer server;
        return server;
    }

    static bool is_installed() {
        std::stringstream folders(std::getenv("PATH"));
        for (std::string folder; std::getline(folders, folder, ':');) {
            if (std::filesystem::exists(std::filesystem::path(folder) / "mariadbd")) {
                return true;
            }
        }
        return false;
    }

    explicit MariadbServer(std::vector<std::string> settings = {})
        : settings_(std::move(settings)), port_(journal::suite::NatsServer::free_port()) {
        make_certificates();
        std::vector<std::string> words{
            "mariadb-install-db",
            "--no-defaults",
            "--datadir=" + path("data"),
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            "--skip-name-resolve"
        };
        as_root(words);
        run_program(words, path("install.log"), path("install.out"));
        start();
    }

    MariadbServer(const MariadbServer&) = delete;
    MariadbServer& operator=(const MariadbServer&) = delete;

    ~MariadbServer() {
        ::kill(process_, SIGTERM);
        ::waitpid(process_, nullptr, 0);
    }

    void start() {
        std::vector<std::string> words{
            "mariadbd",
            "--no-defaults",
            "--datadir=" + path("data"),
            "--socket=" + socket(),
            "--pid-file=" + path("pid"),
            "--port=" + std::to_string(port_),
            "--bind-address=127.0.0.1",
            "--skip-name-resolve",
            "--innodb-buffer-pool-size=64M",
            "--innodb-log-file-size=32M",
            "--innodb-flush-log-at-trx-commit=1",
            "--performance-schema=OFF",
            "--ssl-ca=" + path("ca.pem"),
            "--ssl-cert=" + path("server.pem"),
            "--ssl-key=" + path("server.key"),
        };
        as_root(words);
        words.insert(words.end(), settings_.begin(), settings_.end());
        process_ = start_program(words, path("server.log"));
        if (!comes_true([this] { return answers(); })) {
            throw std::runtime_error("mariadbd does not answer: " + path("server.log"));
        }
    }

    /// As a power cut, but for the kernel's pages.
    void kill() {
        ::kill(process_, SIGKILL);
        ::waitpid(process_, nullptr, 0);
    }

    /// CPU time that the server has used, from the kernel's fields utime and stime.
    [[nodiscard]] double cpu_seconds() const {
        std::ifstream stat("/proc/" + std::to_string(process_) + "/stat");
        std::string word;
        double ticks = 0;
        for (int field = 1; field <= 15 && stat >> word; ++field) {
            ticks += field >= 14 ? std::stod(word) : 0;
        }
        return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
    }

    void pause() const { ::kill(process_, SIGSTOP); }

    void go_on() const { ::kill(process_, SIGCONT); }

    /// One statement as the administrator.
    mariadb::Answer run(std::string_view sql, const std::string& database = {}) const {
        mariadb::Connection connection(administrator(database), {.user = "root", .password = {}});
        return connection.run(sql);
    }

    /// The accounts of deploy/ for a database, and how the store opens it.
    [[nodiscard]] MariadbOptions prepare(const std::string& database) const {
        mariadb::Connection connection(administrator({}), {.user = "root", .password = {}});
        connection.run(
            "SET @database = '" + database +
            "', @migrate_password = 'of ''migrate', @records_password = 'of records'"
        );
        std::ifstream file(VIGIL_SOURCE_DIR "/libs/store/mariadb/accounts.sql");
        std::string statement;
        for (std::string line; std::getline(file, line);) {
            if (line.starts_with("--")) {
                continue;
            }
            statement += line + '\n';
            if (line.ends_with(';')) {
                statement.erase(statement.rfind(';'));
                connection.run(statement);
                statement.clear();
            }
        }
        MariadbOptions options;
        options.host = "127.0.0.1";
        options.port = static_cast<std::uint16_t>(port_);
        options.database = database;
        options.account = {.user = "vigil_records", .password = "of records"};
        options.migration = {.user = "vigil_migrate", .password = "of 'migrate"};
        return options;
    }

    /// As prepare(), of a database that nobody else has.
    [[nodiscard]] MariadbOptions fresh() {
        return prepare("vigil_" + std::to_string(++databases_));
    }

    [[nodiscard]] std::string path(const std::string& name) const {
        return (folder_.path() / name).string();
    }

    [[nodiscard]] std::string socket() const { return path("socket"); }

private:
    static void as_root(std::vector<std::string>& words) {
        if (::geteuid() == 0) {
            words.emplace_back("--user=root");
        }
    }

    [[nodiscard]] MariadbOptions administrator(const std::string& database) const {
        MariadbOptions options;
        options.host = socket();
        options.database = database;
        return options;
    }

    [[nodiscard]] bool answers() const {
        try {
            run("SELECT 1");
            return true;
        } catch (const mariadb::Failure&) {
            return false;
        }
    }

    // An authority, and of it the server's certificate for 127.0.0.1.
    void make_certificates() const {
        const std::string key = "ec";
        const std::string curve = "ec_paramgen_curve:prime256v1";
        for (const std::string name : {"ca", "other"}) {
            run_program(
                {"openssl",
                 "req",
                 "-x509",
                 "-newkey",
                 key,
                 "-pkeyopt",
                 curve,
                 "-nodes",
                 "-days",
                 "2",
                 "-subj",
                 "/CN=" + name,
                 "-keyout",
                 path(name + ".key"),
                 "-out",
                 path(name + ".pem")},
                path("openssl.log")
            );
        }
        run_program(
            {"openssl", "req",
             "-x509",   "-newkey",
             key,       "-pkeyopt",
             curve,     "-nodes",
             "-days",   "2",
             "-subj",   "/CN=server",
             "-addext", "subjectAltName=IP:127.0.0.1",
             "-addext", "basicConstraints=critical,CA:FALSE",
             "-CA",     path("ca.pem"),
             "-CAkey",  path("ca.key"),
             "-keyout", path("server.key"),
             "-out",    path("server.pem")},
            path("openssl.log")
        );
    }

    TemporaryFolder folder_;
    std::vector<std::string> settings_;
    int port_;
    pid_t process_ = 0;
    int databases_ = 0;
};

class MariadbFixture {
public:
    static constexpr bool survives_restart = true;

    MariadbFixture() : options_(MariadbServer::shared().fresh()) { open(); }

    [[nodiscard]] Store& store() { return *store_; }

    void reopen() {
        store_.reset();
        open();
    }

private:
    void open() { store_ = MariadbStore::open(options_, log_).value(); }

    QuietLog log_;
    MariadbOptions options_;
    std::unique_ptr<MariadbStore> store_;
};

} // namespace vigil::store::suite
