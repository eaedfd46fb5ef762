"""Numbers in, numbers out: histograms, percentiles, slopes, steadiness. No I/O, no clock."""
