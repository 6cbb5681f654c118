#include "adapter/grpc_process.h"

#include <absl/synchronization/mutex.h>
#include <google/protobuf/stubs/logging.h>

#include <cstdlib>

#include "base/assert.h"

namespace ayni::adapter {

void prepare_grpc_process() {
    static const bool is_prepared = [] {
        ::setenv("GRPC_SSL_CIPHER_SUITES", "ECDHE-RSA-AES256-GCM-SHA384", 1);
        google::protobuf::SetLogHandler(nullptr);
        absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
        return true;
    }();
    ASSERT(is_prepared);
}

}  // namespace ayni::adapter
