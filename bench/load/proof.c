/* SPDX-License-Identifier: Apache-2.0 */
/* Signs ahead of time: DPoP proofs (RFC 9449) and client assertions (RFC 7523). */
#include <stdio.h>
#include <stdlib.h>

#include "base/encoding.h"
#include "crypto/random.h"
#include "jose/jwk.h"
#include "jose/jws.h"
#include "loop/clock.h"
#include "scenario.h"

#define KEY_FILE_MAX 8192
#define JWT_MAX 4096
#define RANDOM_SIZE 12
/* Longer than what is prepared takes to be sent. */
#define ASSERTION_FOR 240

struct load_signer {
	struct pkey *key;
	const struct jws_algorithm *algorithm;
	struct text header; /* of what it signs */
};

static outcome read_key(const char *file, struct pkey **key_out)
{
	char bytes[KEY_FILE_MAX];
	FILE *stream = fopen(file, "re");
	size_t size;

	if (stream == NULL)
		return REFUSED;
	size = fread(bytes, 1, sizeof(bytes), stream);
	fclose(stream);
	return pkey_import_private(text_of(bytes, size), key_out);
}

outcome load_proof_open(struct load_plan *plan)
{
	const struct load_options *options = plan->options;
	const struct jws_algorithm *algorithm =
		jws_algorithm_find(text_from(options->key_algorithm));

	if (options->key_file == NULL)
		return DONE;
	plan->client_signer = ARENA_NEW(plan->arena, struct load_signer);
	if (algorithm == NULL ||
	    read_key(options->key_file, &plan->client_signer->key) != DONE ||
	    !pkey_fits(plan->client_signer->key, algorithm->scheme)) {
		fprintf(stderr, "load: %s is no key for %s\n",
			options->key_file, options->key_algorithm);
		return REFUSED;
	}
	plan->client_signer->algorithm = algorithm;
	plan->client_signer->header =
		arena_format(plan->arena, "{\"alg\":\"%s\"}", algorithm->name);
	return DONE;
}

/* {"typ":"dpop+jwt","alg":"ES256","jwk":{…}} */
static struct text dpop_header(struct arena *arena, const struct pkey *key)
{
	struct buf header = buf_init_arena(arena, JWT_MAX);
	struct json_writer writer = {.buf = &header};

	json_open_object(&writer);
	json_member_string(&writer, "typ", "dpop+jwt");
	json_member_string(&writer, "alg", "ES256");
	json_name(&writer, "jwk");
	json_open_object(&writer);
	MUST(jwk_write(key, &writer) == DONE);
	json_close_object(&writer);
	json_close_object(&writer);
	return buf_text(&header);
}

static void make_dpop_keys(struct load_plan *plan)
{
	size_t count = plan->options->dpop_key_count;

	plan->dpop_signers =
		ARENA_ARRAY(plan->arena, struct load_signer, count);
	for (size_t i = 0; i < count; i++) {
		struct load_signer *signer = &plan->dpop_signers[i];

		MUST(pkey_generate(PKEY_P256, 0, &signer->key) == DONE);
		signer->algorithm = jws_algorithm_find(TEXT("ES256"));
		signer->header = dpop_header(plan->arena, signer->key);
	}
}

static struct text sign(struct load_plan *plan,
			const struct load_signer *signer, struct text payload)
{
	struct buf jwt = buf_init_arena(plan->arena, JWT_MAX);
	struct buf signature = buf_init_arena(plan->arena, PKEY_SIGNATURE_MAX);

	jws_signing_input(&jwt, signer->header, payload);
	MUST(pkey_sign(signer->key, signer->algorithm->scheme, buf_text(&jwt),
		       &signature) == DONE);
	buf_add_byte(&jwt, '.');
	base64url_encode(&jwt, buf_text(&signature));
	MUST(!jwt.is_over);
	return buf_text(&jwt);
}

static struct text new_id(struct load_plan *plan)
{
	struct buf id = buf_init_arena(plan->arena, 2 * RANDOM_SIZE);

	random_token(&id, RANDOM_SIZE);
	return buf_text(&id);
}

struct text load_proof_dpop(struct load_plan *plan, size_t index,
			    const char *method, struct text path)
{
	const struct load_options *options = plan->options;
	int64_t now = instant_to_seconds(clock_now());

	if (options->dpop_key_count == 0)
		return TEXT("");
	if (plan->dpop_signers == NULL)
		make_dpop_keys(plan);
	return arena_format(
		plan->arena, "dpop: %.*s\r\n",
		TEXT_ARG(sign(
			plan,
			&plan->dpop_signers[index % options->dpop_key_count],
			arena_format(plan->arena,
				     "{\"jti\":\"%.*s\",\"htm\":\"%s\","
				     "\"htu\":\"%s://%s%.*s\",\"iat\":%lld}",
				     TEXT_ARG(new_id(plan)), method,
				     options->target.is_tls ? "https" : "http",
				     options->target.authority, TEXT_ARG(path),
				     (long long)now))));
}

struct text load_proof_assertion(struct load_plan *plan)
{
	const struct load_options *options = plan->options;
	int64_t now = instant_to_seconds(clock_now());

	return sign(plan, plan->client_signer,
		    arena_format(plan->arena,
				 "{\"iss\":\"%s\",\"sub\":\"%s\","
				 "\"aud\":\"%s://%s%s\",\"iat\":%lld,"
				 "\"exp\":%lld,\"jti\":\"%.*s\"}",
				 options->client_id, options->client_id,
				 options->target.is_tls ? "https" : "http",
				 options->target.authority, options->token,
				 (long long)now,
				 (long long)(now + ASSERTION_FOR),
				 TEXT_ARG(new_id(plan))));
}

static void close_signer(struct load_signer *signer)
{
	if (signer != NULL)
		pkey_unref(&signer->key);
}

void load_proof_close(struct load_plan *plan)
{
	close_signer(plan->client_signer);
	for (size_t i = 0;
	     plan->dpop_signers != NULL && i < plan->options->dpop_key_count;
	     i++)
		close_signer(&plan->dpop_signers[i]);
}

/* --- A new key for a client --- */

static outcome write_file(const char *file, struct text bytes)
{
	FILE *stream = fopen(file, "wxe");
	bool is_written;

	if (stream == NULL)
		return BROKEN;
	is_written = fwrite(bytes.at, 1, bytes.size, stream) == bytes.size;
	return fclose(stream) == 0 && is_written ? DONE : BROKEN;
}

outcome load_proof_new_key(const char *algorithm_name, const char *file)
{
	const struct jws_algorithm *algorithm =
		jws_algorithm_find(text_from(algorithm_name));
	CLEANUP(pkey_unref) struct pkey *key = NULL;
	CLEANUP(secret_free) struct secret der = {NULL, 0};
	CLEANUP(buf_wipe) struct buf jwk = buf_init(JWT_MAX);
	struct json_writer writer = {.buf = &jwk};

	if (algorithm == NULL)
		return REFUSED;
	TRY(pkey_generate(pkey_type_for(algorithm->scheme), 2048, &key));
	TRY(pkey_export_private(key, &der));
	TRY(write_file(file, secret_bytes(&der)));
	json_open_object(&writer);
	TRY(jwk_write(key, &writer));
	json_close_object(&writer);
	printf("%.*s\n", TEXT_ARG(buf_text(&jwk)));
	return DONE;
}
