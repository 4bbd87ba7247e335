/* SPDX-License-Identifier: Apache-2.0 */
/* Writers take turns by flock(2), which queues them; SQLite's own lock, which
 * is asked again and again, lets one of two starve. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>

#include "base/event.h"
#include "store/sqlite/internal.h"

int sqlite_turn_open(const char *path)
{
	return open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

/* A lock of another kind on the first byte, shared: "I am waiting". The two
 * kinds do not see each other. */
static void wish(int fd, short type)
{
	struct flock lock = {
		.l_type = type,
		.l_whence = SEEK_SET,
		.l_start = 0,
		.l_len = 1,
	};

	(void)fcntl(fd, F_OFD_SETLK, &lock);
}

static bool lock_waiting(int fd)
{
	int result;

	wish(fd, F_RDLCK);
	do
		result = flock(fd, LOCK_EX);
	while (result != 0 && errno == EINTR);
	wish(fd, F_UNLCK);
	return result == 0;
}

bool sqlite_turn_take(int fd)
{
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 || lock_waiting(fd))
		return true;
	event_fault("store.sqlite.no_turn",
		    "the lock beside the database cannot be taken: %s",
		    strerror(errno));
	return false;
}

void sqlite_turn_end(int fd)
{
	(void)flock(fd, LOCK_UN);
}

bool sqlite_turn_is_wanted(int fd)
{
	struct flock lock = {
		.l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = 0,
		.l_len = 1,
	};

	return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}
