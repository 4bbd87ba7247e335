# SPDX-License-Identifier: Apache-2.0
"""What the parts of the benchmark share."""
