/* SPDX-License-Identifier: Apache-2.0 */
/* A certificate's inside, for the files that read and judge it. */
#pragma once

#include <openssl/x509.h>

#include "crypto/certificate.h"
#include "crypto/internal.h"

struct certificate {
	X509 *x509;
};

/* Takes the first off the front of *ders; NULL when there is none. */
X509 *certificate_read(struct text *ders);
