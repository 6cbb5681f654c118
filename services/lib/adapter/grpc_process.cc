#include "adapter/grpc_process.h"

#include <absl/synchronization/mutex.h>
#include <google/protobuf/stubs/logging.h>
#include <grpc/grpc.h>
#include <openssl/crypto.h>

#include <cstdlib>

#include "base/assert.h"

namespace ayni::adapter {

void prepare_grpc_process() {
    static const bool is_prepared = [] {
        ASSERT(::OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr) == 1);
        ::setenv("GRPC_SSL_CIPHER_SUITES", "ECDHE-RSA-AES256-GCM-SHA384", 1);
        google::protobuf::SetLogHandler(nullptr);
        absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
        return true;
    }();
    ASSERT(is_prepared);
}

GrpcProcess::GrpcProcess() {
    prepare_grpc_process();
    ::grpc_init();
}

GrpcProcess::~GrpcProcess() { ::grpc_shutdown_blocking(); }

}  // namespace ayni::adapter
