/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses that may be connected to, and the ends of every range. */
#include "suite.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "base/outcome.h"
#include "fetch/guard.h"

static bool allows(const struct guard *guard, const char *name)
{
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	struct sockaddr_in in = {.sin_family = AF_INET};

	if (strchr(name, ':') == NULL) {
		assert_int_equal(inet_pton(AF_INET, name, &in.sin_addr), 1);
		return guard_allows(guard, (const struct sockaddr *)&in);
	}
	assert_int_equal(inet_pton(AF_INET6, name, &in6.sin6_addr), 1);
	return guard_allows(guard, (const struct sockaddr *)&in6);
}

static const struct guard closed;
static const struct guard open_all = {true, true};

static void public_ones(void **state)
{
	static const char *const names[] = {
		"1.1.1.1",	   "9.255.255.255",   "11.0.0.0",
		"100.63.255.255",  "100.128.0.0",     "126.255.255.255",
		"128.0.0.0",	   "169.253.255.255", "169.255.0.0",
		"172.15.255.255",  "172.32.0.0",      "192.167.255.255",
		"192.169.0.0",	   "198.17.255.255",  "198.20.0.0",
		"223.255.255.255", "2606:4700::1111", "2a00:1450::1",
	};

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (!allows(&closed, names[i]))
			fail_msg("%s is refused", names[i]);
}

static void never(void **state)
{
	static const char *const names[] = {
		"0.0.0.0",
		"0.255.255.255",
		"169.254.0.0",
		"169.254.169.254",
		"169.254.255.255",
		"192.0.0.1",
		"192.0.2.1",
		"192.88.99.1",
		"198.18.0.1",
		"198.19.255.255",
		"198.51.100.7",
		"203.0.113.7",
		"224.0.0.1",
		"239.255.255.255",
		"240.0.0.1",
		"255.255.255.255",
		"::",
		"::ffff:127.0.0.1",
		"::ffff:10.0.0.1",
		"::ffff:1.1.1.1",
		"::127.0.0.1",
		"64:ff9b::7f00:1",
		"64:ff9b::a9fe:a9fe",
		"100::1",
		"2001::1",
		"2001:db8::1",
		"2002:7f00:1::1",
		"3fff::1",
		"fe80::1",
		"febf::1",
		"fec0::1",
		"ff02::1",
	};

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (allows(&closed, names[i]) || allows(&open_all, names[i]))
			fail_msg("%s is allowed", names[i]);
}

static void by_configuration(void **state)
{
	static const char *const loopback[] = {"127.0.0.1", "127.255.255.255",
					       "::1"};
	static const char *const private[] = {
		"10.0.0.0",	   "10.255.255.255",  "100.64.0.0",
		"100.127.255.255", "172.16.0.0",      "172.31.255.255",
		"192.168.0.0",	   "192.168.255.255", "fc00::1",
		"fdff::1",
	};
	struct guard near = {.allows_loopback = true};
	struct guard local = {.allows_private = true};

	for (size_t i = 0; i < COUNT_OF(loopback); i++) {
		assert_false(allows(&closed, loopback[i]));
		assert_false(allows(&local, loopback[i]));
		assert_true(allows(&near, loopback[i]));
	}
	for (size_t i = 0; i < COUNT_OF(private); i++) {
		assert_false(allows(&closed, private[i]));
		assert_false(allows(&near, private[i]));
		assert_true(allows(&local, private[i]));
	}
}

static void other_families(void **state)
{
	struct sockaddr_storage address = {.ss_family = AF_UNIX};

	assert_false(
		guard_allows(&open_all, (const struct sockaddr *)&address));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("public addresses may be connected to", public_ones),
		test_that("S01: link-local, multicast, reserved and mapped "
			  "ones never",
			  never),
		test_that("S01: loopback and private ones by configuration "
			  "alone",
			  by_configuration),
		test_that("S01: no other kind of socket", other_families),
	};

	return cmocka_run_group_tests_name("fetch_guard", tests, NULL, NULL);
}
