/* SPDX-License-Identifier: Apache-2.0 */
/* DPoP proofs from strangers: what is read is whole and in bounds. */
#include "crypto/crypto.h"
#include "token/dpop.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A profile that leaves every algorithm. */
static const struct profile any;

static void check_read(const struct dpop_proof *proof)
{
	MUST(dpop_is_thumbprint(proof->thumbprint));
	MUST(proof->id.size > 0 && proof->id.size <= DPOP_ID_MAX);
	MUST(text_is_present(proof->method));
	MUST(text_is_present(proof->url));
	MUST(proof->issued_at >= 0);
}

static void check_refused(const struct decision *decision)
{
	enum reason reason = decision->refusal.reason;

	MUST(reason == REASON_DPOP_MALFORMED ||
	     reason == REASON_DPOP_REPEATED ||
	     reason == REASON_DPOP_SIGNATURE_WRONG);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool is_open;
	struct arena *arena = arena_new((size_t)256 * 1024);
	struct decision decision = {.arena = arena};
	struct dpop_proof proof;

	if (!is_open)
		MUST(crypto_open() == DONE);
	is_open = true;
	if (dpop_read(&decision, &any, text_of(data, size), &proof) == DONE)
		check_read(&proof);
	else
		check_refused(&decision);
	arena_free(&arena);
	return 0;
}
