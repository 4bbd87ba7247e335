/* SPDX-License-Identifier: Apache-2.0 */
/* Makes, reads and derives from the master key. */
#include "keys/master.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/random.h"
#include "crypto/siv.h"

struct master {
	unsigned char key[MASTER_KEY_SIZE];
	/* What client secrets are hashed under, derived once: that is half of
	 * what comparing one costs. */
	unsigned char client_secret_key[SHA256_SIZE];
};

static outcome file_fault(const char *file, const char *what, char *why,
			  size_t why_size)
{
	snprintf(why, why_size, "%s: %s%s%s", file, what,
		 errno != 0 ? ": " : "", errno != 0 ? strerror(errno) : "");
	return REFUSED;
}

static bool write_synced(int fd, const unsigned char key[MASTER_KEY_SIZE])
{
	return write(fd, key, MASTER_KEY_SIZE) == MASTER_KEY_SIZE &&
	       fsync(fd) == 0;
}

outcome master_create(const char *file, char *why, size_t why_size)
{
	unsigned char key[MASTER_KEY_SIZE];
	bool is_written;
	int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return file_fault(file, "cannot make the master key", why,
				  why_size);
	random_fill(key, sizeof(key));
	is_written = write_synced(fd, key);
	explicit_bzero(key, sizeof(key));
	if (close(fd) != 0 || !is_written) {
		unlink(file);
		return file_fault(file, "cannot write the master key", why,
				  why_size);
	}
	return DONE;
}

static outcome check_file(int fd, const char *file, char *why, size_t why_size)
{
	struct stat status;

	if (fstat(fd, &status) != 0)
		return file_fault(file, "cannot look at it", why, why_size);
	errno = 0;
	if ((status.st_mode & 077) != 0)
		return file_fault(file,
				  "others than its owner may read the master "
				  "key: chmod 600",
				  why, why_size);
	if (status.st_size != MASTER_KEY_SIZE)
		return file_fault(file,
				  "a master key has 32 bytes: make one with "
				  "'licet key master'",
				  why, why_size);
	return DONE;
}

static outcome read_key(int fd, const char *file, struct master *master,
			char *why, size_t why_size)
{
	TRY(check_file(fd, file, why, why_size));
	if (read(fd, master->key, MASTER_KEY_SIZE) != MASTER_KEY_SIZE)
		return file_fault(file, "cannot read the master key", why,
				  why_size);
	return DONE;
}

outcome master_load(const char *file, struct master **master_out, char *why,
		    size_t why_size)
{
	CLEANUP(master_free) struct master *master = calloc(1, sizeof(*master));
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	outcome read_outcome;

	MUST(master != NULL);
	if (fd < 0)
		return file_fault(file, "cannot open the master key", why,
				  why_size);
	read_outcome = read_key(fd, file, master, why, why_size);
	close(fd);
	TRY(read_outcome);
	master_derive(master, "client secret", master->client_secret_key,
		      sizeof(master->client_secret_key));
	*master_out = TAKE(master);
	return DONE;
}

void master_free(struct master **master)
{
	if (*master == NULL)
		return;
	explicit_bzero(*master, sizeof(**master));
	free(*master);
	*master = NULL;
}

void master_derive(const struct master *master, const char *label, void *out,
		   size_t size)
{
	digest_hkdf(text_of(master->key, MASTER_KEY_SIZE), text_from(label),
		    out, size);
}

static struct siv_key *key_for(const struct master *master, const char *label)
{
	unsigned char bytes[SIV_KEY_SIZE];
	struct siv_key *key;

	master_derive(master, label, bytes, sizeof(bytes));
	key = siv_key_new(bytes);
	explicit_bzero(bytes, sizeof(bytes));
	return key;
}

void master_seal(const struct master *master, const char *label,
		 struct text owner, struct text plain, struct buf *sealed)
{
	CLEANUP(siv_key_free) struct siv_key *key = key_for(master, label);

	siv_seal(key, owner, plain, sealed);
}

bool master_open(const struct master *master, const char *label,
		 struct text owner, struct text sealed,
		 struct secret *plain_out)
{
	CLEANUP(siv_key_free) struct siv_key *key = key_for(master, label);
	CLEANUP(buf_wipe) struct buf plain = buf_init(sealed.size);

	if (!siv_open(key, owner, sealed, &plain))
		return false;
	*plain_out = secret_copy(plain.at, plain.size);
	return true;
}

#define CLIENT_SECRET_LABEL "sealed client secret"

static struct buf client_owner(const struct client *client)
{
	struct buf owner = buf_init(64 + client->id.size);

	buf_format(&owner, "%lld ", (long long)client->tenant_id);
	buf_add(&owner, client->id);
	return owner;
}

void master_seal_client_secret(const struct master *master,
			       const struct client *client, struct text secret,
			       struct buf *sealed)
{
	CLEANUP(buf_wipe) struct buf owner = client_owner(client);

	master_seal(master, CLIENT_SECRET_LABEL, buf_text(&owner), secret,
		    sealed);
}

bool master_open_client_secret(const struct master *master,
			       const struct client *client,
			       struct secret *secret_out)
{
	CLEANUP(buf_wipe) struct buf owner = client_owner(client);

	return master_open(master, CLIENT_SECRET_LABEL, buf_text(&owner),
			   client->secret_sealed, secret_out);
}

void master_hash_client_secret(const struct master *master, int64_t tenant_id,
			       struct text client_id, struct text secret,
			       unsigned char out[CLIENT_SECRET_HASH_SIZE])
{
	CLEANUP(buf_wipe)
	struct buf owner = buf_init(64 + client_id.size);

	buf_add_integer(&owner, tenant_id);
	buf_add_byte(&owner, ' ');
	buf_add_integer(&owner, (int64_t)client_id.size);
	buf_add_byte(&owner, ' ');
	buf_add(&owner, client_id);
	buf_add_byte(&owner, ' ');
	digest_hmac_sha256_joined(text_of(master->client_secret_key,
					  sizeof(master->client_secret_key)),
				  buf_text(&owner), secret, out);
}
