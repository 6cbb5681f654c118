#include <fmt/format.h>
#include <openssl/sha.h>
#include <unistd.h>

#include <memory>

#include "ayctl/files.h"
#include "ayctl/pay_report.h"
#include "ayctl/pay_stream.h"
#include "ayctl/remote_command.h"
#include "ayni/v1/disbursement_service.grpc.pb.h"

/// Payments by file.
namespace ayni::ayctl {
namespace {

/// It names people and their accounts.
constexpr mode_t results_mode = 0600;

struct Arguments {
    std::string file;
    std::string results;
    std::vector<std::string> routes;
    bool ignore_check_digits = false;
    std::uint32_t window = 256;
    double patience_seconds = 60;

    [[nodiscard]] std::chrono::milliseconds patience() const {
        return std::chrono::milliseconds(static_cast<std::int64_t>(patience_seconds * 1'000));
    }
};

void report_faults(const disbursement::Faults& faults, const std::string& file, bool json) {
    if (json) {
        std::vector<JsonObject> all;
        for (const auto& fault : faults.listed) {
            JsonObject& object = all.emplace_back();
            object.add("line", std::uint64_t{fault.line});
            object.add("column", std::uint64_t{fault.column});
            object.add("path", fault.path);
            object.add("reason", fault.reason);
            object.add("message", fault.message);
        }
        JsonObject object;
        object.add("file", file);
        object.add("fault_count", std::uint64_t{faults.count()});
        object.add("faults", all);
        fmt::print("{}\n", object.text());
        return;
    }
    for (const auto& fault : faults.listed) {
        fmt::print(stderr, "{}: {}\n", file, fault.to_string());
    }
    if (faults.further > 0) fmt::print(stderr, "{}: and {} more\n", file, faults.further);
    fmt::print(stderr, "error: {} has {}; nothing was sent\n", file,
               faults.count() == 1 ? "a fault" : fmt::format("{} faults", faults.count()));
}

/// Which participant each line goes to, or how the program ends.
tl::expected<Routes, ExitCode> find_routes(const GlobalOptions& global, const Arguments& arguments,
                                           const Connection& connection,
                                           const disbursement::PaymentFile& file) {
    auto routes = parse_routes(arguments.routes);
    if (!routes) return tl::unexpected(bad_argument(routes.error()));
    if (routes->empty()) {
        const auto status = fetch_routes(connection, arguments.patience(), *routes);
        if (!status.ok()) {
            fmt::print(stderr,
                       "The switch does not say which institution has which entity code; "
                       "--routes 002=yape,921=bim says it, too.\n");
            return tl::unexpected(report_failure(status, global.json));
        }
    }
    const auto missing = missing_routes(file, *routes);
    for (const auto& sentence : missing) {
        fmt::print(stderr, "{}: {}\n", arguments.file, sentence);
    }
    if (missing.empty()) return *routes;
    return tl::unexpected(
        report_failure("the file can not be routed; nothing was sent", ExitCode::bad_input));
}

grpc::Status claim(const Connection& connection, const Arguments& arguments,
                   const std::string& message_id, const std::string& text,
                   v1::ClaimBatchResponse& response) {
    v1::ClaimBatchRequest request;
    request.set_message_id(message_id);
    std::string hash(SHA256_DIGEST_LENGTH, '\0');
    SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
           reinterpret_cast<unsigned char*>(hash.data()));
    request.set_content_hash(hash);
    return connection.call_patiently(&v1::DisbursementService::Stub::ClaimBatch, request, response,
                                     arguments.patience());
}

std::function<void(std::size_t)> progress_on_terminal(std::size_t total) {
    if (::isatty(STDERR_FILENO) == 0) return {};
    return [total](std::size_t done) {
        constexpr std::size_t width = 40;
        if (done != total && done % 16 != 0) return;
        const std::size_t filled = done * width / total;
        fmt::print(stderr, "\r[{}{}] {}/{}{}", std::string(filled, '#'),
                   std::string(width - filled, '.'), done, total, done == total ? "\n" : "");
    };
}

void print_outcome(const GlobalOptions& global, const disbursement::PaymentFile& file,
                   const v1::ClaimBatchResponse& claimed, const std::vector<PayLine>& lines) {
    const std::string released = format_time(claimed.release_time());
    if (global.json) {
        JsonObject object;
        object.add("message_id", file.message_id);
        object.add("released_at", released);
        object.add("claimed_before", claimed.replayed());
        object.add("summary", summary_json(lines));
        fmt::print("{}\n", object.text());
        return;
    }
    fmt::print("file {} of {}, released {}{}\n{}", file.message_id, file.initiating_party, released,
               claimed.replayed() ? " (claimed before)" : "", summary_text(lines));
}

ExitCode pay(const GlobalOptions& global, const Arguments& arguments) {
    disbursement::Pain001Options reading;
    reading.check_cci_digits = !arguments.ignore_check_digits;
    const auto text = read_file(arguments.file, reading.max_bytes);
    if (!text) return bad_argument(text.error());
    const auto file = disbursement::read_pain001(*text, reading);
    if (!file) {
        report_faults(file.error(), arguments.file, global.json);
        return ExitCode::bad_input;
    }
    const auto connection = Connection::open(global);
    if (!connection) return bad_argument(connection.error());
    const auto routes = find_routes(global, arguments, *connection, *file);
    if (!routes) return routes.error();

    v1::ClaimBatchResponse claimed;
    const auto claim_status = claim(*connection, arguments, file->message_id, *text, claimed);
    if (!claim_status.ok()) return report_failure(claim_status, global.json);
    const auto& release = claimed.release_time();
    const auto release_ms =
        static_cast<std::uint64_t>(release.seconds() * 1'000 + release.nanos() / 1'000'000);
    auto lines = make_lines(*file, *routes, connection->name(), release_ms);

    PayOptions options;
    options.window = arguments.window;
    options.patience = arguments.patience();
    options.progress = progress_on_terminal(lines.size());
    const grpc::Status status = pay_lines(*connection, lines, options);
    if (!status.ok()) (void)report_failure(status, global.json);
    print_outcome(global, *file, claimed, lines);
    if (!arguments.results.empty()) {
        const auto written = write_file(arguments.results, results_csv(lines), results_mode);
        if (!written) return report_failure(written.error().to_string());
    }
    const PayTotals totals = totals_of(lines);
    return totals.paid == totals.lines ? ExitCode::done : ExitCode::incomplete;
}

}  // namespace

void add_pay_command(Registry registry) {
    const auto arguments = std::make_shared<Arguments>();
    const GlobalOptions* global = &registry.global;
    Action* action = &registry.action;
    CLI::App* command = registry.app.add_subcommand(
        "pay",
        "Pay every line of a file, once: the same file again, by whomever and from wherever, moves "
        "nothing and prints the outcomes of before");
    command->add_option("--pain001", arguments->file, "ISO 20022 pain.001.001.03 or .09")
        ->required();
    command->add_option("--results", arguments->results,
                        "Where a CSV file with a record for each line goes");
    command
        ->add_option("--routes", arguments->routes,
                     "Participants by entity code, as 002=yape,921=bim; asked of the switch "
                     "when not given")
        ->delimiter(',');
    command->add_flag("--ignore-check-digits", arguments->ignore_check_digits,
                      "Take CCIs whose check digits are wrong");
    command->add_option("--window", arguments->window, "Payments without an answer at a time")
        ->capture_default_str()
        ->check(CLI::Range(1U, 10'000U));
    command
        ->add_option("--patience", arguments->patience_seconds,
                     "Seconds without any news before it gives up; repeat it then")
        ->capture_default_str()
        ->check(CLI::Range(1.0, 86'400.0));
    command->callback([=] { *action = [=] { return pay(*global, *arguments); }; });
}

}  // namespace ayni::ayctl
