"""The array type of everything that is planned per message."""

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
