/* SPDX-License-Identifier: Apache-2.0 */
/* Address ranges by the registries of RFC 6890 and their successors. */
#include "fetch/guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

#include "base/outcome.h"

enum reach { REACH_NEVER, REACH_LOOPBACK, REACH_PRIVATE };

struct range4 {
	uint32_t first;
	unsigned int bits;
	enum reach reach;
};

#define IP4(a, b, c, d)                                                        \
	((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (d))

static const struct range4 ranges4[] = {
	{IP4(0, 0, 0, 0), 8, REACH_NEVER}, /* this network */
	{IP4(10, 0, 0, 0), 8, REACH_PRIVATE},
	{IP4(100, 64, 0, 0), 10, REACH_PRIVATE}, /* carriers' NAT */
	{IP4(127, 0, 0, 0), 8, REACH_LOOPBACK},
	{IP4(169, 254, 0, 0), 16, REACH_NEVER}, /* link-local */
	{IP4(172, 16, 0, 0), 12, REACH_PRIVATE},
	{IP4(192, 0, 0, 0), 24, REACH_NEVER}, /* protocol assignments */
	{IP4(192, 0, 2, 0), 24, REACH_NEVER}, /* documentation */
	{IP4(192, 88, 99, 0), 24, REACH_NEVER}, /* 6to4 relays */
	{IP4(192, 168, 0, 0), 16, REACH_PRIVATE},
	{IP4(198, 18, 0, 0), 15, REACH_NEVER}, /* benchmarks */
	{IP4(198, 51, 100, 0), 24, REACH_NEVER}, /* documentation */
	{IP4(203, 0, 113, 0), 24, REACH_NEVER}, /* documentation */
	{IP4(224, 0, 0, 0), 4, REACH_NEVER}, /* multicast */
	{IP4(240, 0, 0, 0), 4, REACH_NEVER}, /* reserved, broadcast */
};

struct range6 {
	unsigned char first[16];
	unsigned int bits;
};

/* Of 2000::/3, the only range that is global unicast. */
static const struct range6 holes6[] = {
	{{0x20, 0x01}, 23}, /* protocol assignments, Teredo */
	{{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation */
	{{0x20, 0x02}, 16}, /* 6to4 */
	{{0x3f, 0xff}, 20}, /* documentation */
};

static bool allows_reach(const struct guard *guard, enum reach reach)
{
	return (reach == REACH_LOOPBACK && guard->allows_loopback) ||
	       (reach == REACH_PRIVATE && guard->allows_private);
}

static bool allows4(const struct guard *guard, uint32_t address)
{
	for (size_t i = 0; i < COUNT_OF(ranges4); i++)
		if ((address ^ ranges4[i].first) >> (32 - ranges4[i].bits) == 0)
			return allows_reach(guard, ranges4[i].reach);
	return true;
}

static bool has_prefix(const unsigned char address[16],
		       const unsigned char prefix[16], unsigned int bits)
{
	for (unsigned int i = 0; i < bits; i++)
		if (((address[i / 8] ^ prefix[i / 8]) >> (7 - i % 8) & 1) != 0)
			return false;
	return true;
}

static bool allows6(const struct guard *guard, const unsigned char address[16])
{
	static const unsigned char loopback[16] = {[15] = 1};
	static const unsigned char global[16] = {0x20};
	static const unsigned char local[16] = {0xfc};

	if (has_prefix(address, loopback, 128))
		return guard->allows_loopback;
	if (has_prefix(address, local, 7))
		return guard->allows_private;
	if (!has_prefix(address, global, 3))
		return false;
	for (size_t i = 0; i < COUNT_OF(holes6); i++)
		if (has_prefix(address, holes6[i].first, holes6[i].bits))
			return false;
	return true;
}

bool guard_allows(const struct guard *guard, const struct sockaddr *address)
{
	if (address->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, address, sizeof(in));
		return allows4(guard, ntohl(in.sin_addr.s_addr));
	}
	if (address->sa_family == AF_INET6) {
		struct sockaddr_in6 in;

		memcpy(&in, address, sizeof(in));
		return allows6(guard, in.sin6_addr.s6_addr);
	}
	return false;
}
