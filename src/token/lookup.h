/* SPDX-License-Identifier: Apache-2.0 */
/* From a reference that somebody presents to the grant that it names. */
#pragma once

#include "decision/decision.h"
#include "model/grant.h"
#include "tenant/tenant.h"
#include "token/reference.h"

/* What is looked for, and how its absence is called. */
struct token_lookup {
	enum reference_kind kind;
	struct text spelling;
	const struct reference *opened; /* the spelling's, if it was before */
	enum reason unknown;
	enum reason wrong_kind;
};

/*
 * Opens the reference, loads its row and has the row prove it. REFUSED with
 * lookup's `unknown`, its `wrong_kind`, or EPOCH_OLD. Whether the grant is still
 * good is the caller's to judge.
 */
outcome token_load_grant(struct decision *decision, struct tokens *tokens,
			 const struct tenant *tenant,
			 const struct token_lookup *lookup,
			 struct reference *reference_out,
			 struct grant *grant_out) MUST_USE;

/* The reference alone, of the kind looked for, its epoch checked. */
outcome token_open_reference(struct decision *decision, struct tokens *tokens,
			     const struct tenant *tenant,
			     const struct token_lookup *lookup,
			     struct reference *reference_out) MUST_USE;
/* The grant of an opened reference; REFUSED with `unknown`. */
outcome token_load_proven(struct decision *decision, struct tokens *tokens,
			  const struct reference *reference,
			  enum reason unknown, struct grant *grant_out)
	MUST_USE;

/* The code of a grant that is about to be inserted. */
struct text token_format_code(struct tokens *tokens, struct arena *arena,
			      instant now, const struct grant *grant);
/* The refresh token of that generation; alike for alike input, so that a
 * successor can be computed again. */
struct text token_format_refresh(struct tokens *tokens, struct arena *arena,
				 instant now, const struct grant *grant,
				 int64_t generation);
