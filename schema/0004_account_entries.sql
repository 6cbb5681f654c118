-- Statements: what was posted to each account, in order, with the account's counters behind it. So an
-- opening or a closing balance, and the sums of any period, are two rows of one index, however many
-- postings an account has; adding up postings (account_balance_at) takes longer each month.
--
-- The books are a function of the journal: they are emptied here, and projectord builds them again with
-- the entries. Until it has, whoever reads history from them is told that they are behind.

CREATE TABLE account_entry (
    account_id             bigint      NOT NULL,
    posted_at              timestamptz NOT NULL,
    sequence               bigint      NOT NULL,
    leg                    smallint    NOT NULL,
    is_debit               boolean     NOT NULL,
    is_return              boolean     NOT NULL,
    amount                 bigint      NOT NULL CHECK (amount > 0),
    debits_posted          bigint      NOT NULL,
    credits_posted         bigint      NOT NULL,
    counterpart_account_id bigint      NOT NULL,
    transfer_id            uuid        NOT NULL
) PARTITION BY RANGE (posted_at);
COMMENT ON TABLE account_entry IS 'Every posting that took effect, twice: once for each of its accounts. A partition for each month of posted_at, UTC. Rows never change; a return adds rows. The view posting_line tells the same from transfers and postings, without the counters.';
COMMENT ON COLUMN account_entry.account_id IS 'The account.';
COMMENT ON COLUMN account_entry.posted_at IS 'When it was posted. Never goes back as sequence grows.';
COMMENT ON COLUMN account_entry.sequence IS 'Sequence of the command that posted it.';
COMMENT ON COLUMN account_entry.leg IS 'Which of the postings of its transfer.';
COMMENT ON COLUMN account_entry.is_debit IS 'Debit or credit.';
COMMENT ON COLUMN account_entry.is_return IS 'Gives back what an earlier entry of the transfer moved.';
COMMENT ON COLUMN account_entry.amount IS 'Minor units.';
COMMENT ON COLUMN account_entry.debits_posted IS 'Of the account, this entry included: debited since the ledger began, minor units.';
COMMENT ON COLUMN account_entry.credits_posted IS 'The same for credits. The balance behind this entry is credits less debits.';
COMMENT ON COLUMN account_entry.counterpart_account_id IS 'The account on the other side of the posting.';
COMMENT ON COLUMN account_entry.transfer_id IS 'The transfer.';

CREATE OR REPLACE FUNCTION add_month_to_books(of_month date) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    from_time timestamptz := date_trunc('month', of_month::timestamp) AT TIME ZONE 'UTC';
    to_time timestamptz := (date_trunc('month', of_month::timestamp) + interval '1 month') AT TIME ZONE 'UTC';
    suffix text := to_char(of_month, 'YYYY_MM');
    book text;
BEGIN
    FOREACH book IN ARRAY ARRAY['transfer', 'posting', 'account_entry'] LOOP
        EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
                       book || '_' || suffix, book, from_time, to_time);
    END LOOP;
END
$$;
COMMENT ON FUNCTION add_month_to_books(date) IS 'Makes the partitions of a month where they are missing. Called by projectord with the first transfer or entry of a month.';

CREATE OR REPLACE FUNCTION index_books() RETURNS void
LANGUAGE plpgsql SET maintenance_work_mem = '512MB' AS $$
BEGIN
    -- An institution's payments, newest first.
    CREATE INDEX IF NOT EXISTS transfer_by_initiator ON transfer (initiator_id, created_sequence) WHERE type = 'payment';
    CREATE INDEX IF NOT EXISTS transfer_by_payee ON transfer (payee_id, created_sequence) WHERE type = 'payment';
    -- account_balance_at.
    CREATE INDEX IF NOT EXISTS posting_by_debit ON posting (debit_account_id, created_at);
    CREATE INDEX IF NOT EXISTS posting_by_credit ON posting (credit_account_id, created_at);
    -- Statements. The side is in it, so that entries are counted in the index alone.
    CREATE UNIQUE INDEX IF NOT EXISTS account_entry_in_order
        ON account_entry (account_id, posted_at, sequence, leg) INCLUDE (is_debit);
END
$$;

CREATE OR REPLACE FUNCTION clear_books() RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    part regclass;
BEGIN
    -- First, and held to the end: whoever reads the books asks it with everything else.
    LOCK TABLE projection_cursor IN ACCESS EXCLUSIVE MODE;
    FOR part IN SELECT inhrelid::regclass FROM pg_inherits
                 WHERE inhparent IN ('transfer'::regclass, 'posting'::regclass, 'account_entry'::regclass)
    LOOP
        EXECUTE format('DROP TABLE %s', part);
    END LOOP;
    DROP INDEX IF EXISTS transfer_by_initiator, transfer_by_payee, posting_by_debit, posting_by_credit,
                         account_entry_in_order;
    TRUNCATE projection_cursor, participant, account, account_balance, customer, settlement_window,
             claim, administrative_act, leadership, refusal;
END
$$;

CREATE OR REPLACE FUNCTION books_checksum() RETURNS TABLE (book text, row_count bigint, checksum numeric)
LANGUAGE plpgsql STABLE
SET timezone = 'UTC' SET datestyle = 'ISO, YMD' SET bytea_output = 'hex' AS $$
BEGIN
    FOREACH book IN ARRAY ARRAY['account', 'account_balance', 'account_entry', 'administrative_act', 'claim', 'customer',
                                'leadership', 'participant', 'posting', 'projection_cursor', 'refusal', 'settlement_window',
                                'transfer']
    LOOP
        EXECUTE format('SELECT count(*), coalesce(sum(hashtextextended(r::text, 0)::numeric), 0) FROM %I r', book)
           INTO row_count, checksum;
        RETURN NEXT;
    END LOOP;
END
$$;

CREATE FUNCTION time_of_id(transfer_id uuid) RETURNS timestamptz
LANGUAGE sql STABLE AS $$
    SELECT timestamptz 'epoch' + interval '1 millisecond'
               * ('x' || translate(left(transfer_id::text, 13), '-', ''))::bit(48)::bigint
$$;
COMMENT ON FUNCTION time_of_id(uuid) IS 'The time in the first 48 bits of a transfer''s id. Its created_at lies between five minutes before and a day behind it.';

CREATE VIEW entry_difference AS
SELECT account_id, sequence, leg,
       e.amount AS amount_of_entry, l.amount AS amount_of_line,
       e.credits_posted - e.debits_posted AS balance_of_entry, l.balance AS balance_of_lines
  FROM account_entry e
  FULL JOIN (SELECT account_id, sequence, leg, side = 'debit' AS is_debit, is_return, amount, transfer_id, happened_at,
                    sum(CASE side WHEN 'debit' THEN -amount ELSE amount END)
                        OVER (PARTITION BY account_id ORDER BY sequence, leg) AS balance
               FROM posting_line) l
       USING (account_id, sequence, leg, is_debit, is_return, transfer_id)
 WHERE e.amount IS DISTINCT FROM l.amount OR e.posted_at IS DISTINCT FROM l.happened_at
    OR e.credits_posted - e.debits_posted IS DISTINCT FROM l.balance;
COMMENT ON VIEW entry_difference IS 'Entries that are not what transfers and postings say, or whose balance is not the sum up to them. Always empty; reads every posting.';
COMMENT ON COLUMN entry_difference.account_id IS 'The account.';
COMMENT ON COLUMN entry_difference.sequence IS 'Sequence of the command that posted it.';
COMMENT ON COLUMN entry_difference.leg IS 'Which of the postings of its transfer.';
COMMENT ON COLUMN entry_difference.amount_of_entry IS 'By account_entry, minor units; null when it is not there.';
COMMENT ON COLUMN entry_difference.amount_of_line IS 'By posting_line, minor units; null when it is not there.';
COMMENT ON COLUMN entry_difference.balance_of_entry IS 'By the counters of the entry, minor units.';
COMMENT ON COLUMN entry_difference.balance_of_lines IS 'The sum of the lines up to it, minor units.';

SELECT clear_books();
