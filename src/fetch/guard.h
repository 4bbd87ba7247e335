/* SPDX-License-Identifier: Apache-2.0 */
/* Which addresses may be connected to (attacks S01, S02). */
#pragma once

#include <stdbool.h>
#include <sys/socket.h>

struct guard {
	bool allows_loopback; /* 127.0.0.0/8 and ::1 */
	/* 10/8, 172.16/12, 192.168/16, 100.64/10 and fc00::/7 */
	bool allows_private;
};

/* Public unicast addresses may be, and what the guard allows besides. Never:
 * link-local ones (where clouds keep their metadata), multicast, reserved ones,
 * and IPv6 addresses with an IPv4 address inside. */
bool guard_allows(const struct guard *guard, const struct sockaddr *address);
