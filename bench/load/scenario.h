/* SPDX-License-Identifier: Apache-2.0 */
/* What is measured: requests prepared ahead of time, and which answers are right.
 */
#pragma once

#include "load.h"

/* All that the command line says. */
struct load_options {
	struct load_target target;
	const char *scenario;
	size_t connection_count;
	size_t stream_count;
	size_t request_count; /* measured */
	size_t warm_up_count; /* before that */
	int64_t most_ms;
	int pid; /* of the server; 0: not accounted */
	const char *authorize; /* path and query before ours */
	const char *token; /* path */
	const char *path; /* of the endpoint measured, if another */
	const char *client_id;
	const char *client_secret; /* NULL: a public client */
	const char *redirect_uri;
	const char *scope;
	struct load_person person;
	const char *cookie; /* of one who is signed in; NULL: by the pages */
	/* Of "exchange" and "refresh": NULL, or a file with a line for each
	 * request: the token endpoint's path, a space, the code or token. */
	const char *input_file;
	/* Of "authorize" and "exchange": NULL, or where such lines go with the
	 * codes or refresh tokens given. */
	const char *output_file;
	const char *key_file; /* NULL, or PKCS #8 DER: private_key_jwt */
	const char *key_algorithm;
	size_t dpop_key_count; /* 0: no proofs; requests go round over them */
	int redirect_status; /* of an authorization answer: 302 or 303 */
	size_t body_size; /* of scenario "fixed" */
};

struct load_signer;

/* A source that gives prepared requests, once each or in a circle. */
struct load_plan {
	struct load_source source;
	const struct load_options *options;
	struct arena *arena; /* holds what was prepared */
	struct load_request *requests;
	size_t request_count;
	size_t given_count;
	bool is_circle;
	/* Whether it is what a right server answers. */
	bool (*is_right)(struct load_plan *plan, size_t index,
			 const struct load_answer *answer);
	int wanted_status;
	int other_status; /* as good; 0: none */
	struct load_signer *client_signer; /* NULL: none */
	struct load_signer *dpop_signers;
	struct text *paths; /* of the token endpoint; NULL: the options' */
	struct text *codes; /* gathered */
	struct text *access_tokens; /* kept, when there is room for them */
	struct text *refresh_tokens;
	size_t right_count;
	size_t wrong_count;
	char first_wrong[512];
};

struct load_scenario {
	const char *name;
	/* Fills requests; DONE, or a sentence on standard error. */
	outcome (*prepare)(struct load_plan *plan);
};

/* NULL: there is none of that name. */
const struct load_scenario *load_scenario_find(const char *name);
/* Their names, for a sentence; NULL past the end. */
const char *load_scenario_name_at(size_t index);

/* --- plan.c --- */

/* Room for so many requests; the plan's memory lasts to the process's end. */
void load_plan_init(struct load_plan *plan, const struct load_options *options,
		    size_t request_count);
/* Asks all of it, `most_ms` at most, over a few connections. */
outcome load_plan_run(struct load_plan *plan, int64_t most_ms) MUST_USE;
/* As options ask: warm-up, then the measure; prints a line of JSON. */
outcome load_plan_measure(struct load_plan *plan) MUST_USE;

/* --- gather.c --- */

/* Signs in, then makes the requests that give a code each into `codes`. */
outcome load_gather_authorizations(struct load_plan *plan) MUST_USE;
/* Asks them, ahead of what is measured. */
/* Posts of a sign-in form with the right password. */
outcome load_gather_sign_ins(struct load_plan *plan) MUST_USE;
outcome load_gather_codes(struct load_plan *plan) MUST_USE;
/* Writes what was given as lines of an input file, if it is to be. */
outcome load_gather_tell(const struct load_plan *plan) MUST_USE;
/* Reads a line of the input file for each request: paths, and what follows them
 * in *values_out. */
outcome load_gather_input(struct load_plan *plan, struct text **values_out)
	MUST_USE;
/* Makes of each code the request that redeems it. */
void load_gather_exchanges(struct load_plan *plan);
/* Codes, then tokens for `count` requests, all kept in the plan. */
outcome load_gather_tokens(struct load_plan *plan, size_t count) MUST_USE;
/* Makes of each refresh token the request that uses it. */
void load_gather_refreshes(struct load_plan *plan);
/* The headers of a form that this client posts with that secret. */
struct text load_gather_form_headers(struct load_plan *plan,
				     const char *client_secret);

/* --- proof.c --- */

/* Reads the client's key, if it has one. */
outcome load_proof_open(struct load_plan *plan) MUST_USE;
void load_proof_close(struct load_plan *plan);
/* A header line with a new proof; empty when none are asked for. */
struct text load_proof_dpop(struct load_plan *plan, size_t index,
			    const char *method, struct text path);
/* A new assertion for the token endpoint. */
struct text load_proof_assertion(struct load_plan *plan);
/* Writes a new private key to a new file, prints its public half as JWK. */
outcome load_proof_new_key(const char *algorithm_name, const char *file)
	MUST_USE;
