/* SPDX-License-Identifier: Apache-2.0 */
/* cmocka with what it needs, and tests whose names are sentences. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/*
 * One row of a suite:
 *   const struct CMUnitTest tests[] = {
 *           test_that("a code redeemed twice revokes the grant", code_twice),
 *   };
 *   return cmocka_run_group_tests_name("token", tests, NULL, NULL);
 * `function` is void (*)(void **state).
 */
#define test_that(sentence, function) {sentence, function, NULL, NULL, NULL}
#define test_that_with(sentence, function, setup, teardown)                    \
	{sentence, function, setup, teardown, NULL}
