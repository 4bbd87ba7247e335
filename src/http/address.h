/* SPDX-License-Identifier: Apache-2.0 */
/* How many connections each address has. For this room and its tests. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/outcome.h"

struct connection;

/* An address, of IPv6 its first 64 bits, and how many connections it has. */
struct address {
	struct address *next; /* of the same bucket */
	struct address **bucket;
	unsigned char bytes[16];
	size_t count;
	bool is_trusted; /* as an edge: speaks for many */
};

#define ADDRESS_BUCKET_COUNT 1024

struct address_table {
	uint64_t secret[2]; /* of the hash */
	struct address *buckets[ADDRESS_BUCKET_COUNT];
};

void address_table_init(struct address_table *table);
/* Sets the connection's address and counts it in; false when the address has
 * as many as it may have already (event http.address.full). */
MUST_USE bool address_admit(struct connection *connection,
			    const struct sockaddr_storage *socket);
/* Counts it out; the last one takes the address with it. */
void address_leave(struct address **address);
