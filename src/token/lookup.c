/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the grant behind a reference, and spells references of a grant. */
#include "token/lookup.h"

static struct text near_miss(struct decision *decision, struct text spelling)
{
	static const char *const unfit[] = {" ", "%", "+", "/", "=", "\n"};

	for (size_t i = 0; i < COUNT_OF(unfit); i++)
		if (text_find(spelling, text_from(unfit[i])) < spelling.size)
			return arena_format(decision->arena,
					    "it holds '%s', which none of ours "
					    "does: was it encoded twice?",
					    unfit[i][0] == '\n' ? "\\n"
								: unfit[i]);
	return TEXT("it was not made by this tenant's server, or was changed");
}

outcome token_open_reference(struct decision *decision, struct tokens *tokens,
			     const struct tenant *tenant,
			     const struct token_lookup *lookup,
			     struct reference *reference_out)
{
	if (lookup->opened != NULL)
		*reference_out = *lookup->opened;
	else if (!reference_open(tokens, decision->arena, tenant->id,
				 lookup->spelling, reference_out))
		return refuse(
			decision, lookup->unknown,
			.received = decision_redact(decision, lookup->spelling),
			.near_miss = near_miss(decision, lookup->spelling));
	if (reference_out->kind != lookup->kind)
		return refuse(decision, lookup->wrong_kind,
			      .expected = text_from(
				      reference_kind_name(lookup->kind)),
			      .received = text_from(reference_kind_name(
				      reference_out->kind)));
	if (tokens_is_void(tokens, reference_out->shard, reference_out->epoch))
		return refuse(decision, REASON_EPOCH_OLD,
			      .received = decision_redact(decision,
							  lookup->spelling));
	return DONE;
}

outcome token_load_proven(struct decision *decision, struct tokens *tokens,
			  const struct reference *reference,
			  enum reason unknown, struct grant *grant_out)
{
	enum store_outcome loaded = store_load_grant(
		tenant_shard(decision, tokens_store(tokens), reference->shard),
		decision->arena, reference->row_id, grant_out);

	if (loaded == STORE_NOT_FOUND)
		return refuse(decision, unknown,
			      .near_miss = TEXT("genuine, but its grant has "
						"been purged"));
	TRY(tenant_store_outcome(decision, loaded));
	if (grant_out->tenant_id != reference->tenant_id ||
	    !reference_is_proven(reference, grant_out->seed))
		return refuse(decision, unknown,
			      .near_miss = TEXT("sealed by this server, but "
						"its row does not prove it"));
	decision->grant_id = grant_out->id;
	return DONE;
}

outcome token_load_grant(struct decision *decision, struct tokens *tokens,
			 const struct tenant *tenant,
			 const struct token_lookup *lookup,
			 struct reference *reference_out,
			 struct grant *grant_out)
{
	char digits[TEXT_INTEGER_MAX];

	TRY(token_open_reference(decision, tokens, tenant, lookup,
				 reference_out));
	TRY(token_load_proven(decision, tokens, reference_out, lookup->unknown,
			      grant_out));
	decision_note_text(
		decision, reference_kind_name(lookup->kind),
		ARENA_JOIN(decision->arena, TEXT("genuine, of grant "),
			   text_format_integer(grant_out->id, digits)));
	return DONE;
}

struct text token_format_code(struct tokens *tokens, struct arena *arena,
			      instant now, const struct grant *grant)
{
	struct reference reference = {
		.kind = REFERENCE_CODE,
		.tenant_id = grant->tenant_id,
		.row_id = grant->id,
		.shard = grant->shard,
		.epoch = tokens_epoch(tokens, grant->shard),
		.expires_at = instant_to_seconds(grant->code_expires_at),
	};

	return reference_seal(tokens, arena, now, &reference, grant->seed);
}

/* Alike within an epoch and a server secret; both change rarely and by hand. */
struct text token_format_refresh(struct tokens *tokens, struct arena *arena,
				 instant now, const struct grant *grant,
				 int64_t generation)
{
	struct reference reference = {
		.kind = REFERENCE_REFRESH_TOKEN,
		.tenant_id = grant->tenant_id,
		.row_id = grant->id,
		.generation = (uint32_t)generation,
		.shard = grant->shard,
		.epoch = tokens_epoch(tokens, grant->shard),
		.expires_at = instant_to_seconds(grant->expires_at),
	};

	return reference_seal(tokens, arena, now, &reference, grant->seed);
}
