/* SPDX-License-Identifier: Apache-2.0 */
/* Takes absolute URIs apart, each byte looked at a bounded number of times
 * (RFC 3986 section 3). */
#include "http/uri.h"

#include <arpa/inet.h>

#include "base/encoding.h"

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

/* unreserved, sub-delims, percent escapes, and the characters of `more`. */
static bool holds_only(struct text text, const char *more)
{
	for (size_t i = 0; i < text.size; i++) {
		char c = text.at[i];

		if (is_letter(c) || is_digit(c) ||
		    is_one_of(c, "-._~!$&'()*+,;=") || is_one_of(c, more))
			continue;
		if (c != '%' || text.size - i < 3 ||
		    hex_pair_value(text.at + i + 1) < 0)
			return false;
	}
	return true;
}

/* scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." ) */
static bool is_scheme(struct text text)
{
	if (text.size == 0 || !is_letter(text.at[0]))
		return false;
	for (size_t i = 1; i < text.size; i++)
		if (!is_letter(text.at[i]) && !is_digit(text.at[i]) &&
		    !is_one_of(text.at[i], "+-."))
			return false;
	return true;
}

/* The address between the brackets, by the C library's own reader. */
static bool parse_ipv6(struct text host, struct in6_addr *address_out)
{
	char literal[INET6_ADDRSTRLEN];

	if (host.size < 2 || host.size - 2 >= sizeof(literal))
		return false;
	memcpy(literal, host.at + 1, host.size - 2);
	literal[host.size - 2] = '\0';
	if (strlen(literal) != host.size - 2)
		return false;
	return inet_pton(AF_INET6, literal, address_out) == 1;
}

static bool is_host(struct text host)
{
	struct in6_addr address;

	if (!text_starts_with(host, TEXT("[")))
		return holds_only(host, "");
	return text_ends_with(host, TEXT("]")) && parse_ipv6(host, &address);
}

static bool is_port(struct text port)
{
	int64_t number;

	return port.size <= 5 && text_parse_integer(port, &number) &&
	       number <= 65535;
}

/* Where the host ends: at the colon of a port, or at the end. */
static size_t host_size(struct text host_and_port)
{
	if (text_starts_with(host_and_port, TEXT("[")))
		return text_find_byte(host_and_port, ']') + 1;
	return text_find_byte(host_and_port, ':');
}

outcome uri_parse_authority(struct text authority, struct uri *uri_out,
			    const char **why_out)
{
	struct text rest = authority;
	size_t at = text_find_byte(rest, '@');

	uri_out->authority = authority;
	uri_out->userinfo = TEXT_ABSENT;
	uri_out->port = TEXT_ABSENT;
	if (at < rest.size) {
		uri_out->userinfo = text_first(rest, at);
		rest = text_from_byte(rest, at + 1);
	}
	uri_out->host = text_first(rest, host_size(rest));
	rest = text_from_byte(rest, uri_out->host.size);
	*why_out = "its user information has a character that no URI may have";
	if (!holds_only(uri_out->userinfo, ":"))
		return REFUSED;
	*why_out = "its host is malformed";
	if (!is_host(uri_out->host))
		return REFUSED;
	if (rest.size > 0) {
		*why_out = "its port is malformed";
		uri_out->port = text_from_byte(rest, 1);
		if (rest.at[0] != ':' || !is_port(uri_out->port))
			return REFUSED;
	}
	*why_out = NULL;
	return DONE;
}

/* Cuts what follows the first `mark` off *rest; absent when it has none. */
static struct text cut_after(struct text *rest, char mark)
{
	size_t at = text_find_byte(*rest, mark);
	struct text after = TEXT_ABSENT;

	if (at < rest->size)
		after = text_from_byte(*rest, at + 1);
	*rest = text_first(*rest, at);
	return after;
}

static outcome check_characters(const struct uri *uri, const char **why_out)
{
	*why_out = "its path has a character that no URI may have";
	if (!holds_only(uri->path, ":@/"))
		return REFUSED;
	*why_out = "its query has a character that no URI may have";
	if (!holds_only(uri->query, ":@/?"))
		return REFUSED;
	*why_out = "its fragment has a character that no URI may have";
	if (!holds_only(uri->fragment, ":@/?"))
		return REFUSED;
	*why_out = NULL;
	return DONE;
}

outcome uri_parse(struct text text, struct uri *uri_out, const char **why_out)
{
	struct uri uri = {.fragment = TEXT_ABSENT};
	struct text rest = text;
	size_t colon = text_find_byte(text, ':');

	*uri_out = uri;
	*why_out = "it is not an absolute URI: it has no scheme";
	uri.scheme = text_first(text, colon);
	if (colon == text.size || !is_scheme(uri.scheme))
		return REFUSED;
	uri.fragment = cut_after(&rest, '#');
	uri.query = cut_after(&rest, '?');
	rest = text_from_byte(rest, colon + 1);
	if (text_starts_with(rest, TEXT("//"))) {
		struct text after = text_from_byte(rest, 2);
		size_t size = text_find_byte(after, '/');

		TRY(uri_parse_authority(text_first(after, size), &uri,
					why_out));
		rest = text_from_byte(after, size);
	}
	uri.path = rest;
	TRY(check_characters(&uri, why_out));
	*uri_out = uri;
	return DONE;
}

/* The port that a browser's Origin leaves out (RFC 6454 section 6.2). */
static bool is_default_port(const struct uri *uri)
{
	if (text_equal_nocase(uri->scheme, TEXT("https")))
		return text_equal(uri->port, TEXT("443"));
	return text_equal_nocase(uri->scheme, TEXT("http")) &&
	       text_equal(uri->port, TEXT("80"));
}

struct text uri_origin(struct text text)
{
	struct uri uri;
	const char *why;
	const char *end;

	if (uri_parse(text, &uri, &why) != DONE || uri.host.size == 0 ||
	    text_is_present(uri.userinfo))
		return TEXT_ABSENT;
	end = uri.authority.at + uri.authority.size;
	if (is_default_port(&uri))
		end = uri.host.at + uri.host.size;
	return text_of(text.at, (size_t)(end - text.at));
}

static bool is_loopback_ipv4(struct text host)
{
	char literal[INET_ADDRSTRLEN];
	struct in_addr address;

	if (!text_starts_with(host, TEXT("127.")) ||
	    host.size >= sizeof(literal))
		return false;
	memcpy(literal, host.at, host.size);
	literal[host.size] = '\0';
	return strlen(literal) == host.size &&
	       inet_pton(AF_INET, literal, &address) == 1;
}

bool uri_host_is_loopback(struct text host)
{
	static const struct text suffix = {".localhost", 10};
	struct in6_addr address;

	if (text_starts_with(host, TEXT("[")))
		return text_ends_with(host, TEXT("]")) &&
		       parse_ipv6(host, &address) &&
		       IN6_IS_ADDR_LOOPBACK(&address);
	if (text_equal_nocase(host, TEXT("localhost")))
		return true;
	if (host.size > suffix.size &&
	    text_equal_nocase(text_from_byte(host, host.size - suffix.size),
			      suffix))
		return true;
	return is_loopback_ipv4(host);
}
