#pragma once

#include <openssl/err.h>

namespace ayni::signing {

/// OpenSSL's errors are a queue of the thread, and TLS on the same thread takes what lies there for
/// its own. What was left there since the constructor is removed again.
class OpensslErrors {
public:
    OpensslErrors() { ERR_set_mark(); }
    ~OpensslErrors() { ERR_pop_to_mark(); }
    OpensslErrors(const OpensslErrors&) = delete;
    OpensslErrors& operator=(const OpensslErrors&) = delete;
};

}  // namespace ayni::signing
