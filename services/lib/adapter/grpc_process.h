#pragma once

namespace ayni::adapter {

/// What every process that speaks gRPC does first thing in main, before any other thread exists,
/// since it sets a variable of the environment. Only the first call does anything.
///
/// - Every TLS connection that is set up from now on is TLS 1.3. gRPC 1.51 has no option for it, so
///   the list of TLS 1.2 ciphers (an environment variable) is left with one that certificates with
///   ECDSA keys can not use.
/// - Protobuf writes no line to the standard error for each text that is no UTF-8: whoever sent it
/// is
///   told, and could fill the disk with such lines.
/// - Debian builds Abseil with assertions, and so its mutexes look for lock-order cycles at each
///   lock; here they do not. That search took 4 % of the processor time of a unary call.
void prepare_grpc_process();

}  // namespace ayni::adapter
