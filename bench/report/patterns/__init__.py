"""Parts of a page, each from small frozen figures: what is asked of a run, and what came of it."""
