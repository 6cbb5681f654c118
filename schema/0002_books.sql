-- The books: what the journal says, as tables. A function of the journal alone (I9): projectord
-- writes them, nobody else does, and they can be dropped and built again with identical rows.
--
-- Every time is journal time, cut to the microsecond; every amount is in minor units. Nothing refers
-- to anything by a foreign key: the ledger has checked what is written here, and a second check of
-- each row would only make the books slower than the journal.

CREATE TABLE projection_cursor (
    is_only_row    boolean     PRIMARY KEY DEFAULT true CHECK (is_only_row),
    journal        bytea       NOT NULL CHECK (length(journal) = 32),
    batch_number   bigint      NOT NULL CHECK (batch_number >= 0),
    batch_hash     bytea       NOT NULL CHECK (length(batch_hash) = 32),
    last_sequence  bigint      NOT NULL,
    journal_time   timestamptz NOT NULL
);
COMMENT ON TABLE projection_cursor IS 'How far the books are: one row, changed in the transaction that writes the rows up to there. Empty before the first batch.';
COMMENT ON COLUMN projection_cursor.is_only_row IS 'Always true; keeps a second row out.';
COMMENT ON COLUMN projection_cursor.journal IS 'Hash of the journal''s genesis, which names the journal that these books belong to.';
COMMENT ON COLUMN projection_cursor.batch_number IS 'The last batch that is in the books, as a whole.';
COMMENT ON COLUMN projection_cursor.batch_hash IS 'Hash of that batch. A journal whose batch of this number has another one is not ours.';
COMMENT ON COLUMN projection_cursor.last_sequence IS 'Sequence of the last command in the books: all are as of this one.';
COMMENT ON COLUMN projection_cursor.journal_time IS 'Time of that batch.';

CREATE TABLE participant (
    participant_id   bigint      PRIMARY KEY,
    code             text,
    entity_code      integer,
    state            text        NOT NULL,
    created_sequence bigint      NOT NULL,
    created_at       timestamptz NOT NULL
);
COMMENT ON TABLE participant IS 'Institutions, and the hub itself.';
COMMENT ON COLUMN participant.participant_id IS 'Its number in the ledger; 1 is the hub.';
COMMENT ON COLUMN participant.code IS 'Its name in certificates and payments, "yape"; null for the hub.';
COMMENT ON COLUMN participant.entity_code IS 'Entity code of the clearing house, the first three digits of a CCI; null when it has none.';
COMMENT ON COLUMN participant.state IS 'active, suspended, send_only or receive_only.';
COMMENT ON COLUMN participant.created_sequence IS 'Sequence of the command that made it; 0 for the hub.';
COMMENT ON COLUMN participant.created_at IS 'When that was; for the hub the time of genesis.';

CREATE TABLE account (
    account_id       bigint      PRIMARY KEY,
    owner_id         bigint      NOT NULL,
    kind             text        NOT NULL,
    currency         text        NOT NULL,
    holder_token     bytea,
    created_sequence bigint      NOT NULL,
    created_at       timestamptz NOT NULL
);
COMMENT ON TABLE account IS 'Accounts of the ledger. What is on them is in account_balance.';
COMMENT ON COLUMN account.account_id IS 'Its number in the ledger, 64 bits read as a signed number: those that the ledger made itself are negative.';
COMMENT ON COLUMN account.owner_id IS 'The participant that owns it.';
COMMENT ON COLUMN account.kind IS 'settlement, position, customer, hosted_clearing, programme_fund, collection_liability, fee, suspense or settlement_bank.';
COMMENT ON COLUMN account.currency IS 'ISO 4217 code.';
COMMENT ON COLUMN account.holder_token IS 'Keyed token of the person it is held for; null where there is none.';
COMMENT ON COLUMN account.created_sequence IS 'Sequence of the command that made it; 0 for those that are there from genesis.';
COMMENT ON COLUMN account.created_at IS 'When that was.';

-- Apart from account, and with room in its pages: these rows change all the time, and no index with
-- them.
CREATE TABLE account_balance (
    account_id             bigint PRIMARY KEY,
    debits_pending         bigint NOT NULL,
    debits_posted          bigint NOT NULL,
    credits_pending        bigint NOT NULL,
    credits_posted         bigint NOT NULL,
    unacknowledged_credits bigint NOT NULL,
    net_debit_cap          bigint,
    settlement_window      bigint
) WITH (fillfactor = 50);
COMMENT ON TABLE account_balance IS 'What is on each account, as of projection_cursor. Four counters: those posted only grow, those pending come back to zero.';
COMMENT ON COLUMN account_balance.account_id IS 'The account.';
COMMENT ON COLUMN account_balance.debits_pending IS 'Reserved to be debited, minor units.';
COMMENT ON COLUMN account_balance.debits_posted IS 'Debited since the ledger began, minor units.';
COMMENT ON COLUMN account_balance.credits_pending IS 'Reserved to be credited, minor units.';
COMMENT ON COLUMN account_balance.credits_posted IS 'Credited since the ledger began, minor units.';
COMMENT ON COLUMN account_balance.unacknowledged_credits IS 'Part of what was credited that may still have to go back, and can not be spent yet: the payee has not acknowledged it.';
COMMENT ON COLUMN account_balance.net_debit_cap IS 'Of a position: how far its owner may be in debt, minor units; null when only its cover limits it.';
COMMENT ON COLUMN account_balance.settlement_window IS 'Of a position: the window of its posted balance.';

CREATE TABLE customer (
    holder_token     bytea       PRIMARY KEY,
    created_sequence bigint      NOT NULL,
    created_at       timestamptz NOT NULL
);
COMMENT ON TABLE customer IS 'Persons for whom accounts are held, by token: who they are is not in the journal.';
COMMENT ON COLUMN customer.holder_token IS 'Keyed token, 16 bytes, as in account.holder_token.';
COMMENT ON COLUMN customer.created_sequence IS 'Sequence of the command that made the first account.';
COMMENT ON COLUMN customer.created_at IS 'When that was.';

CREATE TABLE settlement_window (
    window_number   bigint      PRIMARY KEY,
    state           text        NOT NULL,
    opened_sequence bigint      NOT NULL,
    opened_at       timestamptz NOT NULL
);
COMMENT ON TABLE settlement_window IS 'Settlement windows. Today there is one, open since genesis.';
COMMENT ON COLUMN settlement_window.window_number IS 'From 1.';
COMMENT ON COLUMN settlement_window.state IS 'open.';
COMMENT ON COLUMN settlement_window.opened_sequence IS 'Sequence of the command that opened it; 0 for the first.';
COMMENT ON COLUMN settlement_window.opened_at IS 'When that was.';

CREATE TABLE transfer (
    transfer_id                 uuid        NOT NULL,
    created_at                  timestamptz NOT NULL,
    created_sequence            bigint      NOT NULL,
    type                        text        NOT NULL,
    initiator_id                bigint      NOT NULL,
    payee_id                    bigint,
    currency                    text        NOT NULL,
    amount                      bigint,
    business_date               date        NOT NULL,
    deadline                    timestamptz,
    state                       text        NOT NULL,
    status                      text        NOT NULL,
    reason_code                 text,
    decided_sequence            bigint      NOT NULL,
    decided_at                  timestamptz NOT NULL,
    decided_nanoseconds         smallint    NOT NULL,
    decided_by                  bigint,
    committed_sequence          bigint,
    committed_at                timestamptz,
    settlement_window           bigint,
    payee_acknowledged_sequence bigint,
    payee_acknowledged_at       timestamptz,
    payer_acknowledged_sequence bigint,
    payer_acknowledged_at       timestamptz,
    awaits_payee                boolean     NOT NULL,
    awaits_payer                boolean     NOT NULL,
    end_to_end_id               text,
    purpose                     text,
    payer_token                 bytea,
    payee_token                 bytea,
    remittance_token            bytea,
    token_key_version           bigint,
    PRIMARY KEY (transfer_id, created_at)
) PARTITION BY RANGE (created_at);
COMMENT ON TABLE transfer IS 'Transfers of whatever outcome, each in its present state; a partition for each month of created_at, UTC. Ids below the ledger''s floor and other rejections that leave the id unused are in refusal instead.';
COMMENT ON COLUMN transfer.transfer_id IS 'The sender''s id; its first 48 bits are milliseconds since 1970. created_at is never more than 5 minutes before that time, nor more than 24 hours after it.';
COMMENT ON COLUMN transfer.created_at IS 'When it was created.';
COMMENT ON COLUMN transfer.created_sequence IS 'Sequence of the command that created it.';
COMMENT ON COLUMN transfer.type IS 'payment (between two participants), ledger (linked postings of one participant) or funds_in (money that arrived at the settlement bank).';
COMMENT ON COLUMN transfer.initiator_id IS 'The participant that asked for it: of a payment the payer.';
COMMENT ON COLUMN transfer.payee_id IS 'The participant that is paid; null for all but payments.';
COMMENT ON COLUMN transfer.currency IS 'ISO 4217 code, or, rejected, the number that was no currency.';
COMMENT ON COLUMN transfer.amount IS 'Of its first posting, minor units; null when it was rejected for having none.';
COMMENT ON COLUMN transfer.business_date IS 'The day of created_at in Peru.';
COMMENT ON COLUMN transfer.deadline IS 'When the reservation would be aborted; null when it was done in one step, or rejected.';
COMMENT ON COLUMN transfer.state IS 'reserved, committed, aborted, rejected, or returned (committed, refused by the payee afterwards, and given back).';
COMMENT ON COLUMN transfer.status IS 'Of its creation: ok, or the check that rejected it.';
COMMENT ON COLUMN transfer.reason_code IS 'ISO 20022 code of its state; null when there is none.';
COMMENT ON COLUMN transfer.decided_sequence IS 'Sequence of the command that brought it into its state.';
COMMENT ON COLUMN transfer.decided_at IS 'When that was.';
COMMENT ON COLUMN transfer.decided_nanoseconds IS 'What decided_at was cut by, 0 to 999.';
COMMENT ON COLUMN transfer.decided_by IS 'The participant that brought it into its state; 1 is the hub, null a deadline that passed.';
COMMENT ON COLUMN transfer.committed_sequence IS 'Sequence of its commit; null when there was none. A return does not undo it.';
COMMENT ON COLUMN transfer.committed_at IS 'When that was.';
COMMENT ON COLUMN transfer.settlement_window IS 'Of a committed payment: the window that was open then.';
COMMENT ON COLUMN transfer.payee_acknowledged_sequence IS 'Sequence of the payee''s acknowledgement of the outcome; null when there is none.';
COMMENT ON COLUMN transfer.payee_acknowledged_at IS 'When that was.';
COMMENT ON COLUMN transfer.payer_acknowledged_sequence IS 'Sequence of the payer''s acknowledgement of a return; null when there is none.';
COMMENT ON COLUMN transfer.payer_acknowledged_at IS 'When that was.';
COMMENT ON COLUMN transfer.awaits_payee IS 'The payee owes an acknowledgement: of its outcome, or, reserved, of what it will be.';
COMMENT ON COLUMN transfer.awaits_payer IS 'The payer owes an acknowledgement of the return.';
COMMENT ON COLUMN transfer.end_to_end_id IS 'The payer''s reference, carried through unchanged.';
COMMENT ON COLUMN transfer.purpose IS 'ISO 20022 external purpose code.';
COMMENT ON COLUMN transfer.payer_token IS 'Keyed token of the person who pays.';
COMMENT ON COLUMN transfer.payee_token IS 'Keyed token of the person who is paid.';
COMMENT ON COLUMN transfer.remittance_token IS 'Keyed token of the remittance text, which itself is stored nowhere.';
COMMENT ON COLUMN transfer.token_key_version IS 'Version of the key of these tokens.';

-- unmatched_confirmation. The other indexes are made by index_books().
CREATE INDEX transfer_unmatched ON transfer (decided_sequence) WHERE awaits_payee OR awaits_payer;

CREATE TABLE posting (
    transfer_id       uuid        NOT NULL,
    created_at        timestamptz NOT NULL,
    leg               smallint    NOT NULL,
    debit_account_id  bigint      NOT NULL,
    credit_account_id bigint      NOT NULL,
    currency          text        NOT NULL,
    amount            bigint      NOT NULL CHECK (amount > 0),
    PRIMARY KEY (transfer_id, leg, created_at)
) PARTITION BY RANGE (created_at);
COMMENT ON TABLE posting IS 'The postings of each transfer that was not rejected; a partition for each month of created_at, UTC. Rows never change: whether they are reserved, posted or returned is their transfer''s state.';
COMMENT ON COLUMN posting.transfer_id IS 'The transfer.';
COMMENT ON COLUMN posting.created_at IS 'Of the transfer.';
COMMENT ON COLUMN posting.leg IS 'From 1, in the order of the request; 1 is the principal.';
COMMENT ON COLUMN posting.debit_account_id IS 'The account that is debited.';
COMMENT ON COLUMN posting.credit_account_id IS 'The account that is credited.';
COMMENT ON COLUMN posting.currency IS 'ISO 4217 code.';
COMMENT ON COLUMN posting.amount IS 'Minor units.';

CREATE TABLE claim (
    sequence     bigint      PRIMARY KEY,
    initiator_id bigint      NOT NULL,
    message_id   text        NOT NULL,
    content_hash bytea       NOT NULL CHECK (length(content_hash) = 32),
    released_at  timestamptz NOT NULL,
    actor        text        NOT NULL
);
COMMENT ON TABLE claim IS 'Files of payments that were released, each once.';
COMMENT ON COLUMN claim.sequence IS 'Sequence of the command that released it.';
COMMENT ON COLUMN claim.initiator_id IS 'The participant whose file it is.';
COMMENT ON COLUMN claim.message_id IS 'The file''s own id.';
COMMENT ON COLUMN claim.content_hash IS 'SHA-256 of the file.';
COMMENT ON COLUMN claim.released_at IS 'When it was released: the ids of its payments begin with this time.';
COMMENT ON COLUMN claim.actor IS 'Who released it.';

CREATE TABLE administrative_act (
    sequence       bigint      PRIMARY KEY,
    happened_at    timestamptz NOT NULL,
    actor          text        NOT NULL,
    act            text        NOT NULL,
    participant_id bigint,
    currency       text,
    amount         bigint,
    detail         text,
    transfer_id    uuid,
    status         text        NOT NULL
);
COMMENT ON TABLE administrative_act IS 'Who did what and when, refused acts and repeats included.';
COMMENT ON COLUMN administrative_act.sequence IS 'Sequence of the command.';
COMMENT ON COLUMN administrative_act.happened_at IS 'When it was.';
COMMENT ON COLUMN administrative_act.actor IS 'Who: the name in the certificate, cut to 48 bytes.';
COMMENT ON COLUMN administrative_act.act IS 'The command: create_participant, set_participant_state, set_net_debit_cap, record_funds_in, claim_batch or advance_protocol_version.';
COMMENT ON COLUMN administrative_act.participant_id IS 'The participant it is about.';
COMMENT ON COLUMN administrative_act.currency IS 'ISO 4217 code of a cap or of funds.';
COMMENT ON COLUMN administrative_act.amount IS 'The cap, or the funds, minor units.';
COMMENT ON COLUMN administrative_act.detail IS 'The code of a new participant, its new state, the bank''s reference of funds, the id of a claimed file, or the version.';
COMMENT ON COLUMN administrative_act.transfer_id IS 'The transfer by which funds came in.';
COMMENT ON COLUMN administrative_act.status IS 'ok, or why it was refused.';

CREATE TABLE leadership (
    sequence                              bigint      PRIMARY KEY,
    epoch                                 bigint      NOT NULL,
    started_at                            timestamptz NOT NULL,
    wall_clock                            timestamptz NOT NULL,
    limit_participants                    bigint,
    limit_accounts                        bigint,
    limit_live_transfers                  bigint,
    limit_remembered_transfers            bigint,
    limit_claims                          bigint,
    limit_unacknowledged_per_participant  bigint,
    status                                text        NOT NULL
);
COMMENT ON TABLE leadership IS 'Starts of the switch, and the limits that each brought.';
COMMENT ON COLUMN leadership.sequence IS 'Sequence of the command.';
COMMENT ON COLUMN leadership.epoch IS 'Number of the leadership.';
COMMENT ON COLUMN leadership.started_at IS 'When it began.';
COMMENT ON COLUMN leadership.wall_clock IS 'What the leader''s own clock said, for the record.';
COMMENT ON COLUMN leadership.limit_participants IS 'Participants that the ledger may hold from here on; null when the limits stayed.';
COMMENT ON COLUMN leadership.limit_accounts IS 'Accounts that it may hold.';
COMMENT ON COLUMN leadership.limit_live_transfers IS 'Transfers that may be reserved or unacknowledged.';
COMMENT ON COLUMN leadership.limit_remembered_transfers IS 'Transfers whose id is remembered at most.';
COMMENT ON COLUMN leadership.limit_claims IS 'Claims of files that are kept at most.';
COMMENT ON COLUMN leadership.limit_unacknowledged_per_participant IS 'Outcomes that one participant may owe an acknowledgement for.';
COMMENT ON COLUMN leadership.status IS 'ok, or why the limits were refused.';

CREATE TABLE refusal (
    sequence       bigint      PRIMARY KEY,
    happened_at    timestamptz NOT NULL,
    command        text        NOT NULL,
    participant_id bigint,
    transfer_id    uuid,
    account_id     bigint,
    status         text        NOT NULL,
    reason_code    text
);
COMMENT ON TABLE refusal IS 'Commands that the ledger refused and that left no other trace: a commit that came too late, an id below the floor, another body under a known id. Rejected transfers are in transfer, administrative acts in administrative_act.';
COMMENT ON COLUMN refusal.sequence IS 'Sequence of the command.';
COMMENT ON COLUMN refusal.happened_at IS 'When it was.';
COMMENT ON COLUMN refusal.command IS 'create_transfer, commit_transfer, abort_transfer, acknowledge_outcome, refuse_committed or create_account.';
COMMENT ON COLUMN refusal.participant_id IS 'The participant that asked.';
COMMENT ON COLUMN refusal.transfer_id IS 'The transfer it asked about.';
COMMENT ON COLUMN refusal.account_id IS 'The account it asked for.';
COMMENT ON COLUMN refusal.status IS 'The check that refused it.';
COMMENT ON COLUMN refusal.reason_code IS 'ISO 20022 code of the refusal, or of the transfer''s state; null when there is none.';
