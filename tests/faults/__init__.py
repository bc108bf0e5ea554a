# SPDX-License-Identifier: Apache-2.0
"""The product with a fault in it, started as a process: `python -m faults`.

The product itself knows none of this. A fault point is a place where the process dies
or stands still; a planted bug is a function with a buggy twin. Both are put over the
imported product, and each names what it is put over: a name that leads nowhere any
more ends the process at once.
"""
