"""jetbench: which JetStream configuration meets the goal, and how sure are we?"""

import os

# Else each process starts with a thread for every core that spins for a tenth of a second, beside
# what is measured; our matrices are small. Read when numpy is.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
