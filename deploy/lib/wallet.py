"""The customers' and the operator's side of the quickstart, over gRPC without generated code:
descriptors come from protoc, messages are dictionaries. Every command prints what it did and exits
with 1 when something is not as it must be.

    wallet.py onboard   participants, caps and funds at the switch
    wallet.py open      customers at the wallets, those of a pain.001 file included
    wallet.py pay       payments between customers of different wallets
    wallet.py compare   each institution's own books beside the switch's positions
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile
import time
import uuid
import xml.etree.ElementTree as ElementTree
from decimal import Decimal

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
ENTITIES = {"yape": 2, "bim": 921, "coopac": 880, "midis": 0}
PARTICIPANTS = {"yape": 2, "bim": 3, "coopac": 4, "midis": 5}
WALLETS = ("yape", "bim", "coopac")
FUNDS_SOLES = {"yape": 500_000, "bim": 300_000, "coopac": 100_000, "midis": 5_000_000}
CAPS_SOLES = {"yape": 250_000, "bim": 150_000, "coopac": 50_000, "midis": 5_000_000}
CUSTOMER_SOLES = 1_000


class Stub:
    """Calls "package.Service/Method" with a dictionary and gets one."""

    pool = None

    def __init__(self, address, certificates, name):
        folder = pathlib.Path(certificates)
        self.channel = grpc.secure_channel(address, grpc.ssl_channel_credentials(
            (folder / "ca.pem").read_bytes(), (folder / f"{name}.key").read_bytes(),
            (folder / f"{name}.pem").read_bytes()))

    @classmethod
    def load(cls):
        if cls.pool is not None:
            return
        with tempfile.NamedTemporaryFile(suffix=".descriptors") as output:
            protos = REPOSITORY / "proto"
            names = [str(path) for path in sorted(protos.glob("ayni/**/*_service.proto"))]
            subprocess.run(["protoc", f"--proto_path={protos}", "--include_imports",
                            f"--descriptor_set_out={output.name}", *names], check=True)
            files = descriptor_pb2.FileDescriptorSet.FromString(pathlib.Path(output.name).read_bytes())
        cls.pool = descriptor_pool.DescriptorPool()
        for file in files.file:  # protoc writes dependencies first
            cls.pool.Add(file)
        cls.factory = message_factory.MessageFactory(cls.pool)

    def __call__(self, method, request=None):
        self.load()
        service, name = method.split("/")
        descriptor = self.pool.FindServiceByName(service).FindMethodByName(name)
        kind_in = self.factory.GetPrototype(descriptor.input_type)
        kind_out = self.factory.GetPrototype(descriptor.output_type)
        call = self.channel.unary_unary(f"/{method}", kind_in.SerializeToString, kind_out.FromString)
        answer = call(json_format.ParseDict(request or {}, kind_in()), timeout=30, wait_for_ready=True)
        return json_format.MessageToDict(answer, preserving_proto_field_name=True,
                                         including_default_value_fields=True)


def soles(minor_units):
    return f"{int(minor_units) / 100:>14,.2f}"


def money(in_soles):
    return {"currency_code": "PEN", "minor_units": in_soles * 100}


def transfer_id():
    """A UUIDv7 (RFC 9562)."""
    milliseconds = time.time_ns() // 1_000_000
    number = (milliseconds << 80) | (uuid.uuid4().int & ((1 << 80) - 1))
    number = number & ~(0xF << 76) | (0x7 << 76)
    number = number & ~(0x3 << 62) | (0x2 << 62)
    return str(uuid.UUID(int=number))


def accounts_of(pain001):
    """Creditor accounts of a pain.001 file, by the institution that their CCI names."""
    institution = {f"{entity:03}": code for code, entity in ENTITIES.items() if entity}
    accounts = {code: [] for code in WALLETS}
    for element in ElementTree.parse(pain001).iter():
        if element.tag.rpartition("}")[2] != "CdtrAcct":
            continue
        cci = next((e.text.strip() for e in element.iter() if e.tag.rpartition("}")[2] == "Id"
                    and e.text and e.text.strip()), "")
        if cci[:3] in institution:
            accounts[institution[cci[:3]]].append(cci)
    return accounts


def total_of(pain001):
    """Σ of the amounts of a pain.001 file, in minor units."""
    return sum(int(round(Decimal(element.text) * 100))
               for element in ElementTree.parse(pain001).iter()
               if element.tag.rpartition("}")[2] == "InstdAmt")


def onboard(options):
    switch = Stub(options.switch, options.certificates, "operator")
    for code, number in PARTICIPANTS.items():
        switch("ayni.v1.AdminService/CreateParticipant",
               {"participant_id": number, "code": code, "entity_code": ENTITIES[code]})
        switch("ayni.v1.AdminService/SetNetDebitCap", {"code": code, "cap": money(CAPS_SOLES[code])})
        switch("ayni.v1.SettlementService/RecordFundsIn",
               {"transfer_id": transfer_id(), "participant": code,
                "amount": money(FUNDS_SOLES[code]), "bank_reference": "QUICKSTART"})
        print(f"  {code:<8} entity {ENTITIES[code]:03}  funds {soles(FUNDS_SOLES[code] * 100)}"
              f"  cap {soles(CAPS_SOLES[code] * 100)}")


def wallet(options, code):
    address = dict(pair.split("=") for pair in options.wallet)[code]
    return Stub(address, options.certificates, "operator")


def open_customers(options):
    beneficiaries = accounts_of(options.pain001) if options.pain001 else {c: [] for c in WALLETS}
    for code in WALLETS:
        answer = wallet(options, code)(
            "ayni.walletsim.v1.WalletSimService/OpenCustomers",
            {"prefix": code, "count": 10, "initial_balance": money(CUSTOMER_SOLES)})
        opened = answer["opened"]
        if beneficiaries[code]:
            answer = wallet(options, code)(
                "ayni.walletsim.v1.WalletSimService/OpenCustomers",
                {"accounts": sorted(set(beneficiaries[code])), "initial_balance": money(0)})
            opened += answer["opened"]
        print(f"  {code:<8} {opened} customers")


def pay(options):
    failed = False
    for payer, payee, amount in (("yape", "bim", 2_550), ("bim", "coopac", 1_275),
                                 ("yape", "coopac", 1), ("coopac", "yape", 999)):
        started = time.monotonic()
        answer = wallet(options, payer)(
            "ayni.walletsim.v1.WalletSimService/Pay",
            {"payer_account": f"{payer}000000", "payee_participant": payee,
             "payee_account": f"{payee}000001", "timeout": "10s", "remittance_text": "gracias",
             "amount": {"currency_code": "PEN", "minor_units": amount}})
        milliseconds = (time.monotonic() - started) * 1000
        print(f"  {payer:>6} → {payee:<6} S/ {soles(amount).strip():>8}  {answer['state']}"
              f" {answer['reason']} {answer['transfer_id']}  {milliseconds:.0f} ms")
        failed = failed or answer["state"] != "COMMITTED"
    return 1 if failed else 0


def look(options):
    """Books of the wallets and positions of all, when nothing is in flight any more."""
    switch = Stub(options.switch, options.certificates, "operator")
    for _ in range(300):
        books = {code: wallet(options, code)("ayni.walletsim.v1.WalletSimService/GetBooks")
                 for code in WALLETS}
        positions = {code: switch("ayni.v1.SettlementService/GetPosition",
                                  {"participant": code, "currency_code": "PEN"})
                     for code in PARTICIPANTS}
        moving = [int(b[k]) for b in books.values() for k in ("held", "promised", "holds", "promises")]
        moving += [int(p[k]) for p in positions.values()
                   for k in ("reserved", "incoming", "unacknowledged")]
        if not any(moving):
            break
        time.sleep(0.1)
    return books, positions, switch("ayni.v1.AdminService/GetLedgerStatus")


def compare(options):
    books, positions, status = look(options)
    faults = []

    def must(name, left, right):
        if left != right:
            faults.append(f"{name}: {left} and {right} minor units differ")

    print(f"  {'':8} {'sent':>14} {'received':>14} {'books: net':>14} {'switch: net':>14}"
          f" {'available':>14}")
    for code, position in positions.items():
        net = int(position["net"])
        if code in books:
            own = {key: int(value) for key, value in books[code].items()
                   if key in ("initial", "balances", "held", "sent", "received", "promised")}
            own_net = own["received"] - own["sent"]
            must(f"{code}, own net and position", own_net, net)
            must(f"{code}, held and reserved", own["held"], int(position["reserved"]))
            must(f"{code}, promised and incoming", own["promised"], int(position["incoming"]))
            must(f"{code}, balances and what explains them", own["balances"],
                 own["initial"] + own_net - own["held"])
            columns = f"{soles(own['sent'])} {soles(own['received'])} {soles(own_net)}"
        else:
            columns = f"{'–':>14} {'–':>14} {'–':>14}"
        print(f"  {code:<8} {columns} {soles(net)} {soles(position['available'])}")
    if options.pain001:
        must("midis, position and the file's total", -int(positions["midis"]["net"]),
             total_of(options.pain001))
    must("Σ positions and 0", sum(int(p["net"]) for p in positions.values()), 0)
    for totals in status["totals"]:
        must(f"Σ debits and Σ credits, {totals['currency_code']}",
             int(totals["debits_posted"]), int(totals["credits_posted"]))
        must(f"Σ pending, {totals['currency_code']}",
             int(totals["debits_pending"]), int(totals["credits_pending"]))
        if int(totals["debits_posted"]):
            print(f"  Σ debits {soles(totals['debits_posted'])} = Σ credits"
                  f" {soles(totals['credits_posted'])} {totals['currency_code']}")
    print(f"  ledger at sequence {status['as_of_sequence']}, digest {status['digest']}")
    for fault in faults:
        print(f"  DISAGREE: {fault}", file=sys.stderr)
    if not faults:
        print("  books and positions agree to the céntimo")
    return 1 if faults else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("onboard", "open", "pay", "compare"))
    parser.add_argument("--switch", required=True, help="HOST:PORT")
    parser.add_argument("--certificates", required=True, help="folder of ca.pem, operator.pem, …")
    parser.add_argument("--wallet", action="append", default=[], metavar="CODE=HOST:PORT")
    parser.add_argument("--pain001", help="file that midis pays: its beneficiaries are opened as customers")
    options = parser.parse_args()
    command = {"onboard": onboard, "open": open_customers, "pay": pay, "compare": compare}
    try:
        return command[options.command](options)
    except grpc.RpcError as error:
        print(f"{options.command}: {error.code().name}: {error.details()}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
