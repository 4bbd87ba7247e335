# SPDX-License-Identifier: Apache-2.0
"""The static checks, one file each; tools/check.py lists and runs them."""
