/* SPDX-License-Identifier: Apache-2.0 */
/* The master key: its file, and what is sealed under it. */
#include "keys/master.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "suite.h"

static char folder[64];
static char file[80];
static char why[256];

static int make_folder(void **state)
{
	(void)snprintf(folder, sizeof(folder), "/tmp/licet-master-XXXXXX");
	if (mkdtemp(folder) == NULL)
		return 1;
	(void)snprintf(file, sizeof(file), "%s/key", folder);
	return crypto_open() == DONE ? 0 : 1;
}

static int remove_folder(void **state)
{
	(void)unlink(file);
	return rmdir(folder);
}

static void write_file(size_t size, mode_t mode)
{
	char bytes[64] = "0123456789abcdef0123456789abcdef0123";
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_equal(write(fd, bytes, size), (ssize_t)size);
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(close(fd), 0);
}

static struct master *load(void)
{
	struct master *master = NULL;

	assert_int_equal(master_load(file, &master, why, sizeof(why)), DONE);
	assert_non_null(master);
	return master;
}

static void assert_unloadable(const char *sentence)
{
	struct master *master = NULL;

	assert_int_equal(master_load(file, &master, why, sizeof(why)), REFUSED);
	assert_null(master);
	if (strstr(why, sentence) == NULL || strstr(why, file) == NULL)
		fail_msg("'%s' lacks '%s'", why, sentence);
}

static void created(void **state)
{
	struct stat status;
	struct master *master;

	assert_int_equal(master_create(file, why, sizeof(why)), DONE);
	assert_int_equal(stat(file, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	assert_int_equal(status.st_size, 32);
	master = load();
	master_free(&master);
	assert_null(master);
	master_free(&master);
}

static void never_replaced(void **state)
{
	struct master *master;
	unsigned char before[32];
	unsigned char after[32];

	assert_int_equal(master_create(file, why, sizeof(why)), DONE);
	master = load();
	master_derive(master, "x", before, sizeof(before));
	master_free(&master);
	assert_int_equal(master_create(file, why, sizeof(why)), REFUSED);
	assert_non_null(strstr(why, "exists"));
	master = load();
	master_derive(master, "x", after, sizeof(after));
	assert_memory_equal(before, after, sizeof(before));
	master_free(&master);
}

static void two_differ(void **state)
{
	struct master *one;
	struct master *other;
	unsigned char a[32];
	unsigned char b[32];

	assert_int_equal(master_create(file, why, sizeof(why)), DONE);
	one = load();
	assert_int_equal(unlink(file), 0);
	assert_int_equal(master_create(file, why, sizeof(why)), DONE);
	other = load();
	master_derive(one, "x", a, sizeof(a));
	master_derive(other, "x", b, sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
	master_free(&one);
	master_free(&other);
}

static void readable_by_others(void **state)
{
	static const mode_t modes[] = {0604, 0640, 0644, 0660, 0602, 0620};

	for (size_t i = 0; i < COUNT_OF(modes); i++) {
		write_file(32, modes[i]);
		assert_unloadable("chmod 600");
	}
	write_file(32, 0400);
	struct master *master = load();
	master_free(&master);
}

static void wrong_size(void **state)
{
	static const size_t sizes[] = {0, 1, 31, 33};

	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		write_file(sizes[i], 0600);
		assert_unloadable("32 bytes");
	}
}

static void not_there(void **state)
{
	assert_unloadable("No such file");
}

static void unwritable_place(void **state)
{
	assert_int_equal(master_create("/proc/nowhere/key", why, sizeof(why)),
			 REFUSED);
	assert_non_null(strstr(why, "/proc/nowhere/key"));
}

static bool opens(const struct master *master, const char *label,
		  struct text owner, struct text sealed)
{
	CLEANUP(secret_free) struct secret plain = {NULL, 0};

	return master_open(master, label, owner, sealed, &plain) &&
	       text_equal(secret_bytes(&plain), TEXT("a private key"));
}

static void bound_to_label_and_owner(void **state)
{
	struct master *master;
	struct buf sealed = buf_init(256);

	assert_int_equal(master_create(file, why, sizeof(why)), DONE);
	master = load();
	master_seal(master, "label", TEXT("owner"), TEXT("a private key"),
		    &sealed);
	assert_int_equal(sealed.size, 16 + 13);
	assert_true(opens(master, "label", TEXT("owner"), buf_text(&sealed)));
	assert_false(opens(master, "labels", TEXT("owner"), buf_text(&sealed)));
	assert_false(opens(master, "label", TEXT("owner2"), buf_text(&sealed)));
	assert_false(opens(master, "label", TEXT(""), buf_text(&sealed)));
	assert_false(opens(master, "label", TEXT("owner"), TEXT("")));
	assert_false(opens(master, "label", TEXT("owner"), TEXT("short")));
	for (size_t bit = 0; bit < 8 * sealed.size; bit++) {
		sealed.at[bit / 8] ^= (char)(1u << (bit % 8));
		assert_false(opens(master, "label", TEXT("owner"),
				   buf_text(&sealed)));
		sealed.at[bit / 8] ^= (char)(1u << (bit % 8));
	}
	master_free(&master);
	buf_wipe(&sealed);
}

/* A store copied to another installation is worth nothing. */
static void other_master(void **state)
{
	struct master *one;
	struct master *other;
	struct buf sealed = buf_init(256);

	assert_int_equal(master_create(file, why, sizeof(why)), DONE);
	one = load();
	assert_int_equal(unlink(file), 0);
	assert_int_equal(master_create(file, why, sizeof(why)), DONE);
	other = load();
	master_seal(one, "label", TEXT("owner"), TEXT("a private key"),
		    &sealed);
	assert_false(opens(other, "label", TEXT("owner"), buf_text(&sealed)));
	master_free(&one);
	master_free(&other);
	buf_wipe(&sealed);
}

/* Each of tenant, client and secret counts, and they do not run together. */
static void client_secret_hashes(void **state)
{
	static const struct {
		int64_t tenant;
		const char *client;
		const char *secret;
	} rows[] = {
		{1, "web", "secret"},  {2, "web", "secret"},
		{1, "wab", "secret"},  {1, "web", "Secret"},
		{1, "web ", "secret"}, {1, "web", " secret"},
		{1, "we", "b secret"}, {11, "web", "secret"},
		{1, "", "web secret"}, {1, "web secret", ""},
	};
	unsigned char hashes[COUNT_OF(rows)][CLIENT_SECRET_HASH_SIZE];
	struct master *master;

	assert_int_equal(master_create(file, why, sizeof(why)), DONE);
	master = load();
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		master_hash_client_secret(master, rows[i].tenant,
					  text_from(rows[i].client),
					  text_from(rows[i].secret), hashes[i]);
		for (size_t k = 0; k < i; k++)
			assert_memory_not_equal(hashes[i], hashes[k],
						sizeof(hashes[i]));
	}
	master_free(&master);
}

#define test_here(sentence, function)                                          \
	test_that_with(sentence, function, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_here("a new master key is its owner's alone", created),
		test_here("a key that is there is never replaced",
			  never_replaced),
		test_here("two keys differ", two_differ),
		test_here("a file that others may read is refused",
			  readable_by_others),
		test_here("a file of another size is refused", wrong_size),
		test_here("a file that is not there is said to be so",
			  not_there),
		test_here("a place that cannot be written", unwritable_place),
		test_here("a seal opens for its label and owner alone",
			  bound_to_label_and_owner),
		test_here("another master key opens nothing", other_master),
		test_here("a secret's hash is its client's alone",
			  client_secret_hashes),
	};

	return cmocka_run_group_tests_name("master", tests, NULL, NULL);
}
