/* SPDX-License-Identifier: Apache-2.0 */
/* Writes one of every page into a folder, to be looked at in a browser. */
#include <stdio.h>

#include "crypto/crypto.h"
#include "samples.h"

static int write_page(const char *folder, const struct sample *sample)
{
	struct drawing drawing;
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s.html", folder, sample->name);
	file = fopen(path, "we");
	if (file == NULL) {
		perror(path);
		return 1;
	}
	drawing_begin(&drawing);
	sample->draw(&drawing.request);
	fwrite(drawing.reply.body.at, 1, drawing.reply.body.size, file);
	drawing_end(&drawing);
	puts(path);
	return fclose(file) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	int failed = 0;

	if (argc != 2 || crypto_open() != DONE) {
		fprintf(stderr, "usage: login_preview FOLDER\n");
		return 2;
	}
	for (size_t i = 0; i < sample_count && failed == 0; i++)
		failed = write_page(argv[1], &samples[i]);
	return failed;
}
