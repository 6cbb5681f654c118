-- What an auditor, an operator and projectord ask of the books.

CREATE VIEW trial_balance AS
SELECT a.account_id, a.owner_id, p.code AS owner_code, a.kind, a.currency,
       b.debits_pending, b.debits_posted, b.credits_pending, b.credits_posted,
       b.credits_posted - b.debits_posted AS balance
  FROM account a
  JOIN account_balance b USING (account_id)
  LEFT JOIN participant p ON p.participant_id = a.owner_id;
COMMENT ON VIEW trial_balance IS 'Every account with its four counters. Per currency, the sum of the debits is the sum of the credits, pending and posted (I1): see ledger_total.';
COMMENT ON COLUMN trial_balance.account_id IS 'The account.';
COMMENT ON COLUMN trial_balance.owner_id IS 'The participant that owns it.';
COMMENT ON COLUMN trial_balance.owner_code IS 'That participant''s code; null for the hub.';
COMMENT ON COLUMN trial_balance.kind IS 'What the account is for.';
COMMENT ON COLUMN trial_balance.currency IS 'ISO 4217 code.';
COMMENT ON COLUMN trial_balance.debits_pending IS 'Reserved to be debited, minor units.';
COMMENT ON COLUMN trial_balance.debits_posted IS 'Debited, minor units.';
COMMENT ON COLUMN trial_balance.credits_pending IS 'Reserved to be credited, minor units.';
COMMENT ON COLUMN trial_balance.credits_posted IS 'Credited, minor units.';
COMMENT ON COLUMN trial_balance.balance IS 'Credits less debits posted, minor units.';

CREATE VIEW ledger_total AS
SELECT currency,
       sum(debits_pending) AS debits_pending, sum(debits_posted) AS debits_posted,
       sum(credits_pending) AS credits_pending, sum(credits_posted) AS credits_posted,
       sum(credits_pending) - sum(debits_pending) + sum(credits_posted) - sum(debits_posted) AS difference
  FROM trial_balance
 GROUP BY currency;
COMMENT ON VIEW ledger_total IS 'The foot of the trial balance, per currency.';
COMMENT ON COLUMN ledger_total.currency IS 'ISO 4217 code.';
COMMENT ON COLUMN ledger_total.debits_pending IS 'Over all accounts, minor units.';
COMMENT ON COLUMN ledger_total.debits_posted IS 'Over all accounts, minor units.';
COMMENT ON COLUMN ledger_total.credits_pending IS 'Over all accounts, minor units.';
COMMENT ON COLUMN ledger_total.credits_posted IS 'Over all accounts, minor units.';
COMMENT ON COLUMN ledger_total.difference IS 'Credits less debits. Always 0.';

-- The same rules as services/lib/ledger/rules/balances.h; a test compares the two. Caps are large
-- numbers: sums with them are numeric.
CREATE VIEW participant_position AS
SELECT p.participant_id, p.code, p.state, n.currency, n.settlement_window,
       s.spendable AS settlement,
       n.balance AS net,
       n.debits_pending AS reserved,
       n.credits_pending AS incoming,
       n.unacknowledged_credits AS unacknowledged,
       n.net_debit_cap,
       least(s.spendable + n.spendable,
             CASE WHEN n.net_debit_cap IS NULL THEN 1152921504606846976
                  ELSE least(greatest(n.net_debit_cap::numeric + n.spendable, 0), 1152921504606846976)
             END)::bigint AS available
  FROM participant p
  JOIN (SELECT a.owner_id, a.currency, b.*, b.credits_posted - b.debits_posted AS balance,
               b.credits_posted - b.debits_posted - b.debits_pending - b.unacknowledged_credits AS spendable
          FROM account a JOIN account_balance b USING (account_id)
         WHERE a.kind = 'position') n ON n.owner_id = p.participant_id
  JOIN (SELECT a.owner_id, a.currency,
               b.credits_posted - b.debits_posted - b.debits_pending - b.unacknowledged_credits AS spendable
          FROM account a JOIN account_balance b USING (account_id)
         WHERE a.kind = 'settlement') s ON s.owner_id = p.participant_id AND s.currency = n.currency;
COMMENT ON VIEW participant_position IS 'Where each institution stands, per currency, as GetPosition answers it.';
COMMENT ON COLUMN participant_position.participant_id IS 'The participant.';
COMMENT ON COLUMN participant_position.code IS 'Its code.';
COMMENT ON COLUMN participant_position.state IS 'active, suspended, send_only or receive_only.';
COMMENT ON COLUMN participant_position.currency IS 'ISO 4217 code.';
COMMENT ON COLUMN participant_position.settlement_window IS 'The window of its net.';
COMMENT ON COLUMN participant_position.settlement IS 'Prefunded, minor units.';
COMMENT ON COLUMN participant_position.net IS 'Credits less debits posted and not settled, minor units.';
COMMENT ON COLUMN participant_position.reserved IS 'Held for payments that it sends, minor units.';
COMMENT ON COLUMN participant_position.incoming IS 'Held for payments that it receives, minor units.';
COMMENT ON COLUMN participant_position.unacknowledged IS 'Part of net that is no cover yet, minor units.';
COMMENT ON COLUMN participant_position.net_debit_cap IS 'How far it may be in debt, minor units; null when only its cover limits it.';
COMMENT ON COLUMN participant_position.available IS 'What it can send now, by cover and by cap, minor units.';

CREATE VIEW unmatched_confirmation AS
SELECT t.transfer_id, t.created_at, t.state, t.decided_sequence, t.decided_at,
       t.initiator_id, t.payee_id, t.currency, t.amount,
       w.participant_id AS awaited_id, p.code AS awaited_code
  FROM transfer t
 CROSS JOIN LATERAL (VALUES (t.payee_id, t.awaits_payee), (t.initiator_id, t.awaits_payer))
            AS w (participant_id, is_awaited)
  LEFT JOIN participant p ON p.participant_id = w.participant_id
 WHERE (t.awaits_payee OR t.awaits_payer) AND w.is_awaited AND t.state <> 'reserved';
COMMENT ON VIEW unmatched_confirmation IS 'Outcomes that somebody has not acknowledged. A committed payment here is money that the payee may not have credited.';
COMMENT ON COLUMN unmatched_confirmation.transfer_id IS 'The transfer.';
COMMENT ON COLUMN unmatched_confirmation.created_at IS 'When it was created.';
COMMENT ON COLUMN unmatched_confirmation.state IS 'Its outcome: committed, aborted or returned.';
COMMENT ON COLUMN unmatched_confirmation.decided_sequence IS 'Sequence of the outcome.';
COMMENT ON COLUMN unmatched_confirmation.decided_at IS 'When that was.';
COMMENT ON COLUMN unmatched_confirmation.initiator_id IS 'The payer.';
COMMENT ON COLUMN unmatched_confirmation.payee_id IS 'The payee.';
COMMENT ON COLUMN unmatched_confirmation.currency IS 'ISO 4217 code.';
COMMENT ON COLUMN unmatched_confirmation.amount IS 'Minor units.';
COMMENT ON COLUMN unmatched_confirmation.awaited_id IS 'The participant that owes the acknowledgement.';
COMMENT ON COLUMN unmatched_confirmation.awaited_code IS 'Its code.';

CREATE VIEW transfer_event AS
SELECT t.transfer_id, t.created_at, e.sequence, e.happened_at, e.event, e.participant_id, e.reason_code
  FROM transfer t
 CROSS JOIN LATERAL (VALUES
       (t.created_sequence, t.created_at,
        CASE WHEN t.state = 'rejected' THEN 'rejected' WHEN t.deadline IS NULL THEN 'committed' ELSE 'reserved' END,
        t.initiator_id, CASE WHEN t.state = 'rejected' THEN t.reason_code END, true),
       (t.committed_sequence, t.committed_at, 'committed',
        CASE WHEN t.state = 'committed' THEN t.decided_by WHEN t.type = 'payment' THEN t.payee_id ELSE t.initiator_id END,
        NULL, t.deadline IS NOT NULL AND t.committed_sequence IS NOT NULL),
       (t.decided_sequence, t.decided_at, t.state, t.decided_by, t.reason_code, t.state IN ('aborted', 'returned')),
       (t.payee_acknowledged_sequence, t.payee_acknowledged_at, 'acknowledged', t.payee_id, NULL,
        t.payee_acknowledged_sequence IS NOT NULL),
       (t.payer_acknowledged_sequence, t.payer_acknowledged_at, 'acknowledged', t.initiator_id, NULL,
        t.payer_acknowledged_sequence IS NOT NULL))
            AS e (sequence, happened_at, event, participant_id, reason_code, has_happened)
 WHERE e.has_happened;
COMMENT ON VIEW transfer_event IS 'What happened to each transfer. For one of them: WHERE transfer_id = … AND created_at BETWEEN … ORDER BY sequence.';
COMMENT ON COLUMN transfer_event.transfer_id IS 'The transfer.';
COMMENT ON COLUMN transfer_event.created_at IS 'When it was created; to be named in a WHERE, so that only one month is looked at.';
COMMENT ON COLUMN transfer_event.sequence IS 'Sequence of the command that did it.';
COMMENT ON COLUMN transfer_event.happened_at IS 'When that was.';
COMMENT ON COLUMN transfer_event.event IS 'rejected, reserved, committed, aborted, returned or acknowledged.';
COMMENT ON COLUMN transfer_event.participant_id IS 'Who did it; null for a deadline that passed.';
COMMENT ON COLUMN transfer_event.reason_code IS 'ISO 20022 code; null when there is none.';

CREATE VIEW posting_line AS
SELECT l.account_id, l.sequence, l.happened_at, l.side, p.currency, p.amount, p.transfer_id, p.leg, l.is_return, p.created_at
  FROM transfer t
  JOIN posting p USING (transfer_id, created_at)
 CROSS JOIN LATERAL (VALUES
       (p.debit_account_id, 'debit', t.committed_sequence, t.committed_at, false),
       (p.credit_account_id, 'credit', t.committed_sequence, t.committed_at, false),
       (p.credit_account_id, 'debit', t.decided_sequence, t.decided_at, true),
       (p.debit_account_id, 'credit', t.decided_sequence, t.decided_at, true))
            AS l (account_id, side, sequence, happened_at, is_return)
 WHERE t.committed_sequence IS NOT NULL AND (NOT l.is_return OR t.state = 'returned');
COMMENT ON VIEW posting_line IS 'What was posted, a line for each account that it touched: an account''s statement. A return is a second pair of lines.';
COMMENT ON COLUMN posting_line.account_id IS 'The account.';
COMMENT ON COLUMN posting_line.sequence IS 'Sequence of the command that posted it.';
COMMENT ON COLUMN posting_line.happened_at IS 'When that was.';
COMMENT ON COLUMN posting_line.side IS 'debit or credit.';
COMMENT ON COLUMN posting_line.currency IS 'ISO 4217 code.';
COMMENT ON COLUMN posting_line.amount IS 'Minor units.';
COMMENT ON COLUMN posting_line.transfer_id IS 'The transfer.';
COMMENT ON COLUMN posting_line.leg IS 'Which of its postings.';
COMMENT ON COLUMN posting_line.is_return IS 'Given back, after the payee refused what was committed.';
COMMENT ON COLUMN posting_line.created_at IS 'When the transfer was created.';

CREATE VIEW balance_difference AS
SELECT account_id,
       coalesce(b.debits_posted, 0) AS debits_posted, coalesce(l.debits, 0) AS debits_of_lines,
       coalesce(b.credits_posted, 0) AS credits_posted, coalesce(l.credits, 0) AS credits_of_lines
  FROM account_balance b
  FULL JOIN (SELECT account_id, sum(amount) FILTER (WHERE side = 'debit') AS debits,
                    sum(amount) FILTER (WHERE side = 'credit') AS credits
               FROM posting_line GROUP BY account_id) l USING (account_id)
 WHERE coalesce(b.debits_posted, 0) <> coalesce(l.debits, 0)
    OR coalesce(b.credits_posted, 0) <> coalesce(l.credits, 0);
COMMENT ON VIEW balance_difference IS 'Accounts whose counters, which are the ledger''s, are not the sum of their postings. Always empty; reads every posting.';
COMMENT ON COLUMN balance_difference.account_id IS 'The account.';
COMMENT ON COLUMN balance_difference.debits_posted IS 'By its counter, minor units.';
COMMENT ON COLUMN balance_difference.debits_of_lines IS 'By its lines, minor units.';
COMMENT ON COLUMN balance_difference.credits_posted IS 'By its counter, minor units.';
COMMENT ON COLUMN balance_difference.credits_of_lines IS 'By its lines, minor units.';

CREATE FUNCTION account_balance_at(of_account bigint, at_instant timestamptz)
RETURNS TABLE (debits_pending bigint, debits_posted bigint, credits_pending bigint, credits_posted bigint, balance bigint)
LANGUAGE sql STABLE AS $$
    WITH leg AS (
        SELECT p.debit_account_id = of_account AS is_debit, p.amount,
               coalesce(t.committed_at <= at_instant, false) AS is_posted,
               t.state = 'returned' AND t.decided_at <= at_instant AS is_returned,
               t.state = 'aborted' AND t.decided_at <= at_instant AS is_aborted
          FROM posting p JOIN transfer t USING (transfer_id, created_at)
         WHERE (p.debit_account_id = of_account OR p.credit_account_id = of_account)
           AND p.created_at <= at_instant
    ), counters AS (
        SELECT coalesce(sum(amount) FILTER (WHERE is_debit AND NOT is_posted AND NOT is_aborted), 0) AS debits_pending,
               coalesce(sum(amount) FILTER (WHERE is_debit AND is_posted), 0)
                   + coalesce(sum(amount) FILTER (WHERE NOT is_debit AND is_returned), 0) AS debits_posted,
               coalesce(sum(amount) FILTER (WHERE NOT is_debit AND NOT is_posted AND NOT is_aborted), 0) AS credits_pending,
               coalesce(sum(amount) FILTER (WHERE NOT is_debit AND is_posted), 0)
                   + coalesce(sum(amount) FILTER (WHERE is_debit AND is_returned), 0) AS credits_posted
          FROM leg)
    SELECT debits_pending::bigint, debits_posted::bigint, credits_pending::bigint, credits_posted::bigint,
           (credits_posted - debits_posted)::bigint
      FROM counters
$$;
COMMENT ON FUNCTION account_balance_at(bigint, timestamptz) IS 'The four counters of an account after everything that happened up to and including an instant of journal time, from its postings.';

CREATE FUNCTION add_month_to_books(of_month date) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    from_time timestamptz := date_trunc('month', of_month::timestamp) AT TIME ZONE 'UTC';
    to_time timestamptz := (date_trunc('month', of_month::timestamp) + interval '1 month') AT TIME ZONE 'UTC';
    suffix text := to_char(of_month, 'YYYY_MM');
BEGIN
    EXECUTE format('CREATE TABLE IF NOT EXISTS transfer_%s PARTITION OF transfer FOR VALUES FROM (%L) TO (%L)',
                   suffix, from_time, to_time);
    EXECUTE format('CREATE TABLE IF NOT EXISTS posting_%s PARTITION OF posting FOR VALUES FROM (%L) TO (%L)',
                   suffix, from_time, to_time);
END
$$;
COMMENT ON FUNCTION add_month_to_books(date) IS 'Makes the partitions of a month where they are missing. Called by projectord with the first transfer of a month.';

CREATE FUNCTION index_books() RETURNS void
LANGUAGE plpgsql SET maintenance_work_mem = '512MB' AS $$
BEGIN
    -- An institution's payments, newest first.
    CREATE INDEX IF NOT EXISTS transfer_by_initiator ON transfer (initiator_id, created_sequence) WHERE type = 'payment';
    CREATE INDEX IF NOT EXISTS transfer_by_payee ON transfer (payee_id, created_sequence) WHERE type = 'payment';
    -- account_balance_at.
    CREATE INDEX IF NOT EXISTS posting_by_debit ON posting (debit_account_id, created_at);
    CREATE INDEX IF NOT EXISTS posting_by_credit ON posting (credit_account_id, created_at);
END
$$;
COMMENT ON FUNCTION index_books() IS 'Makes the indexes that only readers need, where they are missing. Called by projectord when the books have come up with the journal: to make them of many rows at once is cheaper than to add to them row by row.';

CREATE FUNCTION clear_books() RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    part regclass;
BEGIN
    FOR part IN SELECT inhrelid::regclass FROM pg_inherits
                 WHERE inhparent IN ('transfer'::regclass, 'posting'::regclass)
    LOOP
        EXECUTE format('DROP TABLE %s', part);
    END LOOP;
    DROP INDEX IF EXISTS transfer_by_initiator, transfer_by_payee, posting_by_debit, posting_by_credit;
    TRUNCATE projection_cursor, participant, account, account_balance, customer, settlement_window,
             claim, administrative_act, leadership, refusal;
END
$$;
COMMENT ON FUNCTION clear_books() IS 'Empties the books, to be built again from the journal. They are empty for whoever looks meanwhile.';

-- Rows as text, in settings that do not depend on the session; added up, so that their order does not
-- matter.
CREATE FUNCTION books_checksum() RETURNS TABLE (book text, row_count bigint, checksum numeric)
LANGUAGE plpgsql STABLE
SET timezone = 'UTC' SET datestyle = 'ISO, YMD' SET bytea_output = 'hex' AS $$
BEGIN
    FOREACH book IN ARRAY ARRAY['account', 'account_balance', 'administrative_act', 'claim', 'customer', 'leadership',
                                'participant', 'posting', 'projection_cursor', 'refusal', 'settlement_window', 'transfer']
    LOOP
        EXECUTE format('SELECT count(*), coalesce(sum(hashtextextended(r::text, 0)::numeric), 0) FROM %I r', book)
           INTO row_count, checksum;
        RETURN NEXT;
    END LOOP;
END
$$;
COMMENT ON FUNCTION books_checksum() IS 'A checksum of every row of each book. Books of the same journal up to the same batch have the same checksums, however they were written (I9).';
