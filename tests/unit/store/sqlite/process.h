/* SPDX-License-Identifier: Apache-2.0 */
/* Tests whose other processes are the same program, run again with a part. */
#pragma once

#include <sys/types.h>

#include "store/store.h"
#include "suite.h"

#define NOW ((instant)1800000000 * INSTANT_SECOND)

/* Made and removed around each test that says so. */
extern char process_folder[64];
int process_make_folder(void **state);
int process_remove_folder(void **state);
#define test_in_folder(sentence, function)                                     \
	test_that_with(sentence, function, process_make_folder,                \
		       process_remove_folder)

/* Opens and migrates, or ends the process: in one of the others no test can
 * fail. */
struct store *process_open_store(const char *in);
/* A coded grant. */
enum store_outcome process_insert(struct store *store, int64_t id);
enum store_outcome process_redeem(struct store *store, int64_t id);
/* -1: it is not there. */
instant process_redeemed_at(struct store *store, int64_t id);

/* Runs this program with (part, process_folder); *out is what it says. */
pid_t process_start(const char *part, int *out);
/* In the other process. */
void process_say(const void *what, size_t size);
/* false at the end. */
bool process_hear(int fd, void *what, size_t size);
int process_status_of(pid_t pid);
