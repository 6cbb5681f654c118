#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/amount.h"
#include "base/clock.h"
#include "base/id128.h"
#include "base/strong_id.h"

/// How the switch talks to institutions, in base's terms: no gRPC, no ledger (DESIGN §4). The gRPC
/// client of it is in this folder; simulations implement it in memory.
namespace ayni::adapter {

/// An ISO 20022 reason code, "AC01"; empty when there is none.
using Reason = std::string;

/// Asks the payee's institution to promise a credit. Valid until it is told the outcome: the
/// promise has no expiry of its own.
struct AcceptRequest {
    base::TransferId id;
    std::string payer_participant;  ///< Code of the payer's institution, "yape".
    std::string payer_account;      ///< As the payer's institution names it; may be empty.
    std::string payee_account;      ///< Phone, CCI or account number that the payee's one knows.
    base::Amount amount;
    base::Currency currency = base::Currency::pen;
    std::string end_to_end_id;
    std::string purpose;
    std::string remittance_text;
    std::chrono::milliseconds remaining{0};  ///< Until the switch aborts by itself.
};

enum class Decision : std::uint8_t { committed, aborted, returned };

/// What became of a transfer. Repeated until acknowledged.
struct OutcomeNotice {
    base::TransferId id;
    Decision decision = Decision::aborted;
    Reason reason;
    base::Amount amount;
    base::Currency currency = base::Currency::pen;
    base::JournalTime decided_at;
    base::Sequence decided_sequence;
};

/// Messages from the switch to one institution each. Thread-safe; never blocks. A false means that
/// nothing was sent and nothing will be: there is no link, or its outbox is full.
class WalletNetwork {
public:
    virtual ~WalletNetwork() = default;

    [[nodiscard]] virtual bool is_connected(base::ParticipantId participant) const = 0;
    [[nodiscard]] virtual bool send_accept(base::ParticipantId payee,
                                           const AcceptRequest& request) = 0;
    [[nodiscard]] virtual bool send_outcome(base::ParticipantId to,
                                            const OutcomeNotice& notice) = 0;
};

/// What institutions answer. Any thread may call; never blocks. A false means that the switch can
/// not take the message now: keep it, stop reading from that institution, and offer it again later.
class WalletReplies {
public:
    virtual ~WalletReplies() = default;

    [[nodiscard]] virtual bool accepted(base::ParticipantId by, const base::TransferId& id) = 0;
    [[nodiscard]] virtual bool refused(base::ParticipantId by, const base::TransferId& id,
                                       const Reason& reason) = 0;
    [[nodiscard]] virtual bool acknowledged(base::ParticipantId by, const base::TransferId& id) = 0;
    /// Instead of acknowledging "committed": it can not be credited after all.
    [[nodiscard]] virtual bool refused_after_commit(base::ParticipantId by,
                                                    const base::TransferId& id,
                                                    const Reason& reason) = 0;
    /// The link to `participant` is up (again): what it must be told can be sent. Ends in false
    /// only on overload, like the others.
    [[nodiscard]] virtual bool connected(base::ParticipantId participant) = 0;
};

}  // namespace ayni::adapter
