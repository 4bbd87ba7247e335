/* SPDX-License-Identifier: Apache-2.0 */
/* DPoP proofs and nonces (RFC 9449): the examples, and each thing wrong. */
#include <stdio.h>

#include "world.h"

#include "base/encoding.h"
#include "crypto/digest.h"
#include "jose/jwk.h"
#include "jose/jws.h"
#include "token/dpop.h"

#define HEADER                                                                 \
	"eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwi" \
	"eCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5" \
	"IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNy" \
	"diI6IlAtMjU2In19."
/* Section 4.1. */
#define FOR_TOKEN                                                              \
	HEADER                                                                 \
	"eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBz" \
	"Oi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA" \
	"6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70" \
	"nfbV37xRZT3Lg"
/* Section 7.1. */
#define FOR_RESOURCE                                                           \
	HEADER                                                                 \
	"eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6" \
	"Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2" \
	"MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NB" \
	"cWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-" \
	"yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA"
#define THUMBPRINT "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"

#define CLAIMS                                                                 \
	"\"jti\":\"a\",\"htm\":\"POST\",\"htu\":\"https://id.example/token\"," \
	"\"iat\":1700000000"

/* A profile that leaves every algorithm. */
static const struct profile any;

static void read_example(const char *compact, struct visit *visit,
			 struct dpop_proof *proof)
{
	world_visit(visit, "rfc");
	assert_int_equal(dpop_read(&visit->decision, &any, text_from(compact),
				   proof),
			 DONE);
	world_assert_text(proof->thumbprint, THUMBPRINT);
	assert_true(dpop_is_thumbprint(proof->thumbprint));
}

static void reads_the_example_for_a_token(void **state)
{
	struct dpop_proof proof;
	struct visit visit;

	read_example(FOR_TOKEN, &visit, &proof);
	world_assert_text(proof.id, "-BwC3ESc6acc2lTc");
	world_assert_text(proof.method, "POST");
	world_assert_text(proof.url, "https://server.example.com/token");
	assert_int_equal(instant_to_seconds(proof.issued_at), 1562262616);
	assert_false(text_is_present(proof.token_hash));
	assert_false(text_is_present(proof.nonce));
	world_leave(&visit);
}

static void reads_the_example_for_a_resource(void **state)
{
	struct text token = TEXT("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU");
	struct buf hash = buf_init(DPOP_THUMBPRINT_SIZE);
	unsigned char bytes[SHA256_SIZE];
	struct dpop_proof proof;
	struct visit visit;

	read_example(FOR_RESOURCE, &visit, &proof);
	world_assert_text(proof.method, "GET");
	digest_sha256(token, bytes);
	base64url_encode(&hash, text_of(bytes, sizeof(bytes)));
	assert_true(text_equal(proof.token_hash, buf_text(&hash)));
	buf_wipe(&hash);
	world_leave(&visit);
}

static void a_changed_example_is_refused(void **state)
{
	struct dpop_proof proof;
	struct visit visit;
	struct buf other = buf_init(DPOP_SIZE_MAX);

	world_visit(&visit, "rfc");
	buf_add(&other, text_first(TEXT(FOR_TOKEN), sizeof(FOR_TOKEN) - 4));
	buf_add_string(&other, "ABg");
	assert_int_equal(dpop_read(&visit.decision, &any, buf_text(&other),
				   &proof),
			 REFUSED);
	assert_int_equal(visit.decision.refusal.reason,
			 REASON_DPOP_SIGNATURE_WRONG);
	buf_wipe(&other);
	world_leave(&visit);
}

/* The header's beginning, then the key, then its end. */
static struct text forge(struct arena *arena, struct pkey *key,
			 enum pkey_scheme scheme, struct text header,
			 const char *claims)
{
	struct buf compact = buf_init_arena(arena, DPOP_SIZE_MAX);
	struct buf signature = buf_init_arena(arena, PKEY_SIGNATURE_MAX);

	jws_signing_input(&compact, header,
			  arena_format(arena, "{%s}", claims));
	assert_int_equal(pkey_sign(key, scheme, buf_text(&compact), &signature),
			 DONE);
	buf_add_byte(&compact, '.');
	base64url_encode(&compact, buf_text(&signature));
	return buf_text(&compact);
}

static struct text header_of(struct arena *arena, const struct pkey *key,
			     const char *front, const char *more)
{
	struct buf header = buf_init_arena(arena, DPOP_SIZE_MAX);
	struct json_writer writer = {.buf = &header};

	buf_add_string(&header, front);
	json_open_object(&writer);
	assert_int_equal(jwk_write(key, &writer), DONE);
	if (more[0] != '\0')
		json_member_string(&writer, more, "AQAB");
	json_close_object(&writer);
	buf_add_byte(&header, '}');
	return buf_text(&header);
}

static enum pkey_type type_for(enum pkey_scheme scheme)
{
	switch (scheme) {
	case PKEY_ES256:
		return PKEY_P256;
	case PKEY_ES384:
		return PKEY_P384;
	case PKEY_ES512:
		return PKEY_P521;
	case PKEY_EDDSA:
		return PKEY_ED25519;
	case PKEY_RS256:
	case PKEY_RS384:
	case PKEY_RS512:
	case PKEY_PS256:
	case PKEY_PS384:
	case PKEY_PS512:
		break;
	}
	return PKEY_RSA;
}

static void every_algorithm_is_taken(void **state)
{
	const struct jws_algorithm *algorithm;

	for (size_t i = 0; (algorithm = jws_algorithm_at(i)) != NULL; i++) {
		struct pkey *key = NULL;
		struct dpop_proof proof;
		struct visit visit;
		char front[128];

		world_visit(&visit, "rfc");
		assert_true(text_has_word(dpop_algorithms(visit.arena, &any),
					  text_from(algorithm->name)));
		assert_int_equal(pkey_generate(type_for(algorithm->scheme),
					       2048, &key),
				 DONE);
		snprintf(front, sizeof(front),
			 "{\"typ\":\"dpop+jwt\",\"alg\":\"%s\",\"jwk\":",
			 algorithm->name);
		assert_int_equal(
			dpop_read(&visit.decision, &any,
				  forge(visit.arena, key, algorithm->scheme,
					header_of(visit.arena, key, front, ""),
					CLAIMS),
				  &proof),
			DONE);
		pkey_unref(&key);
		world_leave(&visit);
	}
}

struct bad {
	const char *front;
	const char *more; /* a member of the key */
	const char *claims;
};

#define GOOD_FRONT "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":"
#define HTU "\"htu\":\"https://id.example/token\""

static const struct bad bads[] = {
	{"{\"alg\":\"ES256\",\"jwk\":", "", CLAIMS},
	{"{\"typ\":\"JWT\",\"alg\":\"ES256\",\"jwk\":", "", CLAIMS},
	{"{\"typ\":\"dpop+jwt\",\"jwk\":", "", CLAIMS},
	{"{\"typ\":\"dpop+jwt\",\"alg\":\"none\",\"jwk\":", "", CLAIMS},
	{"{\"typ\":\"dpop+jwt\",\"alg\":\"HS256\",\"jwk\":", "", CLAIMS},
	{"{\"typ\":\"dpop+jwt\",\"alg\":\"RS256\",\"jwk\":", "", CLAIMS},
	{"{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"key\":", "", CLAIMS},
	{"{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"crit\":[\"a\"],\"jwk\":",
	 "", CLAIMS},
	{GOOD_FRONT, "d", CLAIMS},
	{GOOD_FRONT, "k", CLAIMS},
	{GOOD_FRONT, "", "\"htm\":\"POST\"," HTU ",\"iat\":1"},
	{GOOD_FRONT, "", "\"jti\":\"\",\"htm\":\"POST\"," HTU ",\"iat\":1"},
	{GOOD_FRONT, "", "\"jti\":1,\"htm\":\"POST\"," HTU ",\"iat\":1"},
	{GOOD_FRONT, "", "\"jti\":\"a\"," HTU ",\"iat\":1"},
	{GOOD_FRONT, "", "\"jti\":\"a\",\"htm\":\"POST\",\"iat\":1"},
	{GOOD_FRONT, "", "\"jti\":\"a\",\"htm\":\"POST\"," HTU},
	{GOOD_FRONT, "",
	 "\"jti\":\"a\",\"htm\":\"POST\"," HTU ",\"iat\":\"1\""},
	{GOOD_FRONT, "", CLAIMS ",\"nonce\":1"},
	{GOOD_FRONT, "", CLAIMS ",\"ath\":[]"},
	{GOOD_FRONT, "", CLAIMS ",\"jti\":\"b\""},
};

static void each_missing_part_is_refused(void **state)
{
	struct pkey *key = NULL;

	assert_int_equal(pkey_generate(PKEY_P256, 0, &key), DONE);
	for (size_t i = 0; i < COUNT_OF(bads); i++) {
		struct dpop_proof proof;
		struct visit visit;
		struct text header;

		world_visit(&visit, "rfc");
		header = header_of(visit.arena, key, bads[i].front,
				   bads[i].more);
		if (dpop_read(&visit.decision, &any,
			      forge(visit.arena, key, PKEY_ES256, header,
				    bads[i].claims),
			      &proof) != REFUSED)
			fail_msg("%s %s %s", bads[i].front, bads[i].more,
				 bads[i].claims);
		assert_int_equal(visit.decision.refusal.reason,
				 REASON_DPOP_MALFORMED);
		world_leave(&visit);
	}
	pkey_unref(&key);
}

static void jti_has_its_bounds(void **state)
{
	struct pkey *key = NULL;
	char jti[DPOP_ID_MAX + 2];

	assert_int_equal(pkey_generate(PKEY_P256, 0, &key), DONE);
	memset(jti, 'x', sizeof(jti));
	for (int size = DPOP_ID_MAX; size <= DPOP_ID_MAX + 1; size++) {
		struct dpop_proof proof;
		struct visit visit;
		struct text claims;

		world_visit(&visit, "rfc");
		claims = arena_format(visit.arena,
				      "\"jti\":\"%.*s\",\"htm\":\"POST\"," HTU
				      ",\"iat\":1,\"more\":{}",
				      size, jti);
		assert_int_equal(
			dpop_read(&visit.decision, &any,
				  forge(visit.arena, key, PKEY_ES256,
					header_of(visit.arena, key, GOOD_FRONT,
						  ""),
					arena_terminated(visit.arena, claims)),
				  &proof),
			size == DPOP_ID_MAX ? DONE : REFUSED);
		world_leave(&visit);
	}
	pkey_unref(&key);
}

static void two_in_one_header_are_refused(void **state)
{
	struct dpop_proof proof;
	struct visit visit;

	world_visit(&visit, "rfc");
	assert_int_equal(dpop_read(&visit.decision, &any,
				   TEXT(FOR_TOKEN ", " FOR_TOKEN), &proof),
			 REFUSED);
	assert_int_equal(visit.decision.refusal.reason, REASON_DPOP_REPEATED);
	world_leave(&visit);
}

#define AFTER(seconds) (WORLD_NOW + (seconds) * INSTANT_SECOND)

static void nonces_live_for_five_minutes(void **state)
{
	struct visit visit;
	struct text nonce;

	world_visit(&visit, "rfc");
	nonce = dpop_nonce_format(world.tokens, visit.arena, 1, WORLD_NOW);
	for (int seconds = 0; seconds <= 300; seconds += 30)
		assert_int_equal(dpop_nonce_check(world.tokens, 1,
						  AFTER(seconds), nonce),
				 DPOP_NONCE_GOOD);
	assert_int_equal(dpop_nonce_check(world.tokens, 1, AFTER(-10), nonce),
			 DPOP_NONCE_GOOD);
	assert_int_equal(dpop_nonce_check(world.tokens, 1, AFTER(361), nonce),
			 DPOP_NONCE_OLD);
	assert_int_equal(dpop_nonce_check(world.tokens, 1, AFTER(-121), nonce),
			 DPOP_NONCE_OLD);
	assert_false(
		text_equal(nonce, dpop_nonce_format(world.tokens, visit.arena,
						    1, AFTER(60))));
	world_leave(&visit);
}

static void nonces_are_of_one_tenant(void **state)
{
	struct visit visit;
	struct text nonce;

	world_visit(&visit, "rfc");
	nonce = dpop_nonce_format(world.tokens, visit.arena, 1, WORLD_NOW);
	assert_int_equal(dpop_nonce_check(world.tokens, 2, WORLD_NOW, nonce),
			 DPOP_NONCE_FOREIGN);
	world_leave(&visit);
}

static void other_nonces_are_foreign(void **state)
{
	struct visit visit;
	struct text nonce;
	char *copy;

	world_visit(&visit, "rfc");
	nonce = dpop_nonce_format(world.tokens, visit.arena, 1, WORLD_NOW);
	for (size_t i = 0; i < nonce.size; i++) {
		copy = arena_terminated(visit.arena, nonce);
		copy[i] = copy[i] == 'g' ? 'w' : 'g';
		assert_int_equal(dpop_nonce_check(world.tokens, 1, WORLD_NOW,
						  text_from(copy)),
				 DPOP_NONCE_FOREIGN);
		assert_int_equal(dpop_nonce_check(world.tokens, 1, WORLD_NOW,
						  text_first(nonce, i)),
				 DPOP_NONCE_FOREIGN);
	}
	world_leave(&visit);
}

/* Another process on the same store: nothing is kept but the server secret. */
static void nonces_are_good_at_every_node(void **state)
{
	struct tokens *other = NULL;
	struct visit visit;

	world_visit(&visit, "rfc");
	assert_int_equal(tokens_open(world.store, world.master, world.keys,
				     WORLD_NOW, &other),
			 DONE);
	assert_int_equal(dpop_nonce_check(other, 1, WORLD_NOW,
					  dpop_nonce_format(world.tokens,
							    visit.arena, 1,
							    WORLD_NOW)),
			 DPOP_NONCE_GOOD);
	tokens_close(&other);
	world_leave(&visit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("reads RFC 9449 section 4.1's proof",
			  reads_the_example_for_a_token),
		test_that("reads RFC 9449 section 7.1's proof, ath and all",
			  reads_the_example_for_a_resource),
		test_that("a changed signature is refused",
			  a_changed_example_is_refused),
		test_that("every algorithm is taken", every_algorithm_is_taken),
		test_that("each missing or wrong part is refused (D01, D03)",
			  each_missing_part_is_refused),
		test_that("jti has at most 255 bytes", jti_has_its_bounds),
		test_that("two proofs in one header are refused (D02)",
			  two_in_one_header_are_refused),
		test_that("nonces live for five minutes (D13)",
			  nonces_live_for_five_minutes),
		test_that("nonces are of one tenant (D13)",
			  nonces_are_of_one_tenant),
		test_that("no other nonce is good", other_nonces_are_foreign),
		test_that("nonces are good at every node (D13)",
			  nonces_are_good_at_every_node),
	};

	return cmocka_run_group_tests_name("dpop", tests, world_open,
					   world_close);
}
