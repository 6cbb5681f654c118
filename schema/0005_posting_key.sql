-- The key of posting is made when the books have come up with the journal, as readers' indexes are:
-- to add to it row by row took as long as to write the rows. Nothing but readers looks for a posting.

ALTER TABLE posting DROP CONSTRAINT posting_pkey;

CREATE OR REPLACE FUNCTION index_books() RETURNS void
LANGUAGE plpgsql SET maintenance_work_mem = '512MB' AS $$
BEGIN
    -- The postings of a transfer.
    CREATE UNIQUE INDEX IF NOT EXISTS posting_of_transfer ON posting (transfer_id, leg, created_at);
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
    DROP INDEX IF EXISTS transfer_by_initiator, transfer_by_payee, posting_of_transfer, posting_by_debit,
                         posting_by_credit, account_entry_in_order;
    TRUNCATE projection_cursor, participant, account, account_balance, customer, settlement_window,
             claim, administrative_act, leadership, refusal;
END
$$;

-- Books that have come up have it at once; projectord makes it for others.
DO $$
BEGIN
    IF to_regclass('posting_by_debit') IS NOT NULL THEN PERFORM index_books(); END IF;
END
$$;
