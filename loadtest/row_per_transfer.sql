-- What `loadtest/bench versus-postgres` holds Ayni beside: a row for each transfer and the balances
-- of its two accounts, in one transaction of a stored procedure. Written to be fast as far as it
-- stays right: no foreign keys and no further index, room in the pages of accounts, so that changed
-- balances touch no index, and one round trip.

CREATE TABLE account (
    account_id      bigint PRIMARY KEY,
    debits_posted   bigint NOT NULL DEFAULT 0,
    credits_posted  bigint NOT NULL DEFAULT 0,
    overdraft_limit bigint NOT NULL DEFAULT 0,
    CONSTRAINT funds_are_sufficient CHECK (debits_posted - credits_posted <= overdraft_limit)
) WITH (fillfactor = 50);

CREATE TABLE transfer (
    transfer_id       uuid        PRIMARY KEY,
    debit_account_id  bigint      NOT NULL,
    credit_account_id bigint      NOT NULL CHECK (credit_account_id <> debit_account_id),
    amount            bigint      NOT NULL CHECK (amount > 0),
    created_at        timestamptz NOT NULL DEFAULT now()
);

-- True when the transfer was made, false when it had been made before. Refusals are exceptions, so
-- that nothing of it stays.
CREATE FUNCTION create_transfer(id uuid, debit bigint, credit bigint, minor_units bigint)
RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    side bigint;
BEGIN
    INSERT INTO transfer (transfer_id, debit_account_id, credit_account_id, amount)
    VALUES (id, debit, credit, minor_units)
    ON CONFLICT (transfer_id) DO NOTHING;
    IF NOT FOUND THEN
        PERFORM FROM transfer
        WHERE transfer_id = id
          AND (debit_account_id, credit_account_id, amount) = (debit, credit, minor_units);
        IF NOT FOUND THEN
            RAISE EXCEPTION 'transfer % was made with other contents', id;
        END IF;
        RETURN false;
    END IF;

    -- In one order everywhere, or two transfers would wait for each other. The hot account of the
    -- measurement has the lowest number: it is locked last, for the shortest time.
    FOREACH side IN ARRAY ARRAY[greatest(debit, credit), least(debit, credit)] LOOP
        UPDATE account
        SET debits_posted  = debits_posted  + CASE WHEN side = debit  THEN minor_units ELSE 0 END,
            credits_posted = credits_posted + CASE WHEN side = credit THEN minor_units ELSE 0 END
        WHERE account_id = side;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'account % is not there', side;
        END IF;
    END LOOP;
    RETURN true;
END $$;

-- Many transfers in one call and one transaction, all or none: each account is changed once, by the
-- sums of what moves on it. Returns how many were made; the others had been made before.
CREATE FUNCTION create_transfers(ids uuid[], debits bigint[], credits bigint[], amounts bigint[])
RETURNS bigint
LANGUAGE plpgsql
-- Not planned anew for each call, nor so that all accounts are read to find a thousand.
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    made     bigint;
    accounts bigint[];
    debited  bigint[];
    credited bigint[];
    changed  bigint;
BEGIN
    WITH added AS (
        INSERT INTO transfer (transfer_id, debit_account_id, credit_account_id, amount)
        SELECT * FROM unnest(ids, debits, credits, amounts)
        ON CONFLICT (transfer_id) DO NOTHING
        RETURNING debit_account_id, credit_account_id, amount
    ), sides AS (
        SELECT debit_account_id AS account_id, amount AS debit, 0 AS credit FROM added
        UNION ALL
        SELECT credit_account_id, 0, amount FROM added
    ), moved AS (
        SELECT account_id, sum(debit)::bigint AS debit, sum(credit)::bigint AS credit
        FROM sides
        GROUP BY account_id
    )
    SELECT (SELECT count(*) FROM added), array_agg(account_id), array_agg(debit), array_agg(credit)
    INTO made, accounts, debited, credited
    FROM moved;

    IF made < cardinality(ids) THEN
        PERFORM FROM unnest(ids, debits, credits, amounts) AS wanted (id, debit, credit, amount)
        JOIN transfer ON transfer_id = wanted.id
        WHERE (debit_account_id, credit_account_id, transfer.amount)
           <> (wanted.debit, wanted.credit, wanted.amount);
        IF FOUND THEN
            RAISE EXCEPTION 'a transfer was made with other contents';
        END IF;
    END IF;

    PERFORM FROM account
    WHERE account_id = ANY (accounts)
    ORDER BY account_id DESC
    FOR UPDATE;

    UPDATE account
    SET debits_posted  = debits_posted  + moved.debit,
        credits_posted = credits_posted + moved.credit
    FROM unnest(accounts, debited, credited) AS moved (account_id, debit, credit)
    WHERE account.account_id = moved.account_id;
    GET DIAGNOSTICS changed = ROW_COUNT;
    IF changed < cardinality(accounts) THEN
        RAISE EXCEPTION '% accounts are not there', cardinality(accounts) - changed;
    END IF;
    RETURN made;
END $$;

-- Below: what a client would make and send, made by the server, since pgbench has neither UUIDs nor
-- arrays. Ids begin with the time, as Ayni's do, so that their index grows at one end.

CREATE FUNCTION milliseconds_of_id() RETURNS bytea
LANGUAGE sql VOLATILE AS $$
    SELECT substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
$$;

CREATE FUNCTION time_ordered_id() RETURNS uuid
LANGUAGE sql VOLATILE AS $$
    SELECT encode(overlay(uuid_send(gen_random_uuid()) PLACING milliseconds_of_id() FROM 1), 'hex')::uuid
$$;

CREATE FUNCTION create_random_transfers(count integer, account_count bigint, is_hot boolean)
RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    ids     uuid[];
    debits  bigint[];
    credits bigint[];
    amounts bigint[];
    prefix  bytea := substring(uuid_send(time_ordered_id()) FROM 1 FOR 12);
BEGIN
    SELECT array_agg(encode(prefix || int4send(number), 'hex')::uuid),
           array_agg(debit),
           -- Any of the others, each as likely.
           array_agg(1 + (debit + floor(random() * (account_count - 1))::bigint) % account_count),
           array_agg(1 + floor(random() * 128)::bigint)
    INTO ids, debits, credits, amounts
    FROM (
        SELECT number,
               CASE WHEN is_hot THEN 1 ELSE 1 + floor(random() * account_count)::bigint END AS debit
        FROM generate_series(1, count) AS number
        OFFSET 0  -- random() once for each row
    ) AS random_debits;
    RETURN create_transfers(ids, debits, credits, amounts);
END $$;
