-- The journal of the clustered mode: one row a batch, appended by compare and append, never changed.

CREATE TABLE journal_batch (
    batch_number   bigint PRIMARY KEY CHECK (batch_number >= 0),
    first_sequence bigint NOT NULL,
    last_sequence  bigint NOT NULL,
    epoch          bigint NOT NULL,
    previous_hash  bytea  NOT NULL CHECK (length(previous_hash) = 32),
    hash           bytea  NOT NULL CHECK (length(hash) = 32),
    payload        bytea  NOT NULL
);
ALTER TABLE journal_batch ALTER payload SET STORAGE EXTERNAL;

COMMENT ON TABLE journal_batch IS
    'The only truth of the switch: batches of commands, dense and chained by their hashes. Rows are added by the leading switchd only, in order; nothing updates or deletes them.';
COMMENT ON COLUMN journal_batch.batch_number IS 'From 0 (genesis) without gaps. The primary key is the fence between two leaders.';
COMMENT ON COLUMN journal_batch.first_sequence IS 'Sequence of the first command; 1 in genesis, which has none.';
COMMENT ON COLUMN journal_batch.last_sequence IS 'Sequence of the last command; 0 in genesis.';
COMMENT ON COLUMN journal_batch.epoch IS 'Of the leadership that wrote it: never less than in the row before.';
COMMENT ON COLUMN journal_batch.previous_hash IS 'hash of the row before; zeros in genesis.';
COMMENT ON COLUMN journal_batch.hash IS 'SHA-256 over the encoded header and the commands; see services/lib/journal/codec.h.';
COMMENT ON COLUMN journal_batch.payload IS 'The batch as the file journal has it: header of 160 bytes with CRC32C, then the commands, no padding.';

CREATE TABLE journal_leader (
    epoch   bigint PRIMARY KEY,
    address text   NOT NULL
);

COMMENT ON TABLE journal_leader IS
    'Where the leader of each epoch is reached by clients. For followers, which tell it to those who ask them; the journal does not depend on it.';
COMMENT ON COLUMN journal_leader.epoch IS 'Of the leadership, as in journal_batch.';
COMMENT ON COLUMN journal_leader.address IS 'HOST:PORT of its gRPC service.';
