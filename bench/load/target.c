/* SPDX-License-Identifier: Apache-2.0 */
/* Whom the load goes to: this machine's loopback, and nobody else. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load.h"

#define LOOPBACK_NETWORK 127

static bool parse_ipv4(const char *host, uint16_t port,
		       struct load_target *target)
{
	struct sockaddr_in *address = (struct sockaddr_in *)&target->address;

	if (inet_pton(AF_INET, host, &address->sin_addr) != 1)
		return false;
	address->sin_family = AF_INET;
	address->sin_port = htons(port);
	target->address_size = sizeof(*address);
	return ntohl(address->sin_addr.s_addr) >> 24 == LOOPBACK_NETWORK;
}

static bool parse_ipv6(const char *host, uint16_t port,
		       struct load_target *target)
{
	struct sockaddr_in6 *address = (struct sockaddr_in6 *)&target->address;

	if (inet_pton(AF_INET6, host, &address->sin6_addr) != 1)
		return false;
	address->sin6_family = AF_INET6;
	address->sin6_port = htons(port);
	target->address_size = sizeof(*address);
	return IN6_IS_ADDR_LOOPBACK(&address->sin6_addr);
}

/* Takes "scheme://" off the front. */
static bool cut_scheme(struct text *url, struct load_target *target)
{
	struct text plain = TEXT("http://");
	struct text tls = TEXT("https://");

	target->is_tls = text_starts_with(*url, tls);
	if (!target->is_tls && !text_starts_with(*url, plain))
		return false;
	*url = text_from_byte(*url, target->is_tls ? tls.size : plain.size);
	return true;
}

/* "host" and "port" of "host:port" or "[host]:port". */
static bool cut_port(struct text rest, char host[INET6_ADDRSTRLEN],
		     uint16_t *port_out)
{
	size_t colon = rest.size;
	struct text name;
	int64_t port;

	while (colon > 0 && rest.at[colon - 1] != ':')
		colon--;
	if (colon == 0 ||
	    !text_parse_integer(text_from_byte(rest, colon), &port) ||
	    port < 1 || port > UINT16_MAX)
		return false;
	name = text_first(rest, colon - 1);
	if (text_starts_with(name, TEXT("[")) &&
	    text_ends_with(name, TEXT("]")))
		name = text_first(text_from_byte(name, 1), name.size - 2);
	if (name.size >= INET6_ADDRSTRLEN)
		return false;
	snprintf(host, INET6_ADDRSTRLEN, "%.*s", TEXT_ARG(name));
	*port_out = (uint16_t)port;
	return true;
}

outcome load_target_parse(struct text url, struct load_target *target_out,
			  const char **why_out)
{
	struct load_target target = {.is_tls = false};
	char host[INET6_ADDRSTRLEN];
	uint16_t port;

	*why_out = "the target is http://ADDRESS:PORT or https://ADDRESS:PORT";
	if (!cut_scheme(&url, &target) || !cut_port(url, host, &port))
		return REFUSED;
	*why_out = "the target must be an address of 127.0.0.0/8 or [::1]: "
		   "load is for this machine alone";
	if (!parse_ipv4(host, port, &target) &&
	    !parse_ipv6(host, port, &target))
		return REFUSED;
	snprintf(target.authority, sizeof(target.authority), "localhost:%u",
		 port);
	*target_out = target;
	return DONE;
}

/* What it says is not believed: that it is this machine is known. */
outcome load_target_open_tls(struct load_target *target)
{
	static const unsigned char http1[] = "\x08http/1.1";
	static const unsigned char http2[] = "\x02h2";
	SSL_CTX *context;

	if (!target->is_tls)
		return DONE;
	context = SSL_CTX_new(TLS_client_method());
	if (context == NULL ||
	    SSL_CTX_set_alpn_protos(context, target->is_http2 ? http2 : http1,
				    target->is_http2
					    ? sizeof(http2) - 1
					    : sizeof(http1) - 1) != 0) {
		SSL_CTX_free(context);
		return BROKEN;
	}
	SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE |
					  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
					  SSL_MODE_RELEASE_BUFFERS);
	target->tls = context;
	return DONE;
}

void load_target_close_tls(struct load_target *target)
{
	SSL_CTX_free(target->tls);
	target->tls = NULL;
}

int load_target_connect(const struct load_target *target)
{
	int fd = socket(target->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC,
			0);
	int on = 1;
	int why;

	if (fd < 0)
		return -1;
	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0 &&
	    connect(fd, (const struct sockaddr *)&target->address,
		    target->address_size) == 0)
		return fd;
	why = errno;
	close(fd);
	errno = why;
	return -1;
}
