#include "adapter/grpc_process.h"

#include <absl/synchronization/mutex.h>

#include <cstdlib>

namespace ayni::adapter {

void prepare_grpc_process() {
    ::setenv("GRPC_SSL_CIPHER_SUITES", "ECDHE-RSA-AES256-GCM-SHA384", 1);
    absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
}

}  // namespace ayni::adapter
