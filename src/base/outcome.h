/* SPDX-License-Identifier: Apache-2.0 */
/* The three faces of everything that can fail, and the words for them. */
#pragma once

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF_LIKE(format_at, first_at)                                       \
	__attribute__((format(printf, format_at, first_at)))

/*
 * DONE     it happened.
 * REFUSED  the caller asked for something that we decline; who refused has
 *          recorded why (a reason, or a sentence for the operator).
 * BROKEN   our own fault or the machine's; logged once where it was noticed.
 */
typedef enum { DONE = 0, REFUSED, BROKEN } outcome;

/* Returns from the function around it unless `step` is DONE. */
#define TRY(step)                                                              \
	do {                                                                   \
		outcome try_outcome = (step);                                  \
		if (try_outcome != DONE)                                       \
			return try_outcome;                                    \
	} while (0)

/* Aborts, with the place, when a promise of our own code does not hold. */
#define MUST(condition)                                                        \
	do {                                                                   \
		if (__builtin_expect(!(condition), 0))                         \
			must_failed(#condition, __FILE__, __LINE__);           \
	} while (0)

_Noreturn void must_failed(const char *condition, const char *file, int line);

/* Declares a pointer that `release`(&pointer) frees at the end of scope. */
#define CLEANUP(release) __attribute__((cleanup(release)))

/* Hands a pointer on: yields its value and leaves NULL behind. */
#define TAKE(pointer)                                                          \
	({                                                                     \
		__typeof__(pointer) take_pointer = (pointer);                  \
		(pointer) = NULL;                                              \
		take_pointer;                                                  \
	})

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* The structure that holds `member` at the address `at`. */
#define HOLDER_OF(at, type, member)                                            \
	((type *)(void *)((char *)(at) - __builtin_offsetof(type, member)))
