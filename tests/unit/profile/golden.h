/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the tables share: the golden file, and all three profiles. */
#pragma once

#include "suite.h"

#include <stdio.h>
#include <stdlib.h>

#include "profile/profile.h"
#include "json/json.h"

#define GOLDEN_PATH "tests/golden/reasons.json"
#define GOLDEN_FILE_MAX (1024 * 1024)

static const struct profile *const profiles[] = {
	&profile_rfc,
	&profile_auth0,
	&profile_asgardeo,
};

/* A file below the source tree, whole; the caller frees it. */
static inline struct text golden_read(const char *path)
{
	char *bytes = malloc(GOLDEN_FILE_MAX);
	FILE *file = fopen(path, "r");
	size_t size;

	if (file == NULL || bytes == NULL)
		fail_msg("cannot read %s", path);
	size = fread(bytes, 1, GOLDEN_FILE_MAX, file);
	assert_true(size < GOLDEN_FILE_MAX);
	fclose(file);
	return text_of(bytes, size);
}
