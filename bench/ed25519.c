/* SPDX-License-Identifier: Apache-2.0 */
/* What libsodium's Ed25519 costs by itself, on as much as an ID token has. */
#include <sodium.h>
#include <stdio.h>
#include <time.h>

#define TIMES 10000
#define SIZE 400

static long long cpu_ns(void)
{
	struct timespec used;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return (long long)used.tv_sec * 1000000000 + used.tv_nsec;
}

/* ed25519: a line of JSON. */
int main(void)
{
	unsigned char point[crypto_sign_PUBLICKEYBYTES];
	unsigned char key[crypto_sign_SECRETKEYBYTES];
	unsigned char signature[crypto_sign_BYTES];
	unsigned char bytes[SIZE] = {0};
	long long start, between, end;
	int wrong = 0;

	if (sodium_init() < 0 || crypto_sign_keypair(point, key) != 0)
		return 1;
	start = cpu_ns();
	for (int i = 0; i < TIMES; i++)
		wrong +=
			crypto_sign_detached(signature, NULL, bytes, SIZE, key);
	between = cpu_ns();
	for (int i = 0; i < TIMES; i++)
		wrong += crypto_sign_verify_detached(signature, bytes, SIZE,
						     point);
	end = cpu_ns();
	printf("{\"sign_us\":%.3f,\"verify_us\":%.3f}\n",
	       (double)(between - start) / TIMES / 1000,
	       (double)(end - between) / TIMES / 1000);
	return wrong == 0 ? 0 : 1;
}
