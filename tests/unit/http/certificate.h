/* SPDX-License-Identifier: Apache-2.0 */
/* A certificate for tests, made anew by each run. */
#pragma once

/* In a folder of their own, which certificate_wipe removes. */
struct certificate {
	char folder[64];
	char certificate_file[96];
	char key_file[96];
	char other_key_file[96];
	char encrypted_key_file[96];
};

void certificate_make(struct certificate *certificate);
void certificate_wipe(const struct certificate *certificate);
