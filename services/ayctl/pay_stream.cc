#include "ayctl/pay_stream.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "ayctl/remote_error.h"
#include "ayni/v1/transfer_service.grpc.pb.h"
#include "base/assert.h"

namespace ayni::ayctl {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using Stream = grpc::ClientReaderWriter<v1::StreamTransfersRequest, v1::StreamTransfersResponse>;

constexpr milliseconds first_pause{100};
constexpr milliseconds longest_pause{3'000};

milliseconds longer(milliseconds wait) { return std::min(wait * 2, longest_pause); }

/// Pays over one stream after the other. The caller's thread writes, a thread for each stream
/// reads.
class Payer {
public:
    Payer(const Connection& connection, std::vector<PayLine>& lines, const PayOptions& options)
        : connection_(connection),
          lines_(lines),
          options_(options),
          stub_(connection.channel()),
          in_flight_(lines.size(), false),
          moved_at_(steady_clock::now()) {
        for (std::size_t i = 0; i < lines.size(); ++i) {
            queue_.push_back({.line = i, .not_before = moved_at_});
            line_of_id_.emplace(lines[i].transfer.transfer_id(), i);
        }
        // Two lines with one id would be one payment.
        ASSERT(line_of_id_.size() == lines.size());
    }

    grpc::Status run() {
        grpc::Status status;
        milliseconds wait = first_pause;
        while (!queue_.empty() && !is_patience_over()) {
            const SteadyTime moved_before = moved_at_;
            status = run_stream();
            if (queue_.empty()) break;
            if (!status.ok() && !remote_error_of(status).is_worth_repeating()) return status;
            wait = moved_at_ == moved_before ? longer(wait) : first_pause;
            pause(*connection_.channel(), wait);
        }
        const grpc::Status asked = ask();
        if (!asked.ok()) return asked;
        return queue_.empty() ? grpc::Status::OK : status;
    }

private:
    struct Waiting {
        std::size_t line = 0;
        SteadyTime not_before;
    };

    [[nodiscard]] bool is_patience_over() const {
        return steady_clock::now() - moved_at_ > options_.patience;
    }

    grpc::Status run_stream() {
        grpc::ClientContext context;
        connection_.prepare(context);
        const std::unique_ptr<Stream> stream(stub_.StreamTransfers(&context));
        {
            const std::lock_guard lock(mutex_);
            is_broken_ = false;
        }
        std::thread reader([&] { read(*stream); });
        const bool is_answered = write(*stream);
        if (is_answered) {
            stream->WritesDone();
        } else if (is_silent_) {
            // Only then: a broken stream ends by itself, and says why.
            context.TryCancel();
        }
        reader.join();
        const grpc::Status status = stream->Finish();
        take_back_unanswered();
        return is_answered ? grpc::Status::OK : status;
    }

    /// True when everything was answered.
    bool write(Stream& stream) {
        while (true) {
            v1::StreamTransfersRequest request;
            {
                std::unique_lock lock(mutex_);
                while (!take_due(request)) {
                    is_silent_ = !is_broken_ && is_patience_over();
                    if (is_broken_ || is_silent_) return false;
                    if (queue_.empty() && in_flight_count_ == 0) return true;
                    changed_.wait_until(lock, next_look());
                }
            }
            if (!stream.Write(request)) return false;
        }
    }

    /// When something may be due without a reply.
    [[nodiscard]] SteadyTime next_look() const {
        SteadyTime at = moved_at_ + options_.patience + milliseconds(1);
        if (in_flight_count_ < options_.window) {
            for (const Waiting& waiting : queue_) at = std::min(at, waiting.not_before);
        }
        return at;
    }

    /// Moves what is due and has room from the queue into `request`. With the mutex held.
    bool take_due(v1::StreamTransfersRequest& request) {
        if (is_broken_) return false;
        const SteadyTime now = steady_clock::now();
        for (std::size_t looked = queue_.size(); looked > 0; --looked) {
            const auto taken = static_cast<std::size_t>(request.transfers_size());
            if (in_flight_count_ == options_.window || taken == options_.per_message) break;
            const Waiting first = queue_.front();
            queue_.pop_front();
            if (first.not_before > now) {
                queue_.push_back(first);
                continue;
            }
            *request.add_transfers() = lines_[first.line].transfer;
            in_flight_[first.line] = true;
            ++in_flight_count_;
        }
        return request.transfers_size() > 0;
    }

    void read(Stream& stream) {
        v1::StreamTransfersResponse response;
        while (stream.Read(&response)) {
            const std::lock_guard lock(mutex_);
            for (const auto& reply : response.replies()) take(reply);
            changed_.notify_one();
        }
        const std::lock_guard lock(mutex_);
        is_broken_ = true;
        changed_.notify_one();
    }

    /// With the mutex held.
    void take(const v1::TransferReply& reply) {
        const auto found = line_of_id_.find(reply.transfer_id());
        if (found == line_of_id_.end() || !in_flight_[found->second]) return;
        const std::size_t index = found->second;
        in_flight_[index] = false;
        --in_flight_count_;
        const SteadyTime now = steady_clock::now();
        const Next next = take_reply(reply, lines_[index]);
        if (next.step == Next::Step::repeat) {
            queue_.push_back({.line = index, .not_before = now + next.after});
            return;
        }
        moved_at_ = now;
        if (next.step == Next::Step::ask) {
            to_ask_.push_back({index, reply.has_error()});
        } else {
            count_final();
        }
    }

    void take_back_unanswered() {
        for (std::size_t i = 0; i < in_flight_.size(); ++i) {
            if (in_flight_[i]) queue_.push_back({.line = i, .not_before = steady_clock::now()});
            in_flight_[i] = false;
        }
        in_flight_count_ = 0;
    }

    struct Question {
        std::size_t line = 0;
        /// The id can not be used any more: when there is no record now, there never will be.
        bool is_closed = false;
    };

    /// Asks until every line in question is final or patience is over.
    grpc::Status ask() {
        grpc::Status last;
        milliseconds next_wait = first_pause;
        moved_at_ = steady_clock::now();
        while (!to_ask_.empty()) {
            milliseconds wait = next_wait;
            std::deque<Question> later;
            for (const Question& question : to_ask_) {
                last = ask_one(question, later);
                const RemoteError error = remote_error_of(last);
                if (last.ok()) continue;
                if (!error.is_worth_repeating()) return last;
                wait = std::max(wait, error.retry_after.value_or(wait));
                // The others would hear the same.
                pause(*connection_.channel(), error.retry_after.value_or(first_pause));
                if (is_patience_over()) return last;
            }
            to_ask_.swap(later);
            if (to_ask_.empty() || is_patience_over()) break;
            pause(*connection_.channel(), wait);
            next_wait = longer(next_wait);
        }
        return last;
    }

    grpc::Status ask_one(const Question& question, std::deque<Question>& later) {
        PayLine& line = lines_[question.line];
        v1::GetTransferRequest request;
        request.set_transfer_id(line.transfer.transfer_id());
        v1::GetTransferResponse response;
        const auto status =
            connection_.call(&v1::TransferService::Stub::GetTransfer, request, response);
        if (status.error_code() == grpc::StatusCode::NOT_FOUND && question.is_closed) {
            line.state = LineState::expired;
            line.detail = "the id is too old, and no such transfer happened";
        } else if (!status.ok()) {
            later.push_back(question);
            return status;
        } else {
            take_transfer(response.transfer(), line);
            line.replayed = line.replayed || question.is_closed;
        }
        if (!is_final(line.state)) {
            later.push_back(question);
            return grpc::Status::OK;
        }
        moved_at_ = steady_clock::now();
        count_final();
        return grpc::Status::OK;
    }

    void count_final() {
        ++final_count_;
        if (options_.progress) options_.progress(final_count_);
    }

    const Connection& connection_;
    std::vector<PayLine>& lines_;
    const PayOptions& options_;
    v1::TransferService::Stub stub_;
    std::unordered_map<std::string, std::size_t> line_of_id_;

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Waiting> queue_;
    std::deque<Question> to_ask_;
    std::vector<bool> in_flight_;
    std::size_t in_flight_count_ = 0;
    std::size_t final_count_ = 0;
    SteadyTime moved_at_;
    bool is_broken_ = false;
    bool is_silent_ = false;  ///< Nothing came for longer than patience.
};

}  // namespace

grpc::Status pay_lines(const Connection& connection, std::vector<PayLine>& lines,
                       const PayOptions& options) {
    return Payer(connection, lines, options).run();
}

}  // namespace ayni::ayctl
