/* SPDX-License-Identifier: Apache-2.0 */
/* Counts the connections of each address in a hash table under a secret. */
#include <arpa/inet.h>
#include <stdlib.h>

#include "base/event.h"
#include "crypto/random.h"
#include "http/connection.h"
#include "loop/clock.h"

#define TELL_EVERY_MS 1000

void address_table_init(struct address_table *table)
{
	random_fill(table->secret, sizeof(table->secret));
}

/* Whoever has a /64 of IPv6 has all addresses in it. */
static void take_bytes(const struct sockaddr_storage *socket,
		       unsigned char bytes[16])
{
	const struct sockaddr_in *v4 = (const void *)socket;
	const struct sockaddr_in6 *v6 = (const void *)socket;

	memset(bytes, 0, 16);
	if (socket->ss_family == AF_INET6)
		memcpy(bytes, &v6->sin6_addr, 8);
	else
		memcpy(bytes + 12, &v4->sin_addr, 4);
}

static struct address **bucket_of(struct address_table *table,
				  const unsigned char bytes[16])
{
	uint64_t hash = table->secret[0];

	for (size_t i = 0; i < 16; i++) {
		hash ^= bytes[i];
		hash *= table->secret[1] | 1;
		hash ^= hash >> 29;
	}
	return &table->buckets[hash % ADDRESS_BUCKET_COUNT];
}

static struct address *join(struct address_table *table,
			    const struct sockaddr_storage *socket)
{
	unsigned char bytes[16];
	struct address **bucket;
	struct address *address;

	take_bytes(socket, bytes);
	bucket = bucket_of(table, bytes);
	for (address = *bucket; address != NULL; address = address->next)
		if (text_equal(text_of(address->bytes, 16),
			       text_of(bytes, 16))) {
			address->count++;
			return address;
		}
	address = calloc(1, sizeof(*address));
	MUST(address != NULL);
	memcpy(address->bytes, bytes, sizeof(bytes));
	address->count = 1;
	address->bucket = bucket;
	address->next = *bucket;
	*bucket = address;
	return address;
}

static void format(const struct sockaddr_storage *socket, char *peer)
{
	const struct sockaddr_in *v4 = (const void *)socket;
	const struct sockaddr_in6 *v6 = (const void *)socket;
	const void *bytes = socket->ss_family == AF_INET6
				    ? (const void *)&v6->sin6_addr
				    : (const void *)&v4->sin_addr;

	peer[0] = '\0';
	(void)inet_ntop(socket->ss_family, bytes, peer, INET6_ADDRSTRLEN);
}

static void tell_crowded(struct http_listener *listener, const char *peer)
{
	int64_t now_ms = clock_monotonic_ms();
	struct event event;

	if (listener->crowded_told_ms != 0 &&
	    now_ms < listener->crowded_told_ms + TELL_EVERY_MS)
		return;
	listener->crowded_told_ms = now_ms;
	event_begin(&event, EVENT_WARNING, "http.address.full");
	event_integer(&event, "port", listener->port);
	event_string(&event, "peer", peer);
	event_end(&event);
}

bool address_admit(struct connection *connection,
		   const struct sockaddr_storage *socket)
{
	struct http_listener *listener = connection->listener;
	size_t most = listener->limits->connection_count_per_address;
	struct address *address = join(&listener->addresses, socket);

	connection->address = address;
	format(socket, connection->peer);
	if (address->count == 1)
		address->is_trusted =
			listener->edge != NULL &&
			http_edge_trusts(listener->edge,
					 text_from(connection->peer));
	if (most == 0 || address->count <= most || address->is_trusted)
		return true;
	tell_crowded(listener, connection->peer);
	return false;
}

void address_leave(struct address **address)
{
	struct address *left = TAKE(*address);
	struct address **at = left->bucket;

	if (--left->count > 0)
		return;
	while (*at != left)
		at = &(*at)->next;
	*at = left->next;
	free(left);
}
