#pragma once

namespace ayni::adapter {

/// What every process that speaks gRPC does before its first call, and before any other thread
/// exists, since it sets a variable of the environment. Only the first call does anything.
///
/// - Every TLS connection that is set up from now on is TLS 1.3. gRPC 1.51 has no option for it, so
///   the list of TLS 1.2 ciphers (an environment variable) is left with one that certificates with
///   ECDSA keys can not use.
/// - Protobuf writes no line to the standard error for each text that is no UTF-8: whoever sent it
///   is told, and could fill the disk with such lines.
/// - Debian builds Abseil with assertions, and so its mutexes look for lock-order cycles at each
///   lock; here they do not. That search took 4 % of the processor time of a unary call.
/// - OpenSSL is not cleaned up when the process exits. gRPC's threads, which nobody can join, may
///   still be ending then, and what OpenSSL keeps for each of them would be torn down under it.
void prepare_grpc_process();

/// gRPC for as long as main runs: the first object of main. It prepares the process; at the end it
/// waits until gRPC has let go of all that it holds, before the process exits.
class GrpcProcess {
public:
    GrpcProcess();
    ~GrpcProcess();

    GrpcProcess(const GrpcProcess&) = delete;
    GrpcProcess& operator=(const GrpcProcess&) = delete;
};

}  // namespace ayni::adapter
