/* SPDX-License-Identifier: Apache-2.0 */
/* What issuing and reading access tokens share. */
#pragma once

/* Random bytes in each, so that no two are alike. */
#define ACCESS_RANDOM_SIZE 8
