/* SPDX-License-Identifier: Apache-2.0 */
/* Whose word is taken, and for which address (X-Forwarded-For). */
#include "http/edge.h"

#include <arpa/inet.h>

#define MAPPED_BITS 96
/* More proxies in a row than anybody has. */
#define HOPS_MAX 32

static const unsigned char mapped[12] = {0, 0, 0, 0, 0,	  0,
					 0, 0, 0, 0, 255, 255};

/* IPv4 as mapped IPv6; `bits` is then 32, else 128. */
static bool parse_address(struct text text, unsigned char address[16],
			  unsigned int *bits)
{
	char spelling[INET6_ADDRSTRLEN];

	if (text.size == 0 || text.size >= sizeof(spelling) ||
	    text_has_control(text))
		return false;
	memcpy(spelling, text.at, text.size);
	spelling[text.size] = '\0';
	*bits = 128;
	if (inet_pton(AF_INET6, spelling, address) == 1)
		return true;
	*bits = 32;
	memcpy(address, mapped, sizeof(mapped));
	return inet_pton(AF_INET, spelling, address + sizeof(mapped)) == 1;
}

bool http_network_parse(struct text text, struct http_network *network_out)
{
	struct text rest = text;
	struct text address;
	unsigned int width;
	int64_t bits;

	if (!text_cut(&rest, '/', &address) ||
	    !parse_address(address, network_out->address, &width))
		return false;
	bits = width;
	if (text_is_present(rest) &&
	    (!text_parse_integer(rest, &bits) || bits > width))
		return false;
	network_out->bits = (unsigned int)bits + (128 - width);
	return true;
}

static bool holds(const struct http_network *network,
		  const unsigned char address[16])
{
	unsigned int whole = network->bits / 8;
	unsigned int left = network->bits % 8;

	for (unsigned int i = 0; i < whole; i++)
		if (network->address[i] != address[i])
			return false;
	return left == 0 ||
	       (network->address[whole] ^ address[whole]) >> (8 - left) == 0;
}

bool http_edge_trusts(const struct http_edge *edge, struct text address)
{
	unsigned char bytes[16];
	unsigned int bits;

	if (!parse_address(address, bytes, &bits))
		return false;
	for (size_t i = 0; i < edge->trusted_count; i++)
		if (holds(&edge->trusted[i], bytes))
			return true;
	return false;
}

/* "[2001:db8::1]:443" and "192.0.2.1:443" without what is not the address. */
static struct text without_port(struct text hop)
{
	size_t colon = text_find_byte(hop, ':');

	if (text_starts_with(hop, TEXT("[")))
		return text_first(text_from_byte(hop, 1),
				  text_find_byte(hop, ']') - 1);
	if (colon < hop.size && text_find_byte(text_from_byte(hop, colon + 1),
					       ':') == hop.size - colon - 1)
		return text_first(hop, colon);
	return hop;
}

/* The one spelling of an address; absent when it is none. */
static struct text spell(struct arena *arena, struct text hop)
{
	struct text address = without_port(hop);
	char spelling[INET6_ADDRSTRLEN] = "";
	unsigned char bytes[16];
	unsigned int bits;

	if (!parse_address(address, bytes, &bits))
		return TEXT_ABSENT;
	if (bits == 32)
		(void)inet_ntop(AF_INET, bytes + sizeof(mapped), spelling,
				sizeof(spelling));
	else
		(void)inet_ntop(AF_INET6, bytes, spelling, sizeof(spelling));
	return arena_copy(arena, text_from(spelling));
}

/* Takes the last piece off a list; false when nothing is left. */
static bool cut_last(struct text *list, struct text *piece_out)
{
	size_t comma = list->size;

	if (list->size == 0)
		return false;
	while (comma > 0 && list->at[comma - 1] != ',')
		comma--;
	*piece_out = text_trim(text_from_byte(*list, comma));
	*list = text_first(*list, comma > 0 ? comma - 1 : 0);
	return true;
}

/* From the nearest hop outwards: the first whose word is not taken is the
 * client. One that is no address ends the walk, since its teller is the last
 * that can be named. */
static void read_forwarded_for(const struct http_edge *edge,
			       struct http_request *request)
{
	size_t hops = 0;

	for (size_t i = request->header_count; i-- > 0;) {
		struct text list = request->headers[i].value;
		struct text hop;

		if (!text_equal_nocase(request->headers[i].name,
				       TEXT("X-Forwarded-For")))
			continue;
		while (cut_last(&list, &hop) && hops++ < HOPS_MAX) {
			struct text address = spell(request->arena, hop);

			if (!text_is_present(address))
				return;
			request->peer = address;
			if (!http_edge_trusts(edge, address))
				return;
		}
	}
}

bool http_edge_apply(const struct http_edge *edge, struct http_request *request)
{
	bool has_certificate;
	bool is_believed = true;

	if (edge == NULL)
		return true;
	has_certificate = http_edge_has_certificate(edge, request);
	if (!http_edge_trusts(edge, request->peer))
		return !has_certificate &&
		       (!edge->reads_forwarded_for ||
			http_header_count(request, "X-Forwarded-For") == 0);
	/* What it showed in its own handshake is its own: it speaks for others,
	 * also where it hands on nothing of theirs. */
	request->certificate = (struct http_client_certificate){.fault = NULL};
	if (has_certificate)
		is_believed = http_edge_read_certificate(edge, request);
	if (edge->reads_forwarded_for)
		read_forwarded_for(edge, request);
	return is_believed;
}
