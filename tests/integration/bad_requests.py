"""The table of malformed requests: for each RPC a good request, and what is wrong with it one at a
time. `tests/integration/bad-input` sends them; it fails when a field of a request has no row."""

import collections
import copy

import ayni_client

# path: what is made wrong, "transfer.amount.currency_code"; field: what the error must name.
Row = collections.namedtuple("Row", "rpc path request caller code reason field")

TRANSFER = "ayni.v1.TransferService/"
LEDGER = "ayni.v1.LedgerService/"
ADMIN = "ayni.v1.AdminService/"
SETTLEMENT = "ayni.v1.SettlementService/"
DISBURSEMENT = "ayni.v1.DisbursementService/"

NIL_ID = "00000000-0000-0000-0000-000000000000"
ABSENT = object()
LONG = "x" * 200


def payment():
    return {"transfer_id": ayni_client.new_id(), "payee_participant": "bim",
            "payee_account": "C000000", "payer_account": "999000111",
            "amount": {"currency_code": "PEN", "minor_units": 100}, "end_to_end_id": "E2E",
            "purpose": "CASH", "remittance_text": "gracias", "timeout": "5s"}


def ledger_transfer():
    identity = int(ayni_client.new_id().replace("-", ""), 16)
    return {"id_high": identity >> 64, "id_low": identity & ((1 << 64) - 1),
            "debit_account_id": 1001, "credit_account_id": 1002, "amount": 5, "currency": 604,
            "timeout_ms": 0,
            "linked": [{"debit_account_id": 1001, "credit_account_id": 1002, "amount": 1}]}


def reference():
    transfer = ledger_transfer()
    return {"id_high": transfer["id_high"], "id_low": transfer["id_low"]}


GOOD = {
    TRANSFER + "CreateTransfer": lambda: {"transfer": payment()},
    TRANSFER + "BatchCreateTransfers": lambda: {"transfers": [payment()]},
    TRANSFER + "StreamTransfers": lambda: {"transfers": [payment()]},
    TRANSFER + "GetTransfer": lambda: {"transfer_id": ayni_client.new_id()},
    TRANSFER + "ListTransfers": lambda: {"participant": "yape", "page_size": 10},
    LEDGER + "CreateAccounts": lambda: {
        "accounts": [{"account_id": 5001, "kind": "ACCOUNT_KIND_CUSTOMER", "currency": 604}]},
    LEDGER + "GetAccount": lambda: {"account_id": 1001},
    LEDGER + "CreateTransfers": lambda: {"transfers": [ledger_transfer()]},
    LEDGER + "StreamCreateTransfers": lambda: {"transfers": [ledger_transfer()]},
    LEDGER + "CommitTransfers": lambda: {"transfers": [reference()]},
    LEDGER + "AbortTransfers": lambda: {"transfers": [reference()]},
    ADMIN + "CreateParticipant": lambda: {
        "participant_id": 77, "code": "newbank", "entity_code": 77},
    ADMIN + "GetParticipant": lambda: {"code": "yape"},
    ADMIN + "ListParticipants": lambda: {"page_size": 10},
    ADMIN + "SetParticipantState": lambda: {"code": "yape", "state": "PARTICIPANT_STATE_ACTIVE"},
    ADMIN + "SetNetDebitCap": lambda: {
        "code": "yape", "cap": {"currency_code": "PEN", "minor_units": 100}},
    ADMIN + "AdvanceProtocolVersion": lambda: {"version": 2},
    ADMIN + "GetLedgerStatus": dict,
    SETTLEMENT + "RecordFundsIn": lambda: {
        "transfer_id": ayni_client.new_id(), "participant": "yape",
        "amount": {"currency_code": "PEN", "minor_units": 100}, "bank_reference": "BN-1"},
    SETTLEMENT + "GetPosition": lambda: {"participant": "yape", "currency_code": "PEN"},
    SETTLEMENT + "GetStatement": lambda: {
        "participant": "yape", "currency_code": "PEN", "business_date": 20250102, "page_size": 10},
    DISBURSEMENT + "ClaimBatch": lambda: {"message_id": "MSG-1", "content_hash": "A" * 43 + "="},
}


def changed(request, path, value):
    """A copy with the element at `path` ("transfers[0].amount") replaced, or taken away."""
    request = copy.deepcopy(request)
    words = path.replace("]", "").replace("[", ".").split(".")
    at = request
    for word in words[:-1]:
        at = at[int(word)] if isinstance(at, list) else at[word]
    last = int(words[-1]) if isinstance(at, list) else words[-1]
    if value is ABSENT:
        del at[last]
    else:
        at[last] = value
    return request


MONEY = {
    "": [ABSENT],
    ".currency_code": ["", "EUR", "pen", "PENN"],
}
PAYMENT = {
    "transfer_id": ["", "abc", NIL_ID, "019301fa-0000-7000-8000-00000000000g", LONG],
    "payee_participant": ["", "BIM", "b i m", "1bim", "a" * 17],
    "payee_account": ["", "x" * 65, "a\nb"],
    "payer_account": ["", "x" * 65, "a\u0007b"],
    "amount": MONEY[""],
    "amount.currency_code": MONEY[".currency_code"],
    "amount.minor_units": [0, -1, -(1 << 63)],
    "end_to_end_id": ["x" * 36, "ñandú", "a\tb"],
    "purpose": ["CAS", "cash", "C4SH", "CASHX"],
    "remittance_text": ["x" * 141, "a\rb"],
    "timeout": ["0s", "0.009s", "60.001s", "-1s", "86400s"],
}
LEDGER_TRANSFER = {
    "debit_account_id": [0],
    "credit_account_id": [0],
    "amount": [0, -1, -(1 << 63)],
    "currency": [0, 999, 70_000],
    "timeout_ms": [9, 86_400_001],
    "linked": [[{"debit_account_id": 1, "credit_account_id": 2, "amount": 1}] * 8],
    "linked[0].debit_account_id": [0],
    "linked[0].credit_account_id": [0],
    "linked[0].amount": [0, -5],
}
CODE = ["", "YAPE", "a" * 17, "ya pe"]

# RPC, whose certificate, what is wrong. A dictionary value names the field where it differs.
WRONG = [
    (TRANSFER + "CreateTransfer", "yape", {f"transfer.{p}": v for p, v in PAYMENT.items()}),
    (TRANSFER + "BatchCreateTransfers", "yape", {
        "transfers": [[], "too many"],
        **{f"transfers[0].{p}": v for p, v in PAYMENT.items()}}),
    (TRANSFER + "StreamTransfers", "yape", {f"transfers[0].{p}": v for p, v in PAYMENT.items()}),
    (TRANSFER + "GetTransfer", "yape", {"transfer_id": PAYMENT["transfer_id"]}),
    (TRANSFER + "ListTransfers", "yape", {
        "participant": ["YAPE", "a" * 17], "page_size": [-1, 1_001, -(1 << 31)],
        "page_token": ["x", "AAAA", LONG]}),
    (LEDGER + "CreateAccounts", "yape", {
        "accounts": [[]], "accounts[0].account_id": [0, 1 << 63],
        "accounts[0].kind": [0, 1, 2, 4, 9, 99], "accounts[0].currency": [0, 999, 70_000]}),
    (LEDGER + "GetAccount", "yape", {"account_id": [0]}),
    (LEDGER + "CreateTransfers", "yape", {
        "transfers": [[]], **{f"transfers[0].{p}": v for p, v in LEDGER_TRANSFER.items()}}),
    (LEDGER + "StreamCreateTransfers", "yape", {
        "transfers": [[]], **{f"transfers[0].{p}": v for p, v in LEDGER_TRANSFER.items()}}),
    (LEDGER + "CommitTransfers", "yape", {"transfers": [[]]}),
    (LEDGER + "AbortTransfers", "yape", {"transfers": [[]]}),
    (ADMIN + "CreateParticipant", "operator", {
        "participant_id": [0, 1, 1 << 31], "code": CODE, "entity_code": [1_000, 70_000]}),
    (ADMIN + "GetParticipant", "operator", {"code": CODE}),
    (ADMIN + "ListParticipants", "operator", {
        "page_size": [-1, 1_001], "page_token": ["x", LONG]}),
    (ADMIN + "SetParticipantState", "operator", {"code": CODE, "state": [0, 99]}),
    (ADMIN + "SetNetDebitCap", "operator", {
        "code": CODE, "cap": MONEY[""], "cap.currency_code": MONEY[".currency_code"],
        "cap.minor_units": [-1, -(1 << 63)]}),
    (ADMIN + "AdvanceProtocolVersion", "operator", {"version": [0]}),
    (SETTLEMENT + "RecordFundsIn", "operator", {
        "transfer_id": PAYMENT["transfer_id"], "participant": CODE, "amount": MONEY[""],
        "amount.currency_code": MONEY[".currency_code"], "amount.minor_units": [0, -1],
        "bank_reference": ["x" * 41, "a\nb"]}),
    (SETTLEMENT + "GetPosition", "yape", {
        "participant": ["YAPE", "a" * 17], "currency_code": ["", "EUR", "604"]}),
    (SETTLEMENT + "GetStatement", "yape", {
        "participant": ["YAPE", "a" * 17], "account_kind": [3, 5, 9, 99],
        "currency_code": ["", "EUR", "604"], "account_id": [1001],
        "business_date": [1, 20250230, 21991231], "start_time": ["2025-01-02T00:00:00Z"],
        "end_time": ["2025-01-02T00:00:00Z"], "page_size": [-1, 1_001, -(1 << 31)],
        "page_token": ["x", "AAAA", LONG]}),
    (DISBURSEMENT + "ClaimBatch", "yape", {
        "message_id": ["", "x" * 36, "a\nb"], "content_hash": ["", "QUJD", "A" * 44]}),
]

# Requests whose form is right and which must still move nothing.
REFUSED = [
    (TRANSFER + "GetTransfer", "yape", {}, "NOT_FOUND", "TRANSFER_UNKNOWN"),
    (TRANSFER + "ListTransfers", "yape", {"participant": "bim"}, "PERMISSION_DENIED",
     "PERMISSION_DENIED"),
    (SETTLEMENT + "GetPosition", "yape", {"participant": "bim"}, "PERMISSION_DENIED",
     "PERMISSION_DENIED"),
    (SETTLEMENT + "GetStatement", "yape", {"participant": "bim"}, "PERMISSION_DENIED",
     "PERMISSION_DENIED"),
    (SETTLEMENT + "GetStatement", "operator", {"participant": "nobody"}, "NOT_FOUND",
     "PARTICIPANT_UNKNOWN"),
    (SETTLEMENT + "GetStatement", "yape", {"currency_code": "", "account_id": 404}, "NOT_FOUND",
     "ACCOUNT_UNKNOWN"),
    (SETTLEMENT + "GetStatement", "yape", {}, "FAILED_PRECONDITION", "STATEMENTS_NOT_CONFIGURED"),
    (LEDGER + "GetAccount", "yape", {"account_id": 404}, "NOT_FOUND", "ACCOUNT_UNKNOWN"),
    (ADMIN + "GetParticipant", "operator", {"code": "nobody"}, "NOT_FOUND", "PARTICIPANT_UNKNOWN"),
    (TRANSFER + "ListTransfers", "operator", {"participant": "nobody"}, "NOT_FOUND",
     "PARTICIPANT_UNKNOWN"),
]


def with_both_halves_zero(request, path):
    request = changed(request, f"{path}.id_high", 0)
    return changed(request, f"{path}.id_low", 0)


def rows():
    for rpc, caller, wrong in WRONG:
        for path, values in wrong.items():
            for value in values:
                if value == "too many":
                    value = [payment() for _ in range(1_001)]
                yield Row(rpc, path, changed(GOOD[rpc](), path, value), caller,
                          "INVALID_ARGUMENT", "MALFORMED_REQUEST", path)
    for rpc in ("CreateTransfers", "StreamCreateTransfers", "CommitTransfers", "AbortTransfers"):
        request = with_both_halves_zero(GOOD[LEDGER + rpc](), "transfers[0]")
        for half in ("id_high", "id_low"):
            yield Row(LEDGER + rpc, f"transfers[0].{half}", request, "yape", "INVALID_ARGUMENT",
                      "MALFORMED_REQUEST", "transfers[0].id_high")
    batch = GOOD[TRANSFER + "BatchCreateTransfers"]()
    batch["transfers"] *= 2
    yield Row(TRANSFER + "BatchCreateTransfers", "transfers[1].transfer_id", batch, "yape",
              "INVALID_ARGUMENT", "MALFORMED_REQUEST", "transfers[1].transfer_id")
    for rpc, caller, fields, code, reason in REFUSED:
        yield Row(rpc, "", {**GOOD[rpc](), **fields}, caller, code, reason, "")
    yield from wrong_callers()


def wrong_callers():
    """Each RPC with a certificate whose role may not call it."""
    for rpc, good in GOOD.items():
        if rpc.startswith(ADMIN) or rpc.endswith("/RecordFundsIn"):
            caller = "yape"
        elif rpc.split("/")[1] in ("GetTransfer", "ListTransfers", "GetAccount", "GetPosition",
                                    "GetStatement"):
            continue  # Everybody may; whose they see is in REFUSED.
        else:
            caller = "operator"
        yield Row(rpc, "", good(), caller, "PERMISSION_DENIED", "PERMISSION_DENIED", "")
