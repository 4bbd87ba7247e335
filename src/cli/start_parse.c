/* SPDX-License-Identifier: Apache-2.0 */
/* Reads --listen: what the demo binds is reachable from this machine alone. */
#include "cli/start.h"
#include "http/uri.h"

static outcome refuse_listen(const char *written, const char *what,
			     struct buf *why)
{
	buf_format(why, "licet demo: --listen %s: %s\n", written, what);
	return REFUSED;
}

outcome start_parse_listen(const char *written, struct start_listen *listen_out,
			   struct buf *why)
{
	struct uri uri;
	const char *fault;
	int64_t port = 0;

	if (uri_parse_authority(text_from(written), &uri, &fault) != DONE)
		return refuse_listen(written, fault, why);
	if (text_is_present(uri.userinfo) || uri.host.size == 0 ||
	    !text_is_present(uri.port))
		return refuse_listen(written,
				     "write ADDR:PORT, such as localhost:8080 "
				     "or [::1]:8080",
				     why);
	if (!text_parse_integer(uri.port, &port) || port < 1 || port > 65535)
		return refuse_listen(written, "a port is from 1 to 65535", why);
	if (!uri_host_is_loopback(uri.host))
		return refuse_listen(written,
				     "the demo's passwords are known to all: "
				     "it listens on loopback alone, that is "
				     "localhost, 127.0.0.1 or [::1] (`licet "
				     "serve` listens anywhere)",
				     why);
	*listen_out = (struct start_listen){uri.host, (uint16_t)port};
	return DONE;
}
