/* SPDX-License-Identifier: Apache-2.0 */
/* What a password's check costs by itself, at the cost that we hash with. */
#include <stdio.h>
#include <time.h>

#include "crypto/crypto.h"
#include "crypto/password.h"

#define TIMES 10

static long long cpu_ns(void)
{
	struct timespec used;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return (long long)used.tv_sec * 1000000000 + used.tv_nsec;
}

/* password: a line of JSON. */
int main(void)
{
	struct buf hash = buf_init(PASSWORD_HASH_MAX);
	struct text password = TEXT("alice-password");
	long long before;
	int right = 0;

	if (crypto_open() != DONE ||
	    password_hash(password, &password_cost_default, &hash) != DONE)
		return 1;
	before = cpu_ns();
	for (int i = 0; i < TIMES; i++)
		right += password_verify(password, buf_text(&hash));
	printf("{\"passes\":%u,\"memory_kib\":%zu,\"cpu_ns\":%lld}\n",
	       password_cost_default.passes,
	       password_cost_default.memory_bytes / 1024,
	       (cpu_ns() - before) / TIMES);
	buf_wipe(&hash);
	return right == TIMES ? 0 : 1;
}
